package org.lfedge.eve.tasks.core.engine;

import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Command;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/** Why a command is refused, and what to do instead. */
final class Refusals {

  private Refusals() {}

  static TaskException alreadyExists(String name) {
    return TaskException.refused(
        Problem.inDocument(
            "ALREADY_EXISTS",
            "name",
            name,
            "a task of this name exists; delete it first, or change it with taskctl apply"));
  }

  /** Why a task is not removed. */
  static Problem uncleared(Problem cleanup) {
    return Problem.host(
        cleanup.code(),
        cleanup.message() + "; taskctl delete --force removes the task all the same");
  }

  static Problem of(TaskRecord record, Command command) {
    String advice =
        switch (command) {
          case START ->
              record.state() == TaskState.RUNNING ? "it runs already" : "wait until it has stopped";
          case DELETE -> "stop it first, or delete it by force";
          case SIGNAL -> "only a running task takes signals; start it first";
          case STOP -> "wait until it is created";
        };
    return Problem.user(
        "REFUSED_IN_STATE",
        "cannot "
            + command.name().toLowerCase(java.util.Locale.ROOT)
            + " task "
            + record.name()
            + " while it is "
            + record.state()
            + ": "
            + advice);
  }
}
