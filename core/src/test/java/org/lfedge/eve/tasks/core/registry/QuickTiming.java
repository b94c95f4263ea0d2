package org.lfedge.eve.tasks.core.registry;

import java.time.Duration;

/** Times for tests, in which nothing is slow but on purpose. */
final class QuickTiming {

  static final Timing QUICK =
      new Timing(
          Duration.ofSeconds(5),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofMillis(1),
          Duration.ofMillis(4),
          Duration.ofSeconds(30),
          4,
          2);

  private QuickTiming() {}

  /** Notices soon that no bytes come, and that there is no answer. */
  static Timing impatient() {
    return new Timing(
        QUICK.connect(),
        Duration.ofMillis(300),
        Duration.ofMillis(300),
        QUICK.document(),
        Duration.ofMillis(300),
        QUICK.firstPause(),
        QUICK.longestPause(),
        QUICK.longestRetryAfter(),
        QUICK.tries(),
        QUICK.mirrorTries());
  }
}
