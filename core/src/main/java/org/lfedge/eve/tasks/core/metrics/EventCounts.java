package org.lfedge.eve.tasks.core.metrics;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.TaskEvent;

/**
 * Counts what happened to tasks since it was made, by going on in the log of events where it
 * stopped the last time. What has left the log in the meantime, some ten thousand events later, is
 * not counted.
 */
final class EventCounts {

  private static final int AT_ONCE = 1000;

  private final EventLog events;
  private final Map<TaskEvent.Type, Long> counts = new EnumMap<>(TaskEvent.Type.class);
  private long last;

  EventCounts(EventLog events) {
    this.events = events;
    last = events.last();
    for (TaskEvent.Type type : TaskEvent.Type.values()) {
      counts.put(type, 0L);
    }
  }

  /** By type; every type is there. */
  synchronized Map<TaskEvent.Type, Long> now() {
    List<EventLog.Entry> next = events.read(last, AT_ONCE);
    while (!next.isEmpty()) {
      for (EventLog.Entry entry : next) {
        counts.merge(entry.event().type(), 1L, Long::sum);
        last = entry.seq();
      }
      next = events.read(last, AT_ONCE);
    }
    return new EnumMap<>(counts);
  }
}
