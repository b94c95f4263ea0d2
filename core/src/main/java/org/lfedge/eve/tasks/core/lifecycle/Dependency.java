package org.lfedge.eve.tasks.core.lifecycle;

/**
 * Another task that must have come so far before a task is started.
 *
 * @param task its name; it need not exist yet
 * @param on what is waited for
 */
public record Dependency(String task, Condition on) {

  /** What is waited for. */
  public enum Condition {
    /** Its anchor's program runs, or has run to its end with code 0. */
    STARTED,
    /** It runs and its health check has succeeded; without one, it runs. */
    HEALTHY
  }
}
