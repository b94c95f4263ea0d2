package org.lfedge.eve.tasks.core.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.StandardStream;
import org.lfedge.eve.tasks.core.port.StuckOutput;

/** A child of the test stands in for the anchor, and the test for the shim that reads its pipe. */
class StuckStreamsTest {

  @TempDir private Path directory;
  private Instant now = Instant.EPOCH;
  private final StuckStreams streams = new StuckStreams(Path.of("/proc"), () -> now);
  private final Process anchor;
  private OutputFiles files = new OutputFiles(Path.of("stdout"), Path.of("stderr"));

  StuckStreamsTest() throws IOException {
    anchor = new ProcessBuilder("sh", "-c", "echo text; exec cat").start();
  }

  @BeforeEach
  void makeFiles() throws IOException {
    files = new OutputFiles(directory.resolve("stdout"), directory.resolve("stderr"));
    Files.createFile(files.stdout());
    Files.createFile(files.stderr());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (anchor.getInputStream().available() == 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  @AfterEach
  void end() {
    anchor.destroyForcibly();
  }

  private void checkAfter(int seconds) {
    now = now.plusSeconds(seconds);
    streams.check("web", (int) anchor.pid(), files);
  }

  @Test
  void bytesThatWaitInThePipeWhileTheFileDoesNotGrowAreReported() {
    checkAfter(0);
    checkAfter(4);
    assertEquals(List.of(), streams.stuck());
    checkAfter(2);
    assertEquals(
        List.of(new StuckOutput("web", StandardStream.STDOUT, Instant.EPOCH)), streams.stuck());
    checkAfter(60);
    assertEquals(1, streams.stuck().size());
    streams.forget("web");
    assertEquals(List.of(), streams.stuck());
  }

  @Test
  void aFileThatGrowsIsNotStuck() throws IOException {
    checkAfter(0);
    Files.writeString(files.stdout(), "some");
    checkAfter(6);
    assertEquals(List.of(), streams.stuck());
  }

  @Test
  void anEmptyPipeIsNotStuck() throws IOException {
    checkAfter(0);
    assertEquals(5, anchor.getInputStream().read(new byte[5]));
    checkAfter(6);
    assertEquals(List.of(), streams.stuck());
  }

  @Test
  void aPipeThatItsParentDoesNotHoldIsNone() throws IOException {
    // The shell's child has a pipe of the shell as its output, which nobody reads.
    Process shell =
        new ProcessBuilder("sh", "-c", "{ echo text; exec sleep 1000; } | sleep 1000").start();
    try {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (shell.children().count() < 2 && System.nanoTime() < deadline) {
        LockSupport.parkNanos(1_000_000);
      }
      int child = (int) shell.children().mapToLong(ProcessHandle::pid).min().orElseThrow();
      for (int i = 0; i < 3; i++) {
        now = now.plusSeconds(10);
        streams.check("web", child, files);
      }
      assertEquals(List.of(), streams.stuck());
    } finally {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
  }
}
