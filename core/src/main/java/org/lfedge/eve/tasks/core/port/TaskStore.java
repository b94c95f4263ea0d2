package org.lfedge.eve.tasks.core.port;

import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;

/** The durable records of tasks. */
public interface TaskStore {

  /** Writes a record whole or not at all; it is on disk when this returns. */
  @Effect
  void save(TaskRecord record);

  /** Removes a record. */
  @Effect
  void delete(String name);

  /** Every record, those that cannot be read by name. */
  Contents load();

  /**
   * What the store holds.
   *
   * @param records by name
   * @param unreadable names whose record is damaged; it stays where it is
   */
  record Contents(List<TaskRecord> records, List<Unreadable> unreadable) {}

  /** A damaged record. */
  record Unreadable(String name, Problem problem) {}
}
