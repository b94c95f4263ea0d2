package org.lfedge.eve.tasks.core.registry;

import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.HttpFailures;

/**
 * How this package says what is wrong. Nothing here is given a header or the query of a URL: they
 * may have credentials in them.
 */
final class RegistryProblems {

  private RegistryProblems() {}

  /** An answer that is none of this protocol. */
  static TaskException failed(Asked at, String what, String next) {
    return TaskException.failed(Problem.host(at.codes() + "_FAILED", message(at, what, next)));
  }

  /** A registry that lets this node have nothing. */
  static TaskException denied(Asked at, String what, String next) {
    return TaskException.failed(Problem.user(at.codes() + "_DENIED", message(at, what, next)));
  }

  /** A registry that wants to be left alone for now. */
  static TaskException busy(Asked at, String what, String next) {
    return TaskException.failed(Problem.host(at.codes() + "_BUSY", message(at, what, next)));
  }

  /** Something in the node's config for a registry that cannot be used. */
  static TaskException setup(Asked at, String what, String next) {
    return TaskException.failed(Problem.host(at.codes() + "_SETUP", message(at, what, next)));
  }

  /** Content that is not what its digest promises. */
  static TaskException digestMismatch(Asked at, String what) {
    return TaskException.failed(
        Problem.user(
            "DIGEST_MISMATCH",
            message(
                at, what, "the registry or a proxy damages the data: look there, then try again")));
  }

  /** No answer at all, for a reason of the network. */
  static TaskException unreachable(Asked at, String what, Throwable cause) {
    return TaskException.failed(
        Problem.host(
            at.codes() + "_UNREACHABLE",
            message(at, what + ": " + HttpFailures.reason(cause), next(cause))),
        cause);
  }

  /** No answer at all. */
  static TaskException unreachable(Asked at, String what, String next) {
    return TaskException.failed(Problem.host(at.codes() + "_UNREACHABLE", message(at, what, next)));
  }

  private static String next(Throwable cause) {
    if (HttpFailures.isOfTrust(cause)) {
      return "if it has a certificate of a private CA, name that by ca in the node's config";
    }
    if (HttpFailures.isOfTls(cause)) {
      return "see ca, clientCertificate and plainHttp in the node's config";
    }
    return "check its name, the network and the proxy, then try again";
  }

  private static String message(Asked at, String what, String next) {
    return at + ": " + what + "; " + next;
  }
}
