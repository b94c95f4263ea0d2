package org.lfedge.eve.tasks.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.InsideProgram;
import org.lfedge.eve.tasks.core.port.Session;
import org.lfedge.eve.tasks.core.port.StandardStream;

class ExecSessionsTest {

  @TempDir private Path directory;
  private final FakeInsideProcesses processes = new FakeInsideProcesses();
  private final StringBuilder out = new StringBuilder();
  private final StringBuilder err = new StringBuilder();
  private ExecSessions sessions;

  @BeforeEach
  void make() {
    sessions = new ExecSessions(directory.resolve("sessions"), processes);
  }

  @AfterEach
  void close() {
    sessions.close();
  }

  private void take(StandardStream stream, ByteBuffer data) {
    StringBuilder text = stream == StandardStream.STDOUT ? out : err;
    synchronized (text) {
      text.append(StandardCharsets.UTF_8.decode(data));
    }
  }

  private Session open(boolean input) {
    return get(sessions.open("web", InsideProgram.of(List.of("cat")), input, this::take));
  }

  private FakeInsideProcesses.Running program() {
    return processes.started.get(processes.started.size() - 1);
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("it did not complete", e);
    }
  }

  private static String code(CompletableFuture<Session> session) {
    Exception failure =
        assertThrows(ExecutionException.class, () -> session.get(60, TimeUnit.SECONDS));
    return assertInstanceOf(TaskException.class, failure.getCause()).first().code();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain for " + what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  private void awaitNothingLeft() {
    await(
        "the FIFOs to go",
        () -> {
          try (Stream<Path> left = Files.list(directory.resolve("sessions"))) {
            return left.findAny().isEmpty();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void theExitComesAfterAllOutput() {
    Session session = open(false);
    program().exit.complete(3);
    program().write(program().out, "late");
    program().write(program().err, "later");
    program().close();
    assertEquals(3, get(session.exit()));
    assertEquals("late", out.toString());
    assertEquals("later", err.toString());
    awaitNothingLeft();
    assertEquals("remove from web", processes.calls.get(processes.calls.size() - 1));
  }

  @Test
  void whoeverHoldsTheStreamsAfterTheEndIsNotWaitedForForever() {
    Session session = open(false);
    program().write(program().out, "done");
    program().exit.complete(0);
    assertEquals(0, get(session.exit()));
    assertEquals("done", out.toString());
    awaitNothingLeft();
    program().close();
  }

  @Test
  void slowOutputIsWaitedForHoweverLongItTakes() throws Exception {
    CountDownLatch room = new CountDownLatch(1);
    Session session =
        get(
            sessions.open(
                "web",
                InsideProgram.of(List.of("cat")),
                false,
                (stream, data) -> {
                  try {
                    assertTrue(room.await(60, TimeUnit.SECONDS));
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  take(stream, data);
                }));
    program().write(program().out, "first");
    program().exit.complete(0);
    assertThrows(
        TimeoutException.class,
        () -> session.exit().get(3, TimeUnit.SECONDS),
        "longer than silence may last");
    program().write(program().out, " second");
    program().close();
    room.countDown();
    assertEquals(0, get(session.exit()));
    assertEquals("first second", out.toString());
  }

  @Test
  void inputArrivesAndThenItsEnd() throws IOException {
    Session session = open(true);
    try (InputStream in = Channels.newInputStream(program().in())) {
      get(session.write(ByteBuffer.wrap("typed".getBytes(StandardCharsets.UTF_8))));
      session.endInput();
      assertEquals("typed", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
    await("containerd's end to be closed", () -> processes.calls.contains("close input"));
    get(session.write(ByteBuffer.wrap(new byte[100_000])));
    program().close();
    program().exit.complete(0);
    assertEquals(0, get(session.exit()));
  }

  @Test
  void inputThatNobodyReadsDoesNotOutliveTheProgram() throws IOException {
    Session session = open(true);
    CompletableFuture<Void> written;
    try (FileChannel in = program().in()) {
      written = session.write(ByteBuffer.wrap(new byte[1 << 20]));
      program().close();
      program().exit.complete(0);
      assertEquals(0, get(session.exit()));
      assertTrue(in.isOpen());
    }
    get(written);
    awaitNothingLeft();
  }

  @Test
  void aProgramThatCannotBeStartedLeavesNothing() {
    CompletableFuture<Session> failed =
        sessions.open("web", InsideProgram.of(List.of("nope")), true, this::take);
    assertEquals("EXECUTABLE_NOT_FOUND", code(failed));
    awaitNothingLeft();
  }

  @Test
  void thereIsABoundToSessionsAndRoomAgainAfterwards() {
    List<Session> open = new ArrayList<>();
    for (int i = 0; i < ExecSessions.AT_ONCE; i++) {
      open.add(open(false));
    }
    CompletableFuture<Session> more =
        sessions.open("web", InsideProgram.of(List.of("cat")), false, this::take);
    assertEquals("TOO_MANY_SESSIONS", code(more));
    program().close();
    program().exit.complete(0);
    assertEquals(0, get(open.get(open.size() - 1).exit()));
    awaitRoom();
  }

  private void awaitRoom() {
    await(
        "room",
        () ->
            !sessions
                .open("web", InsideProgram.of(List.of("cat")), false, this::take)
                .isCompletedExceptionally());
  }

  @Test
  void aProgramWhoseClientHasLeftIsToldAndThenKilled() {
    Session session = open(false);
    session.hangUp();
    assertEquals(137, get(session.exit()));
    assertEquals("signal 1", processes.calls.get(1));
    awaitNothingLeft();
  }

  @Test
  void whatAnEarlierDaemonHasLeftIsEndedAndRemoved() {
    FifoDirectory left =
        FifoDirectory.make(directory.resolve("sessions/exec-1_a.b-c"), List.of("in", "out"));
    assertTrue(Files.exists(left.path("out")));
    sessions.recover();
    awaitNothingLeft();
    assertEquals(List.of("remove from a.b-c"), processes.calls);
  }
}
