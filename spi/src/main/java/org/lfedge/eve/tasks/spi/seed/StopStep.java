package org.lfedge.eve.tasks.spi.seed;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
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

    /** Refuses malformed names and times out of range; drops fractions of a millisecond. */
    public Signal {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException("not the name of a signal: " + name);
      }
      grace = inRange(grace);
    }
  }

  /**
   * Runs a program inside the task, with the user, the variables and the working directory of the
   * anchor; one that asks a guest to power off, say. What it exits with does not matter: the step
   * is over when the anchor has ended, or with its grace, and the program with it.
   *
   * @param args the program and its arguments; no shell sees them
   * @param grace 0 to {@value #MAX_GRACE_DAYS} days, in whole milliseconds
   */
  record Exec(List<String> args, Duration grace) implements StopStep {

    /** Refuses a step without a program and times out of range. */
    public Exec {
      args = List.copyOf(args);
      if (args.isEmpty() || args.get(0).isEmpty()) {
        throw new IllegalArgumentException("a stop step needs a program to run");
      }
      if (args.stream().anyMatch(arg -> arg.indexOf('\0') >= 0)) {
        throw new IllegalArgumentException("arguments cannot hold a NUL character");
      }
      grace = inRange(grace);
    }
  }

  /** The longest grace. */
  int MAX_GRACE_DAYS = 365;

  private static Duration inRange(Duration grace) {
    if (grace.isNegative() || grace.compareTo(Duration.ofDays(MAX_GRACE_DAYS)) > 0) {
      throw new IllegalArgumentException(
          "grace must be within 0 and " + MAX_GRACE_DAYS + " days: " + grace);
    }
    return grace.truncatedTo(ChronoUnit.MILLIS);
  }
}
