package org.lfedge.eve.tasks.spi.task;

import java.util.Optional;
import java.util.SortedSet;

/** A volume of a task. The seed places each of them exactly once, in one of its views. */
public interface Volume {

  /** Unique in its task. */
  String name();

  /** Where the task is to see it: absolute and normalized; empty if the document says nothing. */
  Optional<String> target();

  /** Whether the task may not write to it. */
  boolean readOnly();

  /** The ways in which the core can present it, at least one. */
  SortedSet<View> views();
}
