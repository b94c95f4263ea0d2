package org.lfedge.eve.tasks.core.port;

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
  @Effect
  void save(AppRecord record);

  /** Removes one, and all else that is kept of the app; succeeds if there is none. */
  @Effect
  void delete(String id);
}
