package org.lfedge.eve.tasks.core.port;

import java.time.Instant;
import java.util.Optional;
import org.lfedge.eve.tasks.core.lifecycle.Event;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Lifecycle;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;

/**
 * Where a task is.
 *
 * @param state as of the last effect
 * @param anchor the process, while the state has one
 * @param exit how the last anchor ended
 * @param failure why the state is FAILED
 * @param startedAt when the last anchor was started
 * @param oomKills how many processes the kernel killed for want of memory since the last anchor was
 *     made, as far as that was told
 * @param cleanup while something may be left of an anchor outside of its container
 */
public record Standing(
    TaskState state,
    Optional<Anchor> anchor,
    Optional<ExitStatus> exit,
    Optional<Failure> failure,
    Optional<Instant> startedAt,
    long oomKills,
    Optional<Cleanup> cleanup) {

  /**
   * The cleanup of the seed has to succeed before anything else is done with the task.
   *
   * @param failure of the last try
   */
  public record Cleanup(Optional<Failure> failure) {

    static final Cleanup DUE = new Cleanup(Optional.empty());
  }

  static final Standing NEW =
      new Standing(
          TaskState.PENDING,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          0,
          Optional.empty());

  Standing anchored(Anchor value) {
    return after(Event.ANCHOR_CREATED, Optional.of(value), exit, Optional.empty(), startedAt)
        .bereft(0);
  }

  Standing bereft(long value) {
    return new Standing(state, anchor, exit, failure, startedAt, value, cleanup);
  }

  Standing leaving(Cleanup value) {
    return new Standing(state, anchor, exit, failure, startedAt, oomKills, Optional.of(value));
  }

  Standing cleaned() {
    return new Standing(state, anchor, exit, failure, startedAt, oomKills, Optional.empty());
  }

  Standing started(Instant now) {
    return after(Event.ANCHOR_STARTED, anchor, Optional.empty(), failure, Optional.of(now));
  }

  Standing stopping() {
    return after(Event.STOP_BEGUN, anchor, exit, failure, startedAt);
  }

  Standing exited(ExitStatus value) {
    return after(Event.ANCHOR_EXITED, Optional.empty(), Optional.of(value), failure, startedAt);
  }

  Standing failed(Failure value) {
    return after(Event.STEP_FAILED, Optional.empty(), exit, Optional.of(value), startedAt);
  }

  Standing removed() {
    return after(Event.REMOVED, anchor, exit, failure, startedAt);
  }

  private Standing after(
      Event event,
      Optional<Anchor> newAnchor,
      Optional<ExitStatus> newExit,
      Optional<Failure> newFailure,
      Optional<Instant> newStart) {
    TaskState next =
        Lifecycle.next(state, event)
            .orElseThrow(
                () -> new IllegalStateException(event + " cannot happen to a task in " + state));
    return new Standing(next, newAnchor, newExit, newFailure, newStart, oomKills, cleanup);
  }
}
