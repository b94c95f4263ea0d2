package org.lfedge.eve.tasks.core.port;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;

/**
 * Something that happened to a task. Which of the optional parts are there depends on the type.
 *
 * @param anchor which process this is about
 * @param exit how it ended
 * @param failure the step of ours that failed
 * @param nextStart when the task is started again
 * @param count how many: restarts so far, or processes that the kernel killed
 * @param reason in a few words
 */
public record TaskEvent(
    Type type,
    Instant time,
    Optional<Anchor> anchor,
    Optional<ExitStatus> exit,
    Optional<Failure> failure,
    Optional<Instant> nextStart,
    OptionalLong count,
    Optional<String> reason) {

  /** What happened. */
  public enum Type {
    /** The anchor's process was made. */
    CREATED,
    /** The anchor's program was let go. */
    STARTED,
    /** The health check succeeded. */
    HEALTHY,
    /** The health check failed too often; the anchor is ended. */
    UNHEALTHY,
    /** Limits, or what needs no new anchor, were changed. */
    UPDATED,
    /** The kernel killed processes of the task for want of memory. */
    OOM_KILLED,
    /** A stream of the task is stuck: nobody reads what it writes. */
    OUTPUT_STUCK,
    /** The stop plan begins. */
    STOPPING,
    /** The anchor ended; every anchor that was created does so once. */
    EXITED,
    /** It will be started again. */
    RESTARTING,
    /** It was told to stop and has no anchor. */
    STOPPED,
    /** A step of ours failed. */
    FAILED,
    /** Nothing of the task is left, or another one takes its place. */
    DELETED
  }

  /** An event of which there is no more to say. */
  public static TaskEvent of(Type type, Instant time) {
    return new TaskEvent(
        type,
        time,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        Optional.empty());
  }

  /** With the process that it is about. */
  public TaskEvent of(Anchor value) {
    return new TaskEvent(type, time, Optional.of(value), exit, failure, nextStart, count, reason);
  }

  /** With how the process ended. */
  public TaskEvent with(ExitStatus value) {
    return new TaskEvent(type, time, anchor, Optional.of(value), failure, nextStart, count, reason);
  }

  /** With the step that failed. */
  public TaskEvent with(Failure value) {
    return new TaskEvent(type, time, anchor, exit, Optional.of(value), nextStart, count, reason);
  }

  /** With the time of the next start. */
  public TaskEvent next(Optional<Instant> value) {
    return new TaskEvent(type, time, anchor, exit, failure, value, count, reason);
  }

  /** With a number. */
  public TaskEvent counting(long value) {
    return new TaskEvent(
        type, time, anchor, exit, failure, nextStart, OptionalLong.of(value), reason);
  }

  /** With the reason in a few words. */
  public TaskEvent because(Optional<String> value) {
    return new TaskEvent(type, time, anchor, exit, failure, nextStart, count, value);
  }
}
