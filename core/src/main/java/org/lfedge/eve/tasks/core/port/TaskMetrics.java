package org.lfedge.eve.tasks.core.port;

import java.util.SortedMap;
import java.util.SortedSet;

/** Tells what tasks use. */
public interface TaskMetrics {

  /**
   * What tasks use now, for many at once: one call, however many there are.
   *
   * @param ids of their containers
   * @return by id, without those that have no task or whose usage cannot be read
   */
  SortedMap<String, TaskUsage> usage(SortedSet<String> ids);
}
