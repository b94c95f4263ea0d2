package org.lfedge.eve.tasks.dist;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parts that are to be closed, each before those that were there earlier. One that cannot be is
 * logged, and keeps no other open.
 */
final class Endings implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Endings.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  /** Remembers to close a part. */
  <T extends AutoCloseable> T closing(T part) {
    parts.push(part);
    return part;
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        log.error("{}, a part of the daemon, cannot be closed: {}", part.getClass(), e.toString());
      }
    }
  }
}
