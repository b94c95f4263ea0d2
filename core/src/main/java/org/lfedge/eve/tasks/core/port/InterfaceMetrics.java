package org.lfedge.eve.tasks.core.port;

import java.util.SortedMap;

/** Tells what passes the interfaces of tasks. */
public interface InterfaceMetrics {

  /**
   * What passed the interfaces in the network namespace of a process, by their names; empty if
   * there is no such process.
   */
  SortedMap<String, InterfaceCounters> counters(int pid);
}
