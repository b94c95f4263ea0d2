package org.lfedge.eve.tasks.spi.seed;

import java.time.Duration;
import java.util.regex.Pattern;

/** One attempt at ending a task. Closed to implement, open to growth. */
public sealed interface StopStep {

  /** How long to wait for the anchor to end before the next step. */
  Duration grace();

  /**
   * Sends a signal to the anchor.
   *
   * @param name such as {@code SIGTERM}, or {@code SIGRTMIN+3}
   */
  record Signal(String name, Duration grace) implements StopStep {

    private static final Pattern NAME = Pattern.compile("SIG[A-Z0-9]{2,8}([+-][0-9]{1,2})?");

    /** Refuses malformed names and negative times. */
    public Signal {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException("not the name of a signal: " + name);
      }
      if (grace.isNegative()) {
        throw new IllegalArgumentException("grace must not be negative: " + grace);
      }
    }
  }
}
