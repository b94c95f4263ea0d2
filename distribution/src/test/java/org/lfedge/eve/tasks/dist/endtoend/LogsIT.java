package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What tasks write, as taskctl shows it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LogsIT {

  private static final int MIB = 1 << 20;

  private final PackagedNode node =
      new PackagedNode(List.of(), "logs: {perTask: 8MiB, total: 16MiB, reserve: 1MiB}");

  @AfterAll
  void close() {
    node.close();
  }

  @Test
  void tailAndSinceChooseAndTimestampsStandBeforeEachLine() {
    String document =
        node.document(
            "chosen", "[sh, -c, 'echo one; echo two; echo three >&2; echo four; cat']", "");
    node.taskctl("run", document).expect(0);
    Programs.Result all = node.taskctl("logs", "chosen").expect(0);
    assertEquals("one\ntwo\nfour\n", all.out());
    assertEquals("three\n", all.err());

    Programs.Result tail = node.taskctl("logs", "--tail", "1", "chosen").expect(0);
    assertEquals(1, (tail.out() + tail.err()).lines().count(), tail.toString());
    assertEquals("", node.taskctl("logs", "-n", "0", "chosen").expect(0).out());
    assertEquals(all.out(), node.taskctl("logs", "--since", "1h", "chosen").expect(0).out());
    Instant later = Instant.now().plus(Duration.ofHours(1));
    assertEquals("", node.taskctl("logs", "--since", later.toString(), "chosen").expect(0).out());

    Programs.Result times = node.taskctl("logs", "--timestamps", "chosen").expect(0);
    String time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ";
    assertTrue(
        Pattern.matches(time + "one\n" + time + "two\n" + time + "four\n", times.out()),
        times.out());
    assertTrue(Pattern.matches(time + "three\n", times.err()), times.err());

    assertEquals(2, node.taskctl("logs", "--since", "yesterday", "chosen").status());
    assertEquals(2, node.taskctl("logs", "--tail", "-1", "chosen").status());
    node.taskctl("delete", "chosen").expect(0);
    assertFalse(Files.exists(node.directory().resolve("state/logs/chosen")));
  }

  @Test
  void outputIsFollowedFromItsTailToTheEndOfTheTask() throws Exception {
    node.taskctl("run", "-d", node.document("followed", PackagedNode.SERVICE, "")).expect(0);
    node.awaitOutput("followed", "start 1\n");
    List<String> command = PackagedNode.taskctlAt(node.socket());
    command.addAll(List.of("logs", "-f", "-n", "1", "followed"));
    Path out = node.directory().resolve("followed.out");
    Process follower = new ProcessBuilder(command).redirectOutput(out.toFile()).start();
    Programs.await("the tail", () -> Programs.read(out).contains("start 1\n"));
    assertTrue(follower.isAlive());
    node.taskctl("stop", "followed").expect(0);
    assertTrue(follower.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, follower.exitValue());
    assertEquals("start 1\n", Programs.read(out));
    node.taskctl("delete", "followed").expect(0);
  }

  @Tag("long")
  @Test
  void aTaskThatWritesWithoutEndFillsNoDiskAndTheDaemonAnswers() {
    String document = node.document("loud", "[sh, -c, 'while :; do cat /bin/busybox; done']", "");
    node.taskctl("run", "-d", document).expect(0);
    Path stdout = node.directory().resolve("state/logs/loud/stdout");
    long peak = 0;
    while (stdout.toFile().length() < 200L * MIB) {
      node.taskctl("list").expect(0);
      peak = Math.max(peak, allocated(node.directory().resolve("state/logs")));
    }
    assertTrue(peak < 100 * MIB, "it took " + peak / MIB + " MiB at its peak");
    node.taskctl("stop", "--force", "loud").expect(0);
    Programs.await(
        "what is kept to be within its bounds",
        () -> allocated(node.directory().resolve("state/logs")) < 16 * MIB);
    node.taskctl("delete", "loud").expect(0);
  }

  private static long allocated(Path tree) {
    // Files go while du looks at them; its exit status says so and is no matter.
    String size = Programs.run(List.of("du", "-s", "-B1", tree.toString())).out();
    return Long.parseLong(size.split("\\s", 2)[0]);
  }

  @Test
  void aDaemonThatIsKilledWhileItCopiesLosesNothing() throws IOException {
    String document =
        node.document(
            "counts",
            "[sh, -c, 'i=0; while [ $i -lt 40000 ]; do i=$((i+1)); echo $i; done; sleep 1000']",
            "");
    node.taskctl("run", "-d", document).expect(0);
    Random chance = new Random(3);
    for (int i = 0; i < 4; i++) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(chance.nextInt(300)));
      node.kill();
      node.start();
    }
    Path stdout = node.directory().resolve("state/logs/counts/stdout");
    String expected =
        IntStream.rangeClosed(1, 40_000).mapToObj(i -> i + "\n").collect(Collectors.joining());
    Programs.await("the last line", () -> stdout.toFile().length() == expected.length());
    assertEquals(expected, node.taskctl("logs", "counts").expect(0).out());
    node.taskctl("delete", "-f", "counts").expect(0);
    try (Stream<Path> left = Files.list(node.directory().resolve("state/logs"))) {
      assertEquals(List.of(), left.filter(path -> path.endsWith("counts")).toList());
    }
  }

  @Test
  void bytesThatAreNoTextArriveAsTheyAre() throws IOException {
    String document = node.document("binary", "[sh, -c, 'cat /bin/busybox; cat /bin/sh >&2']", "");
    Path out = node.directory().resolve("binary.out");
    Path err = node.directory().resolve("binary.err");
    node.taskctl("run", document);
    List<String> command = PackagedNode.taskctlAt(node.socket());
    command.addAll(List.of("logs", "binary"));
    Process logs =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    Programs.await("taskctl to end", () -> !logs.isAlive());
    assertEquals(-1, Files.mismatch(out, Path.of("/bin/busybox")));
    assertEquals(-1, Files.mismatch(err, Path.of("/bin/busybox")));
    node.taskctl("delete", "binary").expect(0);
  }
}
