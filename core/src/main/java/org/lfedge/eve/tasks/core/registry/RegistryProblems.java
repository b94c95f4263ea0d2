package org.lfedge.eve.tasks.core.registry;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * How this package says what is wrong. Nothing here is given a header or the query of a URL: they
 * may have credentials in them.
 */
final class RegistryProblems {

  private static final int MAX_REASON = 300;
  private static final int MAX_CAUSES = 16;

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
            at.codes() + "_UNREACHABLE", message(at, what + ": " + reason(cause), next(cause))),
        cause);
  }

  /** No answer at all. */
  static TaskException unreachable(Asked at, String what, String next) {
    return TaskException.failed(Problem.host(at.codes() + "_UNREACHABLE", message(at, what, next)));
  }

  /**
   * Whether a failure of a connection will be the same the next time: a certificate that is not
   * trusted, or a TLS that the other side does not speak. A connection that broke is neither.
   */
  static boolean isLasting(Throwable failure) {
    return find(failure, CertificateException.class)
        || (find(failure, SSLException.class)
            && !find(failure, EOFException.class)
            && !find(failure, SocketException.class)
            && !String.valueOf(failure.getMessage()).contains("terminated"));
  }

  /** What someone else wrote, on one line and not too long. */
  static String quoted(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", " ");
    return clean.length() > MAX_REASON ? clean.substring(0, MAX_REASON) + "..." : clean;
  }

  /** A duration for people. */
  static String seconds(Duration time) {
    return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
  }

  private static String reason(Throwable cause) {
    if (find(cause, UnresolvedAddressException.class) || find(cause, UnknownHostException.class)) {
      return "its name is not known here";
    }
    if (find(cause, ConnectException.class) && cause.getMessage() == null) {
      return "the connection was refused";
    }
    String text = cause.getMessage();
    return text == null ? cause.getClass().getSimpleName() : quoted(text);
  }

  private static String next(Throwable cause) {
    if (find(cause, CertificateException.class)) {
      return "if it has a certificate of a private CA, name that by ca in the node's config";
    }
    if (find(cause, SSLException.class)) {
      return "see ca, clientCertificate and plainHttp in the node's config";
    }
    return "check its name, the network and the proxy, then try again";
  }

  /** Bounded: a chain of causes may be a circle. */
  private static boolean find(Throwable failure, Class<? extends Throwable> type) {
    Throwable cause = failure;
    for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
      if (type.isInstance(cause)) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  private static String message(Asked at, String what, String next) {
    return at + ": " + what + "; " + next;
  }
}
