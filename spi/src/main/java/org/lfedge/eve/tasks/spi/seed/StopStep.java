package org.lfedge.eve.tasks.spi.seed;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.regex.Pattern;

/** One attempt at ending a task. Closed to implement, open to growth. */
public sealed interface StopStep {

  /** How long to wait for the anchor to end before the next step. */
  Duration grace();

  /**
   * Sends a signal to the anchor.
   *
   * @param name such as {@code SIGTERM}, or {@code SIGRTMIN+3}
   * @param grace 0 to {@value #MAX_GRACE_DAYS} days, in whole milliseconds
   */
  record Signal(String name, Duration grace) implements StopStep {

    private static final Pattern NAME = Pattern.compile("SIG[A-Z0-9]{2,8}([+-][0-9]{1,2})?");

    /** The longest grace. */
    public static final int MAX_GRACE_DAYS = 365;

    /** Refuses malformed names and times out of range; drops fractions of a millisecond. */
    public Signal {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException("not the name of a signal: " + name);
      }
      if (grace.isNegative() || grace.compareTo(Duration.ofDays(MAX_GRACE_DAYS)) > 0) {
        throw new IllegalArgumentException(
            "grace must be within 0 and " + MAX_GRACE_DAYS + " days: " + grace);
      }
      grace = grace.truncatedTo(ChronoUnit.MILLIS);
    }
  }
}
