package org.lfedge.eve.tasks.core.metrics;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.TaskEvent;

/** A log of events in memory. */
final class SomeEvents implements EventLog {

  private final List<Entry> entries = new ArrayList<>();

  void add(TaskEvent.Type type) {
    append("web", new UUID(1, 2), 1, List.of(TaskEvent.of(type, Instant.EPOCH)));
  }

  @Override
  public void append(String task, UUID uuid, long first, List<TaskEvent> events) {
    events.forEach(event -> entries.add(new Entry(last() + 1, task, uuid, event)));
  }

  @Override
  public List<Entry> read(long after, int max) {
    return entries.stream().filter(entry -> entry.seq() > after).limit(max).toList();
  }

  @Override
  public long last() {
    return entries.size();
  }

  @Override
  public Runnable listen(Runnable action) {
    throw new UnsupportedOperationException("nobody listens");
  }
}
