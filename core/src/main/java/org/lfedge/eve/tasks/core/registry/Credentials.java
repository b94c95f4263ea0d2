package org.lfedge.eve.tasks.core.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Who this node is to a registry. No text made of it has a secret in it. */
sealed interface Credentials {

  /** For messages: whether there are any, and where they came from. */
  String origin();

  /** Nobody. */
  record None(String origin) implements Credentials {}

  /** A user with a password, or with a token that stands for one. */
  record Password(String user, String secret, String origin) implements Credentials {

    /** The value of a header. */
    String basic() {
      return "Basic "
          + Base64.getEncoder()
              .encodeToString((user + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
      return "Password[" + origin + "]";
    }
  }

  /** A token that others are given for, by OAuth 2. */
  record IdentityToken(String token, String origin) implements Credentials {

    @Override
    public String toString() {
      return "IdentityToken[" + origin + "]";
    }
  }
}
