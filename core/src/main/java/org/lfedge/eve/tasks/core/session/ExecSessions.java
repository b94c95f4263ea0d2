package org.lfedge.eve.tasks.core.session;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.InsideProcess;
import org.lfedge.eve.tasks.core.port.InsideProcesses;
import org.lfedge.eve.tasks.core.port.InsideProgram;
import org.lfedge.eve.tasks.core.port.Session;
import org.lfedge.eve.tasks.core.port.SessionOutput;
import org.lfedge.eve.tasks.core.port.Sessions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions over FIFOs. Each has a directory, which is there before the process and goes after it:
 * what a killed daemon has left is found by its directories, and ended.
 */
public final class ExecSessions implements Sessions, AutoCloseable {

  static final String STDIN = "in";
  static final String STDOUT = "out";
  static final String STDERR = "err";

  /** Between the id of a process and the name of its task, neither of which has it. */
  private static final String SEPARATOR = "_";

  /** Each takes two or three threads. */
  static final int AT_ONCE = 16;

  private static final Logger LOG = LoggerFactory.getLogger(ExecSessions.class);

  private static final Duration END = Duration.ofSeconds(3);

  private final Path directory;
  private final InsideProcesses processes;
  private final Semaphore free = new Semaphore(AT_ONCE);
  private final Set<ExecSession> sessions = ConcurrentHashMap.newKeySet();
  private final ScheduledThreadPoolExecutor timers;

  /**
   * Keeps the FIFOs in a directory.
   *
   * @param directory best on a file system that a reboot empties
   */
  public ExecSessions(Path directory, InsideProcesses processes) {
    this.directory = directory;
    this.processes = processes;
    timers =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "session-timer");
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    timers.setKeepAliveTime(10, TimeUnit.SECONDS);
    timers.allowCoreThreadTimeOut(true);
    timers.setRemoveOnCancelPolicy(true);
  }

  /** Ends and removes what the daemon before this one has left; does not wait for it. */
  public void recover() {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
      left.forEach(this::removeLeft);
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("FIFO_FAILED", "cannot list " + directory + ": " + e.getMessage()), e);
    }
  }

  private void removeLeft(Path left) {
    String[] name = left.getFileName().toString().split(SEPARATOR, 2);
    InsideProcess process = new InsideProcess(name[name.length - 1], name[0]);
    var unused =
        processes
            .remove(process)
            .thenRun(() -> new FifoDirectory(left).delete())
            .exceptionally(
                failure -> {
                  LOG.error("{}: it was left and cannot be removed: {}", process, failure);
                  return null;
                });
  }

  @Override
  public CompletableFuture<Session> open(
      String task, InsideProgram program, boolean input, SessionOutput output) {
    if (!free.tryAcquire()) {
      return CompletableFuture.failedFuture(tooMany());
    }
    // Unique also among those that an earlier daemon has left.
    InsideProcess process =
        new InsideProcess(task, "exec-" + UUID.randomUUID().toString().substring(0, 13));
    List<String> fifos = new ArrayList<>(List.of(STDOUT));
    if (input) {
      fifos.add(STDIN);
    }
    if (program.terminal().isEmpty()) {
      fifos.add(STDERR);
    }
    ExecSession session;
    try {
      session =
          new ExecSession(
              process,
              processes,
              directory.resolve(process.id() + SEPARATOR + task),
              fifos,
              output,
              timers,
              this::removed);
    } catch (TaskException e) {
      free.release();
      return CompletableFuture.failedFuture(e);
    }
    sessions.add(session);
    return session.start(program, input);
  }

  private void removed(ExecSession session) {
    sessions.remove(session);
    free.release();
  }

  static TaskException tooMany() {
    return TaskException.refused(
        Problem.user(
            "TOO_MANY_SESSIONS",
            "there are " + AT_ONCE + " sessions of this kind already, end one of them"));
  }

  /** Ends all sessions, as far as that takes no more than a few seconds. */
  @Override
  public void close() {
    CompletableFuture.allOf(
            sessions.stream().map(ExecSession::kill).toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, END.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionally(failure -> null)
        .join();
    timers.shutdownNow();
  }
}
