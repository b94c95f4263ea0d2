package org.lfedge.eve.tasks.core.eve;

import java.util.List;
import java.util.Optional;

/**
 * How a controller has the node speak to a registry or a server of files.
 *
 * @param plainHttp without TLS; what comes is checked by its digest all the same
 * @param login the user and the password
 * @param certificates in PEM, trusted besides the node's
 */
public record HostAccess(boolean plainHttp, Optional<Login> login, List<String> certificates) {

  /** Keeps a copy. */
  public HostAccess {
    certificates = List.copyOf(certificates);
  }

  /** A user and a password. */
  public record Login(String user, String password) {
    @Override
    public String toString() {
      return "Login[" + user + "]";
    }
  }
}
