package org.lfedge.eve.tasks.core.port;

/**
 * A process of a running task besides its anchor, as the runtime knows it.
 *
 * @param task the name of the task
 * @param id of no other process of the task; letters, digits and single dashes between them
 */
public record InsideProcess(String task, String id) {

  /** The anchor, where a call is about either. */
  public static InsideProcess anchor(String task) {
    return new InsideProcess(task, "");
  }

  @Override
  public String toString() {
    return id.isEmpty() ? "the anchor of " + task : "the process " + id + " of " + task;
  }
}
