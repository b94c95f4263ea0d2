package org.lfedge.eve.tasks.spi.task;

import java.util.Optional;
import java.util.SortedSet;

/**
 * A volume of a task. The seed places each of them exactly once, in one of its views; only one that
 * {@link #mayBeLeftOut} need not be in it.
 */
public interface Volume {

  /** Unique in its task. */
  String name();

  /** Where the task is to see it: absolute and normalized; empty if the document says nothing. */
  Optional<String> target();

  /** Whether the task may not write to it. */
  boolean readOnly();

  /** The ways in which the core can present it, at least one. */
  SortedSet<View> views();

  /**
   * What a disk or another file holds, as the document declares it, such as {@code qcow2}: that is
   * what {@link View#BLOCK} and {@link View#FILE} give. Empty for what has no format: a block view
   * of such a volume is {@code raw}.
   */
  Optional<String> format();

  /**
   * Whether a seed may do without it: what offers an ISO 9660 file system and nothing else holds
   * data of cloud-init. A seed for a guest hands it over; if a seed leaves it out, the core makes
   * variables and files of it for the anchor.
   */
  default boolean mayBeLeftOut() {
    return views().stream().allMatch(view -> view == View.ISO9660);
  }
}
