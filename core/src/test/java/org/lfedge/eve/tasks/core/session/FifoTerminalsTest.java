package org.lfedge.eve.tasks.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.StreamFifos;
import org.lfedge.eve.tasks.core.port.Terminals;

class FifoTerminalsTest {

  @TempDir private Path directory;
  private FifoTerminals terminals;

  @BeforeEach
  void make() {
    terminals = new FifoTerminals(directory.resolve("terminals"));
  }

  @AfterEach
  void end() {
    terminals.close();
  }

  private Path log() {
    return directory.resolve("log");
  }

  /** Somebody who looks on, for so many pieces. */
  private static final class Viewer implements Terminals.Viewer {
    final StringBuilder seen = new StringBuilder();
    final CompletableFuture<Void> end = new CompletableFuture<>();
    private int patience;

    Viewer(int patience) {
      this.patience = patience;
    }

    @Override
    public synchronized boolean show(ByteBuffer data) {
      seen.append(StandardCharsets.UTF_8.decode(data));
      return --patience > 0;
    }

    @Override
    public void end() {
      end.complete(null);
    }

    synchronized String seen() {
      return seen.toString();
    }
  }

  /** As the shim holds it: both ends, so that it does not break while no daemon reads. */
  private static FileChannel shim(Path fifo) throws IOException {
    return FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static void write(FileChannel channel, String text) throws IOException {
    channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private void awaitLog(String text) {
    await(
        "the log to hold " + text,
        () -> {
          try {
            return Files.exists(log()) && Files.readString(log()).equals(text);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain for " + what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  @Test
  void whatIsShownGoesToTheLogAndToThoseWhoLookOnFromThenOn() throws IOException {
    Files.writeString(log(), "before\n");
    StreamFifos fifos = terminals.open("web", log());
    Viewer patient = new Viewer(100);
    Viewer impatient = new Viewer(1);
    try (FileChannel shim = FileChannel.open(fifos.stdout(), StandardOpenOption.WRITE)) {
      write(shim, "a");
      awaitLog("before\na");
      var attached = terminals.attach("web", patient);
      var other = terminals.attach("web", impatient);
      write(shim, "b");
      awaitLog("before\nab");
      write(shim, "c");
      awaitLog("before\nabc");
      await("the viewer to see it", () -> patient.seen().equals("bc"));
      assertEquals("b", impatient.seen());
      other.close();
      attached.close();
      write(shim, "d");
      awaitLog("before\nabcd");
      assertEquals("bc", patient.seen());
    }
  }

  @Test
  void theRestIsReadBeforeATerminalIsClosed() throws IOException {
    StreamFifos fifos = terminals.open("web", log());
    Viewer viewer = new Viewer(1000);
    try (var attached = terminals.attach("web", viewer)) {
      assertNotNull(attached);
      FileChannel shim = FileChannel.open(fifos.stdout(), StandardOpenOption.WRITE);
      String much = "0123456789".repeat(6000);
      write(shim, much);
      shim.close();
      terminals.close("web");
      assertEquals(much, Files.readString(log()));
      assertTrue(viewer.end.isDone());
      assertFalse(Files.exists(fifos.stdout()));
    }
    terminals.close("web");
  }

  @Test
  void aTerminalThatIsStillHeldIsClosedAllTheSame() throws IOException {
    StreamFifos fifos = terminals.open("web", log());
    try (FileChannel shim = shim(fifos.stdout())) {
      write(shim, "held");
      terminals.close("web");
      assertEquals("held", Files.readString(log()));
    }
  }

  @Test
  void whatIsTypedArrives() throws IOException {
    StreamFifos fifos = terminals.open("web", log());
    try (FileChannel shim = shim(fifos.stdin().orElseThrow());
        var attached = terminals.attach("web", new Viewer(1))) {
      ByteBuffer typed = ByteBuffer.wrap("keys".getBytes(StandardCharsets.UTF_8));
      attached.write(typed).orTimeout(60, TimeUnit.SECONDS).join();
      ByteBuffer read = ByteBuffer.allocate(10);
      shim.read(read);
      assertEquals("keys", StandardCharsets.UTF_8.decode(read.flip()).toString());
    }
  }

  @Test
  void theNextDaemonReadsOnAndRemovesWhatBelongsToNobody() throws IOException {
    StreamFifos fifos = terminals.open("web", log());
    Path gone = terminals.open("gone", log()).stdout();
    try (FileChannel shim = shim(fifos.stdout())) {
      terminals.close();
      write(shim, "meanwhile");
      FifoTerminals next = new FifoTerminals(directory.resolve("terminals"));
      next.recover(task -> task.equals("web"), task -> log());
      awaitLog("meanwhile");
      assertFalse(Files.exists(gone));
      next.close();
    }
  }

  @Test
  void thereIsNoTerminalOfATaskWithoutOne() {
    TaskException refusal =
        assertThrows(TaskException.class, () -> terminals.attach("web", new Viewer(1)));
    assertEquals("NO_TERMINAL", refusal.first().code());
    assertEquals(TaskException.Outcome.REFUSED, refusal.outcome());
  }

  @Test
  void thereIsABoundToThoseWhoLookOnAndRoomAgainAfterwards() {
    var fifos = terminals.open("web", log());
    assertTrue(fifos.stderr().isEmpty());
    Terminals.Attachment last = terminals.attach("web", new Viewer(1));
    for (int i = 1; i < ExecSessions.AT_ONCE; i++) {
      last = terminals.attach("web", new Viewer(1));
    }
    assertThrows(TaskException.class, () -> terminals.attach("web", new Viewer(1)));
    last.close();
    last.close();
    assertNotNull(terminals.attach("web", new Viewer(1)));
    assertThrows(TaskException.class, () -> terminals.attach("web", new Viewer(1)));
  }
}
