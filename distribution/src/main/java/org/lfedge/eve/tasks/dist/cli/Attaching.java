package org.lfedge.eve.tasks.dist.cli;

/** A command whose exit status may be that of a program. */
interface Attaching {

  /** Whether it is, so that a failure of ours needs a number of its own. */
  boolean attached();
}
