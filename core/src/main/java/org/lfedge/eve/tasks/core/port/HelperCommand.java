package org.lfedge.eve.tasks.core.port;

import java.util.List;

/**
 * Runs short programs of the node, such as {@code ip}. Each holds the lock of its task while it
 * runs, so that one that outlives a killed daemon never overlaps one of the next daemon.
 */
public interface HelperCommand {

  /**
   * Runs a program and waits for it; ends it at a deadline.
   *
   * @param task on whose behalf it runs
   * @param purpose what it is for, in the words of an error message
   * @param command the program and its arguments; no shell sees them
   * @return what it wrote to its standard output, at most 64 KiB
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it is missing, fails or takes too long
   */
  @Effect
  String run(String task, String purpose, List<String> command);
}
