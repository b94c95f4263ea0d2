package org.lfedge.eve.tasks.core.sandboxed;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.port.SandboxJob;
import org.lfedge.eve.tasks.core.port.SandboxJob.Bind;
import org.lfedge.eve.tasks.core.port.SandboxJob.Bounds;
import org.lfedge.eve.tasks.core.port.SandboxJob.Identity;
import org.lfedge.eve.tasks.core.seedprotocol.Answer;

/** What answers calls, and how it is run for one of them. */
sealed interface Code {

  /** Where it finds the call. */
  String REQUEST = "/run/seed/request.json";

  /** For a JVM to start on a busy node, and then some; a seed takes milliseconds. */
  Duration DEADLINE = Duration.ofSeconds(30);

  /** Tells it apart from all other code. */
  String digest();

  /** How errors name it. */
  String title();

  /**
   * What runs it.
   *
   * @param request the file that holds the call
   * @param variables of the call, for programs that do not read JSON
   */
  SandboxJob job(Path request, List<String> variables);

  /**
   * A program in an image.
   *
   * @param digest of the image
   */
  record Program(String digest, String chainId, String path) implements Code {

    private static final long MEMORY_BYTES = 64L << 20;

    @Override
    public String title() {
      return "the program " + path + " of the tools " + digest;
    }

    @Override
    public SandboxJob job(Path request, List<String> variables) {
      List<String> env = new ArrayList<>(variables);
      env.add("SEED_FILE=" + REQUEST);
      return new SandboxJob(
          "ask " + title(),
          new SandboxJob.Root.Image(chainId),
          List.of(path),
          env,
          List.of(new Bind(request, REQUEST, false)),
          Identity.NOBODY,
          new Bounds(MEMORY_BYTES, Answer.MAX_BYTES, DEADLINE));
    }
  }

  /**
   * A JAR, run by the manager's own runtime.
   *
   * @param digest of the file
   * @param file named by its digest
   * @param runtime the home of that runtime
   * @param libraries the directory with the JARs of the manager
   * @param needed the names of those that the runner needs: the JVM opens each that it is told of
   */
  record Jar(String digest, Path file, Path runtime, Path libraries, List<String> needed)
      implements Code {

    private static final String RUNNER = "org.lfedge.eve.tasks.dist.JarRunner";
    private static final long MEMORY_BYTES = 96L << 20;

    /** Keeps a copy. */
    public Jar {
      needed = List.copyOf(needed);
    }

    @Override
    public String title() {
      return "the JAR " + digest;
    }

    @Override
    public SandboxJob job(Path request, List<String> variables) {
      String jar = "/plugins/" + file.getFileName();
      return new SandboxJob(
          "ask " + title(),
          new SandboxJob.Root.NodePrograms(),
          List.of(
              "/manager/runtime/bin/java",
              "-Xmx40m",
              "-Xss512k",
              "-XX:MaxMetaspaceSize=24m",
              "-XX:ReservedCodeCacheSize=8m",
              "-XX:+UseSerialGC",
              "-XX:TieredStopAtLevel=1",
              "-XX:-UsePerfData",
              "-cp",
              needed.stream().map(name -> "/manager/lib/" + name).collect(Collectors.joining(":")),
              RUNNER,
              jar,
              REQUEST),
          List.of(),
          List.of(
              new Bind(request, REQUEST, false),
              new Bind(file, jar, false),
              new Bind(runtime, "/manager/runtime", false),
              new Bind(libraries, "/manager/lib", false)),
          Identity.NOBODY,
          new Bounds(MEMORY_BYTES, Answer.MAX_BYTES, DEADLINE));
    }
  }
}
