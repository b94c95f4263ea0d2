package org.lfedge.eve.tasks.core.fleet;

import java.time.Instant;
import java.util.Optional;

/** How far the logs of apps were handed to their controller. What is lost is handed over again. */
public interface LogMarks {

  /** Up to when the log of an app was handed over, if any of it was. */
  Optional<Instant> find(String app);

  /** Writes down up to when the log of an app that has a record was handed over. */
  void save(String app, Instant until);
}
