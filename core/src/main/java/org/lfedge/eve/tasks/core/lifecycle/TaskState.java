package org.lfedge.eve.tasks.core.lifecycle;

/** Where a task stands. */
public enum TaskState {
  /** The intent is recorded; what it needs is being made. */
  PENDING,
  /** The anchor's process exists, its program has not run yet. */
  CREATED,
  /** The anchor's program runs. */
  RUNNING,
  /** The steps of its stop plan are under way. */
  STOPPING,
  /** The anchor ended, with any code; everything is kept for another start. */
  STOPPED,
  /** A step of ours failed; the cause is recorded. */
  FAILED,
  /** It is being removed; when that is done, nothing of it is left. */
  DELETED;

  /** Whether containerd holds a process for a task in this state. */
  public boolean hasAnchor() {
    return this == CREATED || this == RUNNING || this == STOPPING;
  }
}
