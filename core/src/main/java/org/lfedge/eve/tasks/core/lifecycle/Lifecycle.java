package org.lfedge.eve.tasks.core.lifecycle;

import static org.lfedge.eve.tasks.core.lifecycle.TaskState.CREATED;
import static org.lfedge.eve.tasks.core.lifecycle.TaskState.DELETED;
import static org.lfedge.eve.tasks.core.lifecycle.TaskState.FAILED;
import static org.lfedge.eve.tasks.core.lifecycle.TaskState.PENDING;
import static org.lfedge.eve.tasks.core.lifecycle.TaskState.RUNNING;
import static org.lfedge.eve.tasks.core.lifecycle.TaskState.STOPPED;
import static org.lfedge.eve.tasks.core.lifecycle.TaskState.STOPPING;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The transition table. It keeps the rules of the OCI lifecycle: a program is let go only from
 * CREATED, and a task is removed only when it has no anchor, so a created anchor that never started
 * is stopped first. DELETED accepts another delete, which finishes a removal that was cut short.
 */
public final class Lifecycle {

  private static final Map<Command, Set<TaskState>> ACCEPTED =
      Map.of(
          Command.START, Set.of(CREATED, STOPPED, FAILED),
          Command.STOP, Set.of(CREATED, RUNNING, STOPPING, STOPPED, FAILED),
          Command.DELETE, Set.of(CREATED, STOPPED, FAILED, DELETED),
          Command.SIGNAL, Set.of(RUNNING, STOPPING));

  private static final Map<TaskState, Map<Event, TaskState>> NEXT = new EnumMap<>(TaskState.class);

  static {
    NEXT.put(
        PENDING,
        Map.of(
            Event.ANCHOR_CREATED, CREATED,
            Event.STEP_FAILED, FAILED,
            Event.REMOVED, DELETED));
    NEXT.put(
        CREATED,
        Map.of(
            Event.ANCHOR_STARTED, RUNNING,
            Event.STOP_BEGUN, STOPPING,
            Event.ANCHOR_EXITED, STOPPED,
            Event.STEP_FAILED, FAILED));
    NEXT.put(RUNNING, Map.of(Event.STOP_BEGUN, STOPPING, Event.ANCHOR_EXITED, STOPPED));
    NEXT.put(STOPPING, Map.of(Event.ANCHOR_EXITED, STOPPED));
    NEXT.put(
        STOPPED,
        Map.of(
            Event.ANCHOR_CREATED, CREATED,
            Event.STEP_FAILED, FAILED,
            Event.REMOVED, DELETED));
    NEXT.put(
        FAILED,
        Map.of(
            Event.ANCHOR_CREATED, CREATED,
            Event.STEP_FAILED, FAILED,
            Event.REMOVED, DELETED));
    NEXT.put(DELETED, Map.of());
  }

  private Lifecycle() {}

  /** Whether a command is allowed; a command that is not changes nothing. */
  public static boolean accepts(TaskState state, Command command) {
    return ACCEPTED.getOrDefault(command, Set.of()).contains(state);
  }

  /** The state after an event, or empty if it cannot happen in this state. */
  public static Optional<TaskState> next(TaskState state, Event event) {
    return Optional.ofNullable(NEXT.getOrDefault(state, Map.of()).get(event));
  }
}
