package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.seedprotocol.Answer;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.task.Root;

/** What an executor says does not depend on whether it runs in the daemon or outside of it. */
class JarRunnerIT {

  private static final Path PACKAGE = Path.of("target/taskmanager").toAbsolutePath();

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"native-container", "qemu-tools", "jvm-tools"})
  void anExecutorSeedsOutsideOfTheDaemonAsItDoesInIt(String plugin) throws Exception {
    compare(plugin, 1);
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"native-container", "qemu-tools", "jvm-tools"})
  void itDoesSoForManyTasks(String plugin) throws Exception {
    compare(plugin, 25);
  }

  /** So many requests for each kind of root. */
  private void compare(String plugin, int requests) throws Exception {
    Path jar;
    try (var jars = Files.newDirectoryStream(PACKAGE.resolve("executors"), "*" + plugin + "*")) {
      jar = jars.iterator().next();
    }
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
      ExecutorInfo info = run(jar, new Call.Describe().toBytes(List.of())).asInfo();
      Executor inside =
          ServiceLoader.load(Executor.class, loader).stream()
              .map(ServiceLoader.Provider::get)
              .filter(executor -> executor.info().equals(info))
              .findFirst()
              .orElseThrow();
      long seed = 1;
      for (Root.Kind kind : inside.info().rootKinds()) {
        for (int i = 0; i < requests; i++) {
          SeedRequest request = SampleRequests.of(inside.info(), kind, seed++);
          Answer answer = answer(inside, request);
          byte[] call =
              new Call.MakeSeed(request, asked(inside, request)).toBytes(inside.info().options());
          assertEquals(answer, run(jar, call), kind + " " + seed);
        }
      }
    }
  }

  private static Answer answer(Executor executor, SeedRequest request) {
    try {
      return new Answer.Made(executor.seed(request));
    } catch (SeedException refused) {
      // What reaches a user has no control characters, whoever loads the JAR.
      return new Answer.Refusal(
          refused.code(),
          refused.path(),
          String.valueOf(refused.getMessage()).replaceAll("\\p{Cntrl}", " "));
    }
  }

  private static List<FactQuery> asked(Executor executor, SeedRequest request) {
    List<FactQuery> asked = new ArrayList<>();
    List<Fact> known = new ArrayList<>();
    try {
      for (int round = 0; round < Executor.MAX_FACT_ROUNDS; round++) {
        for (FactQuery query : executor.facts(request.task(), known)) {
          if (!asked.contains(query)) {
            asked.add(query);
          }
        }
        known.clear();
        asked.forEach(query -> known.add(request.fact(query)));
      }
    } catch (SeedException refused) {
      return asked;
    }
    return asked;
  }

  @Test
  void aJarThatIsNoneIsNamed() throws Exception {
    Path jar = Files.writeString(temporary.resolve("some.jar"), "not a JAR");
    Process process = start(jar, new Call.Describe().toBytes(List.of()));
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, process.waitFor());
    assertTrue(errors.contains("NOT_A_JAR"), errors);
  }

  private Answer run(Path jar, byte[] call) throws Exception {
    Process process = start(jar, call);
    byte[] answer = process.getInputStream().readAllBytes();
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), errors);
    return Answer.fromBytes(answer);
  }

  /** The daemon names JARs by their digests. */
  private Process start(Path jar, byte[] call) throws IOException {
    Path copy = temporary.resolve("0".repeat(64) + ".jar");
    if (Files.notExists(copy)) {
      Files.copy(jar, copy);
    }
    Path request = Files.write(temporary.resolve("request.json"), call);
    return new ProcessBuilder(
            PACKAGE.resolve("runtime/bin/java").toString(),
            "-cp",
            PACKAGE.resolve("lib") + "/*",
            "org.lfedge.eve.tasks.dist.JarRunner",
            copy.toString(),
            request.toString())
        .start();
  }
}
