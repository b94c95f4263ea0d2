package org.lfedge.eve.tasks.core.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class LifecycleTest {

  @Property
  void noSequenceOfEventsBreaksTheRulesOfTheOciLifecycle(@ForAll List<Event> events) {
    TaskState state = TaskState.PENDING;
    boolean anchor = false;
    boolean started = false;
    for (Event event : events) {
      Optional<TaskState> next = Lifecycle.next(state, event);
      if (next.isEmpty()) {
        continue;
      }
      switch (event) {
        case ANCHOR_CREATED -> {
          assertFalse(anchor, "a second anchor was created");
          anchor = true;
          started = false;
        }
        case ANCHOR_STARTED -> {
          assertTrue(anchor && !started, "start works only from created");
          started = true;
        }
        case STOP_BEGUN -> assertTrue(anchor, "there is nothing to stop");
        case ANCHOR_EXITED, STEP_FAILED -> anchor = false;
        case REMOVED -> assertFalse(anchor, "delete works only from stopped");
      }
      state = next.get();
      assertEquals(anchor, state.hasAnchor(), "state " + state + " after " + event);
    }
  }

  @Property
  void whatHasAnAnchorCanBeStoppedAndWhatHasNoneCanBeDeleted(@ForAll TaskState state) {
    if (state.hasAnchor()) {
      assertTrue(Lifecycle.accepts(state, Command.STOP));
    } else if (state != TaskState.PENDING) {
      assertTrue(Lifecycle.accepts(state, Command.DELETE));
    }
  }

  @Test
  void everyStateButTheLastLeadsToRemoval() {
    Set<TaskState> removable = EnumSet.of(TaskState.DELETED);
    boolean grown = true;
    while (grown) {
      grown = false;
      for (TaskState state : TaskState.values()) {
        for (Event event : Event.values()) {
          Optional<TaskState> next = Lifecycle.next(state, event);
          if (next.isPresent() && removable.contains(next.get())) {
            grown |= removable.add(state);
          }
        }
      }
    }
    assertEquals(EnumSet.allOf(TaskState.class), removable);
  }

  @Test
  void aRunningTaskIsNeitherStartedNorDeleted() {
    assertFalse(Lifecycle.accepts(TaskState.RUNNING, Command.START));
    assertFalse(Lifecycle.accepts(TaskState.RUNNING, Command.DELETE));
    assertFalse(Lifecycle.accepts(TaskState.STOPPING, Command.DELETE));
  }
}
