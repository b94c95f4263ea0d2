package org.lfedge.eve.tasks.core.fleet;

import java.time.Instant;
import java.util.Optional;
import org.lfedge.eve.tasks.core.port.OutputPlace;

/**
 * How far the logs of apps were handed to their controller. A mark is written after what is before
 * it was handed over: after a crash in between, that is handed over twice. Without a mark all that
 * is kept of a log is handed over.
 */
public interface LogMarks {

  /**
   * A mark in the log of an app.
   *
   * @param created when the task was made whose log it is: one that is made anew has another
   * @param place all lines before it were handed over
   */
  record Mark(Instant created, OutputPlace place) {}

  /** Up to where the log of an app was handed over, if that is known. */
  Optional<Mark> find(String app);

  /** Writes down up to where the log of an app that has a record was handed over. */
  void save(String app, Mark mark);
}
