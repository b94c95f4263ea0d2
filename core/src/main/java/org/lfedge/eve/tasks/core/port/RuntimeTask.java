package org.lfedge.eve.tasks.core.port;

import java.util.Optional;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;

/**
 * A task as the runtime has it.
 *
 * @param status where it stands
 * @param pid of the anchor in the node's PID namespace; of a stopped one, the PID it had
 * @param exit how it ended, if it is stopped and the runtime knows
 */
public record RuntimeTask(Status status, int pid, Optional<ExitStatus> exit) {

  /** Where a task of the runtime stands. */
  public enum Status {
    CREATED,
    RUNNING,
    PAUSED,
    STOPPED
  }
}
