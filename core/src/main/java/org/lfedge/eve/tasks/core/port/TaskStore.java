package org.lfedge.eve.tasks.core.port;

import java.util.List;

/** The durable records of tasks. */
public interface TaskStore {

  /** Writes a record whole or not at all; it is on disk when this returns. */
  void save(TaskRecord record);

  /** Removes a record. */
  void delete(String name);

  /** Every record that can be read. */
  List<TaskRecord> load();
}
