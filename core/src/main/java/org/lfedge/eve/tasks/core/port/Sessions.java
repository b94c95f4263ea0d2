package org.lfedge.eve.tasks.core.port;

import java.util.concurrent.CompletableFuture;

/** Runs programs inside of tasks for somebody who is connected with their streams. */
public interface Sessions {

  /**
   * Starts a program in a running task.
   *
   * @param input whether it has an input; without, it reads the end of it at once
   * @return completes when the program runs; exceptionally with TASK_NOT_RUNNING,
   *     EXECUTABLE_NOT_FOUND and the like, or TOO_MANY_SESSIONS
   */
  CompletableFuture<Session> open(
      String task, InsideProgram program, boolean input, SessionOutput output);
}
