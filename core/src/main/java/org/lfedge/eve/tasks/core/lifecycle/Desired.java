package org.lfedge.eve.tasks.core.lifecycle;

/** What the user wants of a task; kept over crashes and reboots. */
public enum Desired {
  RUNNING,
  STOPPED
}
