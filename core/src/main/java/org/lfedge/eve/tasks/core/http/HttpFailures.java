package org.lfedge.eve.tasks.core.http;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLException;

/** What a connection failed for, in words that may be shown: never a header or a query. */
public final class HttpFailures {

  private static final int MAX_REASON = 300;
  private static final int MAX_CAUSES = 16;

  private HttpFailures() {}

  /**
   * Whether a failure of a connection will be the same the next time: a certificate that is not
   * trusted, or a TLS that the other side does not speak. A connection that broke is neither.
   */
  public static boolean isLasting(Throwable failure) {
    return isOfTrust(failure)
        || (isOfTls(failure)
            && !find(failure, EOFException.class)
            && !find(failure, SocketException.class)
            && !String.valueOf(failure.getMessage()).contains("terminated"));
  }

  /** Whether the certificate of the other side is the reason. */
  public static boolean isOfTrust(Throwable failure) {
    return find(failure, CertificateException.class);
  }

  /** Whether TLS is the reason. */
  public static boolean isOfTls(Throwable failure) {
    return find(failure, SSLException.class);
  }

  /** Why a connection failed, on one line. */
  public static String reason(Throwable failure) {
    if (find(failure, UnresolvedAddressException.class)
        || find(failure, UnknownHostException.class)) {
      return "its name is not known here";
    }
    if (find(failure, ConnectException.class) && failure.getMessage() == null) {
      return "the connection was refused";
    }
    String text = failure.getMessage();
    return text == null ? failure.getClass().getSimpleName() : quoted(text);
  }

  /** What someone else wrote, on one line and not too long. */
  public static String quoted(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", " ");
    return clean.length() > MAX_REASON ? clean.substring(0, MAX_REASON) + "..." : clean;
  }

  /** A duration for people. */
  public static String seconds(Duration time) {
    return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
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
}
