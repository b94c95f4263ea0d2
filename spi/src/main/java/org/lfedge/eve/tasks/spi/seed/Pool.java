package org.lfedge.eve.tasks.spi.seed;

/** Where memory is taken from. */
public enum Pool {
  /** The node's own memory; counts towards the limit of the task's cgroup. */
  CGROUP,
  /** Memory that a hypervisor keeps from the node; checked against what is free there. */
  HYPERVISOR
}
