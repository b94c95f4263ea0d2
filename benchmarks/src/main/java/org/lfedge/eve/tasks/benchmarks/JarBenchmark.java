package org.lfedge.eve.tasks.benchmarks;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;

/** Measures JARs as tasks against the same JVM alone, and prints Markdown. */
public final class JarBenchmark {

  private static final long DEADLINE_SECONDS = 60;

  /** What a JAR as a task may need more until its first line. */
  private static final double GOAL_MILLIS = 150;

  private final Daemon daemon;
  private final Path toolsRoot;
  private final Path jar;
  private final int runs;

  private JarBenchmark(Daemon daemon, Path toolsRoot, Path jar, int runs) {
    this.daemon = daemon;
    this.toolsRoot = toolsRoot;
    this.jar = jar;
    this.runs = runs;
  }

  /**
   * Arguments: the seven that {@link NodeBenchmark} has first, the unpacked root file system of the
   * tools image that the daemon's config has for the executor {@code jvm}, a JAR that says
   * something and ends, how many starts.
   */
  public static void main(String[] args) throws Exception {
    NodeBenchmark.Setting setting = NodeBenchmark.Setting.of(args);
    try (Daemon daemon = setting.start()) {
      setting.importTools(daemon, "jvm-17-tools");
      JarBenchmark jars =
          new JarBenchmark(daemon, Path.of(args[7]), Path.of(args[8]), Integer.parseInt(args[9]));
      NodeBenchmark.print(
          "From the start of a JAR to its first line, in milliseconds",
          "| | p50 | p90 | more | runs | goal | |\n|---|---|---|---|---|---|---|",
          jars.firstLines());
    }
  }

  /** The ways take turns. */
  private List<String> firstLines() throws Exception {
    create("bench-jar", "");
    create("bench-archive", "options: {archive: true}");
    create("bench-no-archive", "options: {jvmOptions: [\"-Xshare:off\"]}");
    BareAnchor bare = BareAnchor.of(inspect("bench-jar").getSpecJson(), toolsRoot, "/app/");
    Samples alone = new Samples();
    Samples task = new Samples();
    Samples archive = new Samples();
    Samples none = new Samples();
    for (int run = -1; run <= runs; run++) {
      long ofTask = nanosToFirstLine("bench-jar");
      long ofArchive = nanosToFirstLine("bench-archive");
      long ofNone = nanosToFirstLine("bench-no-archive");
      long ofBare = bare.nanosToFirstLine();
      // The first start writes the archive and the second looks whether it is good.
      if (run > 0) {
        task.add(ofTask);
        archive.add(ofArchive);
        none.add(ofNone);
        alone.add(ofBare);
      }
    }
    for (String name : List.of("bench-jar", "bench-archive", "bench-no-archive")) {
      daemon.api().delete(DeleteRequest.newBuilder().setName(name).setForce(true).build());
    }
    return List.of(
        String.format(
            Locale.ROOT,
            "| the same command line by itself | %s | | %d | | |",
            alone.cells(),
            alone.count()),
        row("`Start` through the API, of a task that was stopped", task, alone),
        row("with an archive of its own classes as well", archive, alone),
        row("without the archive of the JVM's classes in the tools", none, alone));
  }

  private static String row(String name, Samples samples, Samples alone) {
    double more = samples.percentile(0.5) - alone.percentile(0.5);
    return String.format(
        Locale.ROOT,
        "| %s | %s | %+.0f | %d | %s |",
        name,
        samples.cells(),
        more,
        samples.count(),
        Goal.atMost(GOAL_MILLIS, more, "more").cells());
  }

  /** Starts a task, and waits for its end as well. */
  private long nanosToFirstLine(String name) throws IOException, InterruptedException {
    Path output = Path.of(inspect(name).getStdoutPath());
    long before = Files.exists(output) ? Files.size(output) : 0;
    long start = System.nanoTime();
    long deadline = start + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    daemon.api().start(StartRequest.newBuilder().setName(name).build());
    while (!Files.exists(output) || Files.size(output) == before) {
      pause(deadline, name + " says nothing to " + output);
    }
    long line = System.nanoTime() - start;
    while (!inspect(name).getTask().getState().equals("STOPPED")) {
      pause(deadline, name + " does not end");
    }
    return line;
  }

  private static void pause(long deadline, String what) throws IOException, InterruptedException {
    if (System.nanoTime() > deadline) {
      throw new IOException(what);
    }
    Thread.sleep(1);
  }

  private void create(String name, String more) {
    String document =
        """
        name: %s
        executor: jvm
        root: {jar: "%s"}
        resources: {memory: 64MiB, cpus: 1}
        restart: {policy: never}
        %s
        """
            .formatted(name, jar, more);
    daemon
        .api()
        .create(
            DocumentRequest.newBuilder()
                .setDocument(ByteString.copyFromUtf8(document))
                .setBaseDirectory("/")
                .build());
  }

  private InspectResponse inspect(String name) {
    return daemon.api().inspect(TaskRequest.newBuilder().setName(name).build());
  }
}
