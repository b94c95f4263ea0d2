package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskStore;

/** The record of one task and its events: on disk before anybody else sees them. */
final class TaskLedger {

  private final TaskStore store;
  private final EventLog events;
  private volatile TaskRecord record;

  TaskLedger(TaskStore store, EventLog events, TaskRecord record) {
    this.store = store;
    this.events = events;
    this.record = record;
  }

  /** As of the last step. */
  TaskRecord record() {
    return record;
  }

  /**
   * Writes a record with the events that happen by it.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it cannot be written; then nothing has
   *     changed
   */
  void save(TaskRecord next, TaskEvent... happened) {
    TaskRecord told = next.telling(List.of(happened));
    store.save(told);
    record = told;
    if (happened.length > 0) {
      publish();
    }
  }

  /** Gives the log the newest events, which it may lack after a crash. */
  void publish() {
    TaskRecord.Journal journal = record.journal();
    events.append(record.name(), record.uuid(), journal.first(), journal.latest());
  }

  /** Removes the record of a task of which nothing is left. */
  void close(TaskEvent last) {
    events.append(record.name(), record.uuid(), record.journal().count() + 1, List.of(last));
    store.delete(record.name());
  }
}
