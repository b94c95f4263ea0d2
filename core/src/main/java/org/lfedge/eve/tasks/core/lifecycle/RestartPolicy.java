package org.lfedge.eve.tasks.core.lifecycle;

import java.time.Duration;

/**
 * What follows when an anchor ends although its task is wanted running, or cannot be started.
 *
 * @param mode which ends are followed by another start
 * @param backoff the wait before the first of several restarts, at least a millisecond
 * @param maxBackoff the longest wait, at least {@code backoff}
 * @param bootDelay the wait after a boot of the node, before the task is brought back; not negative
 */
public record RestartPolicy(Mode mode, Duration backoff, Duration maxBackoff, Duration bootDelay) {

  /** What holds where a document says nothing. */
  public static final RestartPolicy DEFAULT =
      new RestartPolicy(
          Mode.ON_FAILURE, Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ZERO);

  /** Which ends are followed by another start. */
  public enum Mode {
    NEVER,
    /** Those that count as failures; a program that exited with code 0 is done. */
    ON_FAILURE,
    ALWAYS
  }

  /** Refuses waits of nothing, a longest wait that is shorter than the first, a negative one. */
  public RestartPolicy {
    if (backoff.toMillis() < 1 || maxBackoff.compareTo(backoff) < 0 || bootDelay.isNegative()) {
      throw new IllegalArgumentException(
          "backoff " + backoff + ", maxBackoff " + maxBackoff + ", bootDelay " + bootDelay);
    }
  }
}
