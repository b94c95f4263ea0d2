package org.lfedge.eve.tasks.spi.seed;

/**
 * How a guest is joined with the interface of a task, unless the interface has rules for what may
 * pass: these hold on a bridge alone, so that is what there is then. Open to growth.
 */
public enum Join {
  /**
   * What comes in at one goes out at the other and the reverse, nothing else sees it: the guest has
   * the addresses of the interface.
   */
  REDIRECT,
  /** Both are ports of a bridge in the task's network namespace. */
  BRIDGE
}
