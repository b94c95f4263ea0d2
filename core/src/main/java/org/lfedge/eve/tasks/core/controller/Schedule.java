package org.lfedge.eve.tasks.core.controller;

import java.time.Duration;
import java.util.function.DoubleSupplier;
import org.lfedge.eve.tasks.core.eve.EdgeConfigs;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;

/**
 * When something is done next; by chance within bounds, so that nodes that lost a controller at
 * once do not come back at once.
 *
 * @param chance numbers from 0 to 1, 1 excluded
 * @param firstPause after one failure
 * @param longestPause after however many
 */
record Schedule(DoubleSupplier chance, Duration firstPause, Duration longestPause) {

  private static final int MAX_DOUBLINGS = 20;
  private static final double SPREAD = 0.3;

  private static final String INTERVAL = "timer.config.interval";
  private static final Duration SHORTEST = Duration.ofSeconds(5);
  private static final Duration LONGEST = Duration.ofHours(1);

  /** As usual: from 5 s to 10 min. */
  Schedule(DoubleSupplier chance) {
    this(chance, Duration.ofSeconds(5), Duration.ofMinutes(10));
  }

  /** 30 % around the interval. */
  Duration afterSuccess(Duration interval) {
    return scaled(interval, 1 - SPREAD + 2 * SPREAD * chance.getAsDouble());
  }

  /**
   * Twice as long after each failure, within the bounds, and up to 30 % less.
   *
   * @param failures one after the other, at least one
   */
  Duration afterFailure(int failures) {
    Duration pause = firstPause.multipliedBy(1L << Math.min(failures - 1, MAX_DOUBLINGS));
    return scaled(
        pause.compareTo(longestPause) > 0 ? longestPause : pause,
        1 - SPREAD * chance.getAsDouble());
  }

  private static Duration scaled(Duration time, double factor) {
    return Duration.ofNanos(Math.round(time.toNanos() * factor));
  }

  /** How often the controller wants to be asked, from 5 s to an hour. */
  static Duration interval(EdgeDevConfig config, Duration usual) {
    return EdgeConfigs.seconds(config, INTERVAL)
        .map(wanted -> wanted.compareTo(SHORTEST) < 0 ? SHORTEST : wanted)
        .map(wanted -> wanted.compareTo(LONGEST) > 0 ? LONGEST : wanted)
        .orElse(usual);
  }
}
