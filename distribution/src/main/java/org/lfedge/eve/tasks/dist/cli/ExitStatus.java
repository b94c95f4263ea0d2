package org.lfedge.eve.tasks.dist.cli;

import org.lfedge.eve.tasks.core.error.TaskException;

/** The exit statuses of the command line; a contract with scripts. */
final class ExitStatus {

  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int NOT_FOUND = 3;
  static final int REFUSED = 4;

  /** A failure of ours where any other number is the program's own. */
  static final int OURS = 125;

  private ExitStatus() {}

  /**
   * How a task ended: its exit code, unless a rule of its executor says something else of it.
   *
   * @param code 0 if it is not known
   * @param outcome as in the API; empty if no rule applied
   */
  static int of(int code, String outcome) {
    return switch (outcome) {
      case "" -> code;
      case "success", "reboot" -> OK;
      default -> code == 0 ? FAILED : code;
    };
  }

  static int of(TaskException failure) {
    return switch (failure.outcome()) {
      case FAILED -> FAILED;
      case NOT_FOUND -> NOT_FOUND;
      case REFUSED -> REFUSED;
    };
  }
}
