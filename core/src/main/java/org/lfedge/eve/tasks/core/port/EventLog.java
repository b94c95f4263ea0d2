package org.lfedge.eve.tasks.core.port;

import java.util.List;
import java.util.UUID;

/**
 * What happened to all tasks, in one order, on disk. Bounded: the oldest entries go first. Records
 * of tasks hold their newest events too, and give them again after a crash; an event that is in the
 * log already is not added twice.
 */
public interface EventLog {

  /**
   * Adds events of a task.
   *
   * @param uuid of the task, by which its events are told from those of an earlier one of that name
   * @param first the number of the first of these among the events of the task, from 1
   * @param events one after the other
   */
  @Effect
  void append(String task, UUID uuid, long first, List<TaskEvent> events);

  /**
   * Entries in order.
   *
   * @param after the {@code seq} of the last one that the caller knows; 0 for all that are kept
   * @param max how many at the most
   */
  List<Entry> read(long after, int max);

  /** The {@code seq} of the newest entry; 0 if there is none. */
  long last();

  /**
   * Has an action run after each addition, until the result is run. It must be short.
   *
   * @param action called by whoever adds
   */
  Runnable listen(Runnable action);

  /**
   * An event with its place.
   *
   * @param seq from 1, rising by 1 from entry to entry over all tasks and restarts of the daemon
   */
  record Entry(long seq, String task, UUID uuid, TaskEvent event) {}
}
