package org.lfedge.eve.tasks.spi.seed;

/** The kinds of Linux namespace of which a task has its own unless its seed shares the node's. */
public enum Namespace {
  PID,
  IPC,
  UTS,
  NETWORK,
  CGROUP
}
