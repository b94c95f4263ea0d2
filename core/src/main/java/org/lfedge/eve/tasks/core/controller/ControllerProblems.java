package org.lfedge.eve.tasks.core.controller;

import java.io.IOException;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** How this package says what is wrong. */
final class ControllerProblems {

  static final String UNKNOWN_SIGNER = "UNKNOWN_SIGNER";
  static final String CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED";
  static final String UNTRUSTED_CERTIFICATE = "UNTRUSTED_CERTIFICATE";
  static final String DENIED = "CONTROLLER_DENIED";
  static final String UNKNOWN_DEVICE = "CONTROLLER_UNKNOWN_DEVICE";

  private ControllerProblems() {}

  static TaskException failed(String code, String what, String next) {
    return TaskException.failed(Problem.host(code, what + "; " + next));
  }

  /** Something in the node's config that cannot be used. */
  static TaskException setup(String what) {
    return failed("CONTROLLER_SETUP", what, "see controller in the node's config");
  }

  /** A file of this package that cannot be read or written. */
  static TaskException state(String what, IOException cause) {
    return TaskException.failed(
        Problem.host(
            "CONTROLLER_STATE",
            "cannot " + what + ": " + cause + "; check the disk and the state directory"),
        cause);
  }
}
