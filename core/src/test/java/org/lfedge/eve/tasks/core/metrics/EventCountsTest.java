package org.lfedge.eve.tasks.core.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.port.TaskEvent;

class EventCountsTest {

  private final SomeEvents events = new SomeEvents();

  private static long sum(Map<TaskEvent.Type, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void whatHappenedBeforeIsNotCounted() {
    events.add(TaskEvent.Type.FAILED);
    EventCounts counts = new EventCounts(events);
    assertEquals(0, sum(counts.now()));
    assertEquals(TaskEvent.Type.values().length, counts.now().size(), "every type is there");
  }

  @Test
  void whatHappensIsCountedOnceHoweverOftenItIsAsked() {
    EventCounts counts = new EventCounts(events);
    for (int i = 0; i < 2500; i++) {
      events.add(TaskEvent.Type.STARTED);
    }
    events.add(TaskEvent.Type.FAILED);
    assertEquals(2500, counts.now().get(TaskEvent.Type.STARTED));
    events.add(TaskEvent.Type.FAILED);
    assertEquals(2, counts.now().get(TaskEvent.Type.FAILED));
    assertEquals(2502, sum(counts.now()));
  }
}
