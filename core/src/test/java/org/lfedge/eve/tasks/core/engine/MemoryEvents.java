package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.TaskEvent;

/** Events in memory. */
final class MemoryEvents implements EventLog {
  private final List<Entry> entries = new ArrayList<>();
  private final Map<UUID, Long> counts = new HashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  @Override
  public synchronized void append(String task, UUID uuid, long first, List<TaskEvent> events) {
    long number = first;
    for (TaskEvent event : events) {
      if (number > counts.getOrDefault(uuid, 0L)) {
        entries.add(new Entry(entries.size() + 1L, task, uuid, event));
        counts.put(uuid, number);
      }
      number++;
    }
    listeners.forEach(Runnable::run);
  }

  /** As if a crash had kept the last entry from the disk. */
  synchronized void forgetLast() {
    Entry last = entries.remove(entries.size() - 1);
    counts.merge(last.uuid(), -1L, Long::sum);
  }

  @Override
  public synchronized List<Entry> read(long after, int max) {
    return entries.stream().filter(entry -> entry.seq() > after).limit(max).toList();
  }

  @Override
  public synchronized long last() {
    return entries.size();
  }

  @Override
  public Runnable listen(Runnable action) {
    listeners.add(action);
    return () -> listeners.remove(action);
  }

  /** The types of the events of a task so far. */
  List<TaskEvent.Type> types(String task) {
    return of(task).map(TaskEvent::type).toList();
  }

  /** The last event of a type, which there must be. */
  TaskEvent last(String task, TaskEvent.Type type) {
    return of(task)
        .filter(event -> event.type() == type)
        .reduce((earlier, later) -> later)
        .orElseThrow();
  }

  private Stream<TaskEvent> of(String task) {
    return read(0, Integer.MAX_VALUE).stream()
        .filter(entry -> entry.task().equals(task))
        .map(Entry::event);
  }
}
