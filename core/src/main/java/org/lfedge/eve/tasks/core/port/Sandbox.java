package org.lfedge.eve.tasks.core.port;

/**
 * Runs a program of the node on data that nobody vouches for: as a short task of its own, without
 * network, with nothing of the node but its programs and what the job names.
 */
public interface Sandbox {

  /**
   * Runs a program to its end, or kills it at the deadline; nothing of it stays.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it cannot be started; that it fails is
   *     a result
   */
  @Effect
  SandboxResult run(SandboxJob job);
}
