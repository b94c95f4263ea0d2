package org.lfedge.eve.tasks.core.port;

import java.nio.ByteBuffer;

/** Whoever takes the output of a session. */
@FunctionalInterface
public interface SessionOutput {

  /**
   * Takes a piece of output; waits until there is room for it, so that the program waits too. Never
   * waits for somebody who has left. May be called by two threads at once, one for each stream.
   */
  void take(StandardStream stream, ByteBuffer data);
}
