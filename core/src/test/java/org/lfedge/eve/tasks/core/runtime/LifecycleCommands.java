package org.lfedge.eve.tasks.core.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.RuntimeTask;

/**
 * Runs a sequence of commands against a runtime and, beside it, a model of the OCI lifecycle:
 * accepted is what the model accepts, and after each command both are in the same state.
 */
public final class LifecycleCommands {

  private static final int SIGKILL = 9;

  /** One effect on a container. */
  public enum Command {
    PREPARE_ROOT,
    RECORD,
    CREATE,
    START,
    KILL,
    END,
    DELETE_TASK,
    DELETE_CONTAINER,
    REMOVE_ROOT
  }

  private final ContainerRuntimeContract contract;
  private final String id;
  private final Set<Anchor> anchors = new HashSet<>();
  private boolean root;
  private boolean container;
  private Optional<RuntimeTask.Status> task = Optional.empty();
  private @Nullable Anchor anchor;

  private LifecycleCommands(ContainerRuntimeContract contract, String id) {
    this.contract = contract;
    this.id = id;
  }

  /** Sequences in which most commands come in an order that leads somewhere. */
  public static Arbitrary<List<Command>> sequences(int maxLength) {
    return Arbitraries.frequency(
            Tuple.of(3, Command.PREPARE_ROOT),
            Tuple.of(4, Command.RECORD),
            Tuple.of(5, Command.CREATE),
            Tuple.of(5, Command.START),
            Tuple.of(2, Command.KILL),
            Tuple.of(3, Command.END),
            Tuple.of(4, Command.DELETE_TASK),
            Tuple.of(1, Command.DELETE_CONTAINER),
            Tuple.of(1, Command.REMOVE_ROOT))
        .list()
        .ofMinSize(maxLength / 3)
        .ofMaxSize(maxLength);
  }

  /** Runs a sequence, checks each step, and cleans up. */
  public static void run(ContainerRuntimeContract contract, String id, List<Command> commands) {
    LifecycleCommands run = new LifecycleCommands(contract, id);
    try {
      commands.forEach(run::step);
    } finally {
      contract.cleanUp(id);
    }
  }

  private void step(Command command) {
    boolean expected = accepts(command);
    try {
      apply(command);
      if (!expected) {
        fail(command + " was accepted with task " + task + ", recorded: " + container);
      }
      advance(command);
    } catch (TaskException e) {
      if (expected) {
        throw e;
      }
      assertTrue(e.outcome() != TaskException.Outcome.FAILED, command + ": " + e.getMessage());
    }
    compare(command);
  }

  private boolean accepts(Command command) {
    return switch (command) {
      case PREPARE_ROOT, KILL, END -> true;
      case RECORD -> root && task.isEmpty();
      case CREATE -> container && task.isEmpty();
      case START -> is(RuntimeTask.Status.CREATED);
      case DELETE_TASK -> task.isEmpty() || is(RuntimeTask.Status.STOPPED);
      case DELETE_CONTAINER -> task.isEmpty();
      case REMOVE_ROOT -> !container;
    };
  }

  private void apply(Command command) {
    switch (command) {
      case PREPARE_ROOT -> contract.runtime().prepareRoot(id, contract.root());
      case RECORD -> contract.record(id);
      case CREATE -> {
        Anchor made = contract.create(id);
        assertTrue(anchors.add(made), "an anchor's identity came twice: " + made);
        anchor = made;
      }
      case START -> contract.runtime().startTask(id);
      case KILL -> {
        boolean lives = lives();
        assertEquals(lives, contract.runtime().signalTask(id, SIGKILL, true));
        if (lives) {
          assertEquals(OptionalInt.of(128 + SIGKILL), contract.exit(id).code());
        }
      }
      case END -> {
        if (is(RuntimeTask.Status.RUNNING)) {
          contract.endWithSeven(id);
          assertEquals(OptionalInt.of(7), contract.exit(id).code());
        }
      }
      case DELETE_TASK -> contract.runtime().deleteTask(id);
      case DELETE_CONTAINER -> contract.runtime().deleteContainer(id);
      case REMOVE_ROOT -> contract.runtime().removeRoot(id);
    }
  }

  private void advance(Command command) {
    switch (command) {
      case PREPARE_ROOT -> root = true;
      case RECORD -> container = true;
      case CREATE -> task = Optional.of(RuntimeTask.Status.CREATED);
      case START -> task = Optional.of(RuntimeTask.Status.RUNNING);
      case KILL -> task = lives() ? Optional.of(RuntimeTask.Status.STOPPED) : task;
      case END ->
          task = is(RuntimeTask.Status.RUNNING) ? Optional.of(RuntimeTask.Status.STOPPED) : task;
      case DELETE_TASK -> task = Optional.empty();
      case DELETE_CONTAINER -> container = false;
      case REMOVE_ROOT -> root = false;
    }
  }

  private void compare(Command after) {
    assertEquals(container, contract.runtime().containers().contains(id), "recorded, " + after);
    assertEquals(root, contract.runtime().roots().contains(id), "writable layer, " + after);
    Optional<RuntimeTask> actual = contract.runtime().task(id);
    assertEquals(task, actual.map(RuntimeTask::status), "task, " + after);
    if (anchor != null && actual.isPresent()) {
      assertEquals(anchor.pid(), actual.get().pid(), "PID, " + after);
      boolean present = contract.startTime(anchor.pid()).orElse(-1) == anchor.startTime();
      assertEquals(lives(), present, "process, " + after);
    }
  }

  private boolean lives() {
    return is(RuntimeTask.Status.CREATED) || is(RuntimeTask.Status.RUNNING);
  }

  private boolean is(RuntimeTask.Status status) {
    return task.equals(Optional.of(status));
  }
}
