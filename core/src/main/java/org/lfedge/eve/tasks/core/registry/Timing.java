package org.lfedge.eve.tasks.core.registry;

import java.time.Duration;

/**
 * How long is waited, and how often is tried.
 *
 * @param connect for a connection
 * @param headers from the request to the head of the answer
 * @param stall for the next bytes of a body
 * @param document for the whole body of a document or a token
 * @param helper for a credential helper
 * @param firstPause before the second try; doubled from try to try
 * @param longestPause what the pauses grow to
 * @param longestRetryAfter what a registry may ask for by {@code Retry-After}
 * @param tries without progress, for a registry
 * @param mirrorTries the same for a mirror, after which there is somebody else to ask
 */
record Timing(
    Duration connect,
    Duration headers,
    Duration stall,
    Duration document,
    Duration helper,
    Duration firstPause,
    Duration longestPause,
    Duration longestRetryAfter,
    int tries,
    int mirrorTries) {

  static final Timing DEFAULT =
      new Timing(
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofMinutes(2),
          Duration.ofSeconds(30),
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          Duration.ofMinutes(5),
          6,
          2);
}
