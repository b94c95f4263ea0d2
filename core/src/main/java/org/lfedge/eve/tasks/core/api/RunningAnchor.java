package org.lfedge.eve.tasks.core.api;

import org.lfedge.eve.tasks.core.engine.TaskDetail;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.TerminalSize;

/** What calls have in common that are about a task that runs. */
final class RunningAnchor {

  private RunningAnchor() {}

  /**
   * The anchor of a task.
   *
   * @throws TaskException TASK_NOT_FOUND, or TASK_NOT_RUNNING if it has none
   */
  static Anchor of(TaskManager tasks, String name) {
    TaskDetail task = tasks.inspect(name);
    return task.record()
        .anchor()
        .orElseThrow(
            () ->
                TaskException.refused(
                    Problem.user(
                        "TASK_NOT_RUNNING",
                        "task "
                            + name
                            + " is "
                            + task.record().state()
                            + " and has no process; start it with taskctl start "
                            + name)));
  }

  /** The size of a terminal as a client gives it. */
  static TerminalSize size(org.lfedge.eve.tasks.core.api.v1.TerminalSize message) {
    try {
      return new TerminalSize(message.getColumns(), message.getRows());
    } catch (IllegalArgumentException e) {
      throw TaskException.failed(Problem.user("BAD_SIZE", String.valueOf(e.getMessage())), e);
    }
  }
}
