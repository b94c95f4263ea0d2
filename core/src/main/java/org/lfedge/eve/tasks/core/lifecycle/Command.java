package org.lfedge.eve.tasks.core.lifecycle;

/** What a user may ask of a task that exists. */
public enum Command {
  START,
  STOP,
  DELETE,
  SIGNAL
}
