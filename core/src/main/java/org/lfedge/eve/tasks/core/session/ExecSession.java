package org.lfedge.eve.tasks.core.session;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.port.InsideProcess;
import org.lfedge.eve.tasks.core.port.InsideProcesses;
import org.lfedge.eve.tasks.core.port.InsideProgram;
import org.lfedge.eve.tasks.core.port.Session;
import org.lfedge.eve.tasks.core.port.SessionOutput;
import org.lfedge.eve.tasks.core.port.StandardStream;
import org.lfedge.eve.tasks.core.port.StreamFifos;
import org.lfedge.eve.tasks.core.port.TerminalSize;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One program inside a task, and the FIFOs of its streams. */
final class ExecSession implements Session {

  private static final Logger LOG = LoggerFactory.getLogger(ExecSession.class);

  private static final int SIGHUP = 1;
  private static final int CHUNK_BYTES = 32 << 10;

  /** For a program to end by itself after SIGHUP. */
  private static final Duration HANG_UP_GRACE = Duration.ofSeconds(2);

  /**
   * How long nothing may come after the end of the program before what it has started in the
   * background is no longer listened to, though it holds the streams open.
   */
  private static final Duration SILENCE = Duration.ofSeconds(2);

  private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

  private final InsideProcess process;
  private final InsideProcesses processes;
  private final FifoDirectory fifos;
  private final SessionOutput output;
  private final ScheduledExecutorService timers;
  private final Consumer<ExecSession> onRemoved;
  private final List<FifoReader> readers = new ArrayList<>();
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();
  private final AtomicBoolean finished = new AtomicBoolean();
  private @Nullable FifoWriter writer;

  /**
   * Prepares to run a program; its FIFOs are not there yet.
   *
   * @param onRemoved called when nothing of it is left
   */
  ExecSession(
      InsideProcess process,
      InsideProcesses processes,
      Path directory,
      List<String> fifoNames,
      SessionOutput output,
      ScheduledExecutorService timers,
      Consumer<ExecSession> onRemoved) {
    this.process = process;
    this.processes = processes;
    this.output = output;
    this.timers = timers;
    this.onRemoved = onRemoved;
    fifos = FifoDirectory.make(directory, fifoNames);
  }

  /** Runs the program; if that fails, nothing is left. */
  CompletableFuture<Session> start(InsideProgram program, boolean input) {
    boolean terminal = program.terminal().isPresent();
    StreamFifos streams =
        new StreamFifos(
            input ? Optional.of(fifos.path(ExecSessions.STDIN)) : Optional.empty(),
            fifos.path(ExecSessions.STDOUT),
            terminal ? Optional.empty() : Optional.of(fifos.path(ExecSessions.STDERR)));
    try {
      // Open before the other side is, so that neither waits for the other.
      if (input) {
        writer = new FifoWriter(name("in"), fifos.writing(ExecSessions.STDIN), this::inputEnded);
      }
      read(ExecSessions.STDOUT, StandardStream.STDOUT);
      if (!terminal) {
        read(ExecSessions.STDERR, StandardStream.STDERR);
      }
    } catch (RuntimeException e) {
      finish(null, e);
      return CompletableFuture.failedFuture(e);
    }
    return processes
        .start(process, program, streams)
        .handle(
            (started, failure) -> {
              if (failure != null) {
                finish(null, failure);
                throw new CompletionException(cause(failure));
              }
              fifos.letGo();
              var unused = processes.exit(process).whenComplete(this::exited);
              return this;
            });
  }

  private String name(String stream) {
    return process.id() + "-" + stream;
  }

  private void read(String fifo, StandardStream stream) {
    readers.add(
        new FifoReader(
            name(fifo), fifos.reading(fifo), CHUNK_BYTES, data -> output.take(stream, data)));
  }

  private void inputEnded() {
    var unused =
        processes
            .closeInput(process)
            .exceptionally(
                failure -> {
                  LOG.debug("{}: {}", process, cause(failure).getMessage());
                  return null;
                });
  }

  @Override
  public CompletableFuture<Void> write(ByteBuffer data) {
    FifoWriter open = writer;
    return open == null ? CompletableFuture.completedFuture(null) : open.write(data);
  }

  @Override
  public void endInput() {
    FifoWriter open = writer;
    if (open != null) {
      open.end();
    }
  }

  @Override
  public CompletableFuture<Void> resize(TerminalSize size) {
    return processes.resize(process, size);
  }

  @Override
  public CompletableFuture<Integer> exit() {
    return exit;
  }

  @Override
  public void hangUp() {
    var unused =
        processes
            .signal(process, SIGHUP)
            .whenComplete((sent, failure) -> later(HANG_UP_GRACE, this::killInTheEnd));
  }

  private void killInTheEnd() {
    var unused =
        kill()
            .exceptionally(
                failure -> {
                  LOG.warn("{}: trying again: {}", process, cause(failure).getMessage());
                  later(TRY_AGAIN, this::killInTheEnd);
                  return null;
                });
  }

  /** Ends the program by SIGKILL, unless it has ended. */
  CompletableFuture<Void> kill() {
    return finished.get() ? CompletableFuture.completedFuture(null) : processes.remove(process);
  }

  private void exited(@Nullable Integer code, @Nullable Throwable failure) {
    var unused =
        CompletableFuture.allOf(
                readers.stream().map(FifoReader::end).toArray(CompletableFuture[]::new))
            .whenComplete((done, none) -> finish(code, failure));
    later(SILENCE, this::listen);
  }

  private void listen() {
    if (finished.get()) {
      return;
    }
    boolean silent =
        readers.stream()
            .allMatch(reader -> reader.end().isDone() || reader.idleFor(SILENCE.toNanos()));
    if (silent) {
      fifos.close();
    } else {
      later(SILENCE.dividedBy(4), this::listen);
    }
  }

  private void later(Duration delay, Runnable work) {
    var unused = timers.schedule(work, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void finish(@Nullable Integer code, @Nullable Throwable failure) {
    if (!finished.compareAndSet(false, true)) {
      return;
    }
    FifoWriter open = writer;
    if (open != null) {
      open.close();
    }
    fifos.close();
    if (code != null) {
      exit.complete(code);
    } else {
      exit.completeExceptionally(
          failure == null ? new IllegalStateException("neither code nor failure") : cause(failure));
    }
    remove();
  }

  /** The FIFOs go last: by them the next daemon finds a process that this one has left. */
  private void remove() {
    var unused =
        processes
            .remove(process)
            .whenComplete(
                (removed, failure) -> {
                  if (failure == null) {
                    fifos.delete();
                    onRemoved.accept(this);
                  } else {
                    LOG.warn("{}: trying again: {}", process, cause(failure).getMessage());
                    later(TRY_AGAIN, this::remove);
                  }
                });
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
