package org.lfedge.eve.tasks.core.fleet;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The apps of a controller on this node, on disk: by them it is known which tasks are its own. */
public interface AppRecords {

  /**
   * All of them, by id.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if one cannot be read: a task of it would
   *     be taken for somebody else's
   */
  List<AppRecord> all();

  /**
   * One of them.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it cannot be read
   */
  Optional<AppRecord> find(String id);

  /** Writes one, whole or not at all. */
  void save(AppRecord record);

  /** Removes one, and how far its log was read; succeeds if there is none. */
  void delete(String id);

  /** Up to when the log of an app was handed to its controller, if any of it was. */
  Optional<Instant> logged(String id);

  /** Writes down up to when the log of an app was handed to its controller. */
  void logged(String id, Instant until);
}
