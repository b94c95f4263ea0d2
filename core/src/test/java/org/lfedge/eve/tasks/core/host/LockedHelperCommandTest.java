package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

class LockedHelperCommandTest {

  @TempDir Path locks;

  private LockedHelperCommand helper(Duration deadline) {
    return new LockedHelperCommand(locks, deadline);
  }

  @Test
  void theOutputOfAProgramComesBack() {
    assertEquals(
        "hello", helper(Duration.ofSeconds(30)).run("web", "greet", List.of("echo", "hello")));
  }

  @Test
  void aProgramThatFailsOrIsMissingIsAProblemOfTheHost() {
    for (List<String> command :
        List.of(List.of("sh", "-c", "echo why >&2; exit 3"), List.of("no-such-program"))) {
      TaskException e =
          assertThrows(
              TaskException.class,
              () -> helper(Duration.ofSeconds(30)).run("web", "make it so", command));
      assertEquals("HELPER_FAILED", e.first().code());
      assertEquals(Problem.Kind.HOST, e.first().kind());
      assertTrue(e.first().message().startsWith("cannot make it so"), e.getMessage());
    }
  }

  @Test
  void aProgramThatHangsIsEnded() throws IOException {
    assertThrows(
        TaskException.class,
        () -> helper(Duration.ofMillis(200)).run("web", "wait", List.of("sleep", "1000")));
    // The lock is free again, which it would not be if the program lived on.
    assertEquals("", helper(Duration.ofSeconds(30)).run("web", "go on", List.of("true")));
    try (Stream<Path> left = Files.list(locks)) {
      assertEquals(1, left.count(), "only the lock itself stays");
    }
  }

  @Test
  void aDaemonThatIsKilledWhileAProgramRunsLeavesTheLockAlone() {
    List<String> names = new ArrayList<>();
    Runnable look =
        () -> {
          try (Stream<Path> files = Files.list(locks)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    String said =
        new LockedHelperCommand(locks, Duration.ofSeconds(30), look)
            .run("web", "look", List.of("echo", "hello"));
    assertEquals("hello", said);
    assertTrue(names.stream().allMatch(name -> name.matches("\\d+")), names.toString());
  }

  @Test
  void whatAKilledDaemonLeftOfAnOutputIsRemovedByTheNext() throws IOException {
    Files.createFile(locks.resolve("output123"));
    Files.createFile(locks.resolve("7"));
    assertEquals("hello", helper(Duration.ofSeconds(30)).run("web", "x", List.of("echo", "hello")));
    assertFalse(Files.exists(locks.resolve("output123")));
    assertTrue(Files.exists(locks.resolve("7")));
  }

  @Test
  void twoHelpersOfOneTaskDoNotOverlap() throws IOException {
    Path marker = locks.resolve("marker");
    List<String> exclusive =
        List.of("sh", "-c", "mkdir \"$1\" && sleep 0.2 && rmdir \"$1\"", "sh", marker.toString());
    Stream.of(1, 2, 3, 4)
        .parallel()
        .forEach(i -> helper(Duration.ofSeconds(30)).run("web", "be alone", exclusive));
    assertTrue(Files.notExists(marker));
  }
}
