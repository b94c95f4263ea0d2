package org.lfedge.eve.tasks.core.registry;

import java.time.Duration;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.TaskException;

/** A try that failed in a way that may pass. */
final class TransientFailure extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient TaskException failure;
  private final transient Optional<Duration> after;

  /** A failure after which the pause is for this node to choose. */
  TransientFailure(TaskException failure) {
    this(failure, Optional.empty());
  }

  /**
   * A failure.
   *
   * @param failure what is thrown if there is no further try
   * @param after how long the registry wants this node to wait
   */
  TransientFailure(TaskException failure, Optional<Duration> after) {
    super(failure.getMessage(), failure);
    this.failure = failure;
    this.after = after;
  }

  TaskException failure() {
    return failure;
  }

  Optional<Duration> after() {
    return after;
  }
}
