package org.lfedge.eve.tasks.core.port;

import java.util.OptionalLong;

/** What anchors turned out to take, to compare with the tax that they are charged. */
@FunctionalInterface
public interface ObservedTax {

  /**
   * The most that was seen of the present anchor of a task, or of its last one, in bytes; empty if
   * it cannot be measured or has not been yet.
   */
  OptionalLong peak(String task);
}
