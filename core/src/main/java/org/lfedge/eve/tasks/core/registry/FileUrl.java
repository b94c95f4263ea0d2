package org.lfedge.eve.tasks.core.registry;

import java.net.URI;
import java.util.Locale;

/** The URL of a file; it has no query, and no user. */
record FileUrl(URI uri) implements Asked {

  @Override
  public String host() {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    return uri.getPort() < 0 ? host : host + ":" + uri.getPort();
  }

  @Override
  public String path() {
    return uri.getRawPath();
  }

  @Override
  public String codes() {
    return "DOWNLOAD";
  }

  /** For messages. */
  @Override
  public String toString() {
    return uri.toString();
  }
}
