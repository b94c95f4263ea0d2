package org.lfedge.eve.tasks.core.output;

/** When the log of a task has its next turn. The times are those of {@link System#nanoTime}. */
final class Intake {

  /** Between being told of a write and copying: what is written meanwhile is one copy. */
  static final long PAUSE_NANOS = 100_000_000;

  private final TaskLog log;
  private long due = System.nanoTime();
  private boolean resting;
  private boolean busy;
  private boolean failing;

  Intake(TaskLog log) {
    this.log = log;
  }

  TaskLog log() {
    return log;
  }

  /** It has no turn until it is told of a write. */
  synchronized void restUntilWritten() {
    resting = true;
  }

  /** Something was written, or a turn is to come after a time for another reason. */
  synchronized void turnAfter(long nanos) {
    long then = System.nanoTime() + nanos;
    if (resting || then - due < 0) {
      due = then;
    }
    resting = false;
  }

  /** The next turn comes after a time, whatever was said before. */
  synchronized void nextTurnAfter(long nanos) {
    due = System.nanoTime() + nanos;
    resting = false;
  }

  /** How long until its turn; 0 or less if it is due. */
  synchronized long nanosLeft(long now) {
    return resting ? Long.MAX_VALUE : due - now;
  }

  /** Whether its task writes so much that watching costs more than looking. */
  boolean busy() {
    return busy;
  }

  void busy(boolean value) {
    busy = value;
  }

  /** Notes whether its turn failed; returns whether that is news. */
  boolean failing(boolean value) {
    boolean news = value && !failing;
    failing = value;
    return news;
  }
}
