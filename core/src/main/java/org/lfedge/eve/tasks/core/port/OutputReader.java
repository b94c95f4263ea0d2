package org.lfedge.eve.tasks.core.port;

import java.util.Optional;

/** Reads the output of one task from where a selection begins. For one thread at a time. */
public interface OutputReader {

  /**
   * The next piece; empty if there is none now, or none any more before the end that was set.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if the output cannot be read
   */
  Optional<OutputPiece> next();

  /** Up to where it was read; all that {@link #next} gave is before. */
  OutputPlace place();

  /** Sets the end: what has been written by now is read, and no more than a little beyond. */
  void endHere();
}
