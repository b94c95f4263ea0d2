package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskStore;

/** Records in memory that can be made to fail. */
final class MemoryStore implements TaskStore {
  final SortedMap<String, TaskRecord> records = Collections.synchronizedSortedMap(new TreeMap<>());

  private volatile boolean fails;
  private volatile Consumer<TaskRecord> saved = record -> {};

  /** Makes the next write fail, as on a full disk. */
  void failNext() {
    fails = true;
  }

  /** Has something done in the turn of a task, each time that its record is saved. */
  void afterSave(Consumer<TaskRecord> action) {
    saved = action;
  }

  @Override
  public void save(TaskRecord record) {
    if (fails) {
      fails = false;
      throw TaskException.failed(Problem.host("TASK_STORE", "no space left on device"));
    }
    records.put(record.name(), record);
    saved.accept(record);
  }

  @Override
  public void delete(String name) {
    records.remove(name);
  }

  @Override
  public Contents load() {
    return new Contents(new ArrayList<>(records.values()), List.of());
  }
}
