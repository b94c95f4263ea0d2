package org.lfedge.eve.tasks.core.port;

import java.util.concurrent.CompletableFuture;

/**
 * The processes of running tasks besides their anchors. No call waits; failures are {@link
 * org.lfedge.eve.tasks.core.error.TaskException}s.
 */
public interface InsideProcesses {

  /**
   * Runs a program whose streams are FIFOs that are there, and open at our end.
   *
   * @return completes when it runs and its streams are connected; exceptionally with
   *     TASK_NOT_RUNNING, or EXECUTABLE_NOT_FOUND and the like
   */
  CompletableFuture<Void> start(InsideProcess process, InsideProgram program, StreamFifos streams);

  /** The exit code of a process that was started, when it has ended: 128 + n for a signal. */
  CompletableFuture<Integer> exit(InsideProcess process);

  /** Sends a signal to the one process; reaching nobody is no failure. */
  CompletableFuture<Void> signal(InsideProcess process, int signal);

  /** Lets the process see the end of its input, once our end of the FIFO is closed. */
  CompletableFuture<Void> closeInput(InsideProcess process);

  /** Changes the size of the terminal of a process, or of the anchor. */
  CompletableFuture<Void> resize(InsideProcess process, TerminalSize size);

  /**
   * Ends a process in whatever state it is, by SIGKILL, with all that it has started, and removes
   * what the runtime knows of it. Succeeds if it is not there.
   */
  CompletableFuture<Void> remove(InsideProcess process);
}
