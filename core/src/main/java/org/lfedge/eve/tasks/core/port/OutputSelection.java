package org.lfedge.eve.tasks.core.port;

import java.time.Instant;
import java.util.OptionalLong;

/**
 * Which part of a task's output is wanted.
 *
 * @param since nothing that was written earlier; {@link Instant#MIN} for all
 * @param tail only so many of the last lines of both streams together, 0 for none of those that are
 *     there; what comes later is always wanted
 */
public record OutputSelection(Instant since, OptionalLong tail) {

  /** All that is kept. */
  public static final OutputSelection ALL = new OutputSelection(Instant.MIN, OptionalLong.empty());
}
