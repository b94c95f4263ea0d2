package org.lfedge.eve.tasks.core.lifecycle;

/** What happens to a task. */
public enum Event {
  /** containerd made the anchor's process. */
  ANCHOR_CREATED,
  /** The anchor's program was let go. */
  ANCHOR_STARTED,
  /** The first step of the stop plan begins. */
  STOP_BEGUN,
  /** The anchor ended, or is found to be gone. */
  ANCHOR_EXITED,
  /** A step of ours failed and the task has no anchor. */
  STEP_FAILED,
  /** Everything that was made for the task is gone. */
  REMOVED
}
