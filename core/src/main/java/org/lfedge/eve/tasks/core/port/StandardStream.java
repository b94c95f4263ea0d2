package org.lfedge.eve.tasks.core.port;

/** The two streams that a task writes. */
public enum StandardStream {
  STDOUT,
  STDERR
}
