package org.lfedge.eve.tasks.core.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.StreamFifos;
import org.lfedge.eve.tasks.core.port.Terminals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Terminals over FIFOs, one reading thread each. While no daemon reads, a task waits as soon as the
 * pipe is full, 64 KiB, and goes on with the next daemon.
 */
public final class FifoTerminals implements Terminals, AutoCloseable {

  static final String INPUT = "in";
  static final String OUTPUT = "out";

  private static final Logger LOG = LoggerFactory.getLogger(FifoTerminals.class);

  private static final List<String> NAMES = List.of(INPUT, OUTPUT);

  private final Path directory;
  private final Map<String, TerminalPump> pumps = new HashMap<>();
  private final Semaphore free = new Semaphore(ExecSessions.AT_ONCE);

  /**
   * Keeps the FIFOs in a directory.
   *
   * @param directory outlives the daemon, and is best on a file system that a reboot empties
   */
  public FifoTerminals(Path directory) {
    this.directory = directory;
  }

  /**
   * Goes on to read the terminals that the daemon before this one had, and removes those of tasks
   * that are gone. To be called before anything is done to a task.
   *
   * @param present whether the runtime has a task, be it ended
   * @param log where its output goes
   */
  public void recover(Predicate<String> present, Function<String, Path> log) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
      for (Path fifos : left) {
        String task = fifos.getFileName().toString();
        if (present.test(task)) {
          put(task, new TerminalPump(task, new FifoDirectory(fifos), log.apply(task)));
          LOG.info("task {}: its terminal is read again", task);
        } else {
          new FifoDirectory(fifos).delete();
        }
      }
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("FIFO_FAILED", "cannot list " + directory + ": " + e.getMessage()), e);
    }
  }

  @Override
  public StreamFifos open(String task, Path log) {
    close(task);
    FifoDirectory fifos = FifoDirectory.make(directory.resolve(task), NAMES);
    put(task, new TerminalPump(task, fifos, log));
    return new StreamFifos(Optional.of(fifos.path(INPUT)), fifos.path(OUTPUT), Optional.empty());
  }

  private void put(String task, TerminalPump pump) {
    synchronized (pumps) {
      pumps.put(task, pump);
    }
  }

  @Override
  public void close(String task) {
    TerminalPump pump;
    synchronized (pumps) {
      pump = pumps.remove(task);
    }
    if (pump != null) {
      pump.drain();
      new FifoDirectory(directory.resolve(task)).delete();
    }
  }

  @Override
  public Attachment attach(String task, Viewer viewer) {
    TerminalPump pump = pump(task);
    if (pump == null) {
      throw TaskException.refused(
          Problem.user(
              "NO_TERMINAL",
              "task "
                  + task
                  + " has no terminal now: it does not run, or its document has no terminal: true"));
    }
    if (!free.tryAcquire()) {
      throw ExecSessions.tooMany();
    }
    try {
      FifoWriter input = pump.input("terminal-" + task + "-in");
      pump.add(viewer);
      return new Attached(pump, viewer, input);
    } catch (RuntimeException e) {
      free.release();
      throw e;
    }
  }

  private @Nullable TerminalPump pump(String task) {
    synchronized (pumps) {
      return pumps.get(task);
    }
  }

  private final class Attached implements Attachment {

    private final TerminalPump pump;
    private final Viewer viewer;
    private final FifoWriter input;
    private final AtomicBoolean closed = new AtomicBoolean();

    Attached(TerminalPump pump, Viewer viewer, FifoWriter input) {
      this.pump = pump;
      this.viewer = viewer;
      this.input = input;
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer data) {
      return input.write(data);
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        pump.remove(viewer);
        input.close();
        free.release();
      }
    }
  }

  /** Lets go of the terminals; the tasks keep them. */
  @Override
  public void close() {
    synchronized (pumps) {
      pumps.values().forEach(TerminalPump::close);
      pumps.clear();
    }
  }
}
