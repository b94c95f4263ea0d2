package org.lfedge.eve.tasks.core.controller;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.lfedge.eve.tasks.core.http.Proxies;

/**
 * Which controller a node listens to, and how it is reached.
 *
 * @param server {@code https://host[:port]}, without a path
 * @param stateDirectory what is known of the controller is kept here, readable by its owner alone
 * @param rootCertificate PEM file of the certificates that everything the controller signs must
 *     lead to; they have nothing to do with TLS
 * @param ca PEM file of certificates that are trusted for TLS besides the JDK's
 * @param proxy {@code http://[user:password@]host:port}, or {@code none}; empty for what the
 *     environment says
 * @param onboarding whom the node registers as, if it has to
 * @param device who the node is; without it, a key is made and kept in the state directory
 * @param serial what the controller may know this node by before it has given it a UUID; may be
 *     empty
 * @param interval between two questions for the config, unless the controller says otherwise
 */
public record ControllerSettings(
    URI server,
    Path stateDirectory,
    Path rootCertificate,
    Optional<Path> ca,
    Optional<String> proxy,
    Optional<IdentityFiles> onboarding,
    Optional<IdentityFiles> device,
    String serial,
    Duration interval) {

  /** As nodes with EVE ask. */
  public static final Duration USUAL_INTERVAL = Duration.ofSeconds(60);

  static final String NO_PROXY = "none";

  private static final int MAX_PORT = 65_535;

  /**
   * A certificate and its key.
   *
   * @param certificate PEM file
   * @param key PEM file, PKCS#8 of an elliptic curve without a password
   */
  public record IdentityFiles(Path certificate, Path key) {}

  /**
   * Checks what can be checked without a look at files.
   *
   * @throws IllegalArgumentException if the server or the proxy is none
   */
  public ControllerSettings {
    if (!isServer(server)) {
      throw new IllegalArgumentException("a controller is at a URL such as https://host:port");
    }
    if (!proxy.map(ControllerSettings::isProxy).orElse(true)) {
      throw new IllegalArgumentException(
          "a proxy is none, or at an address such as http://user:password@host:port");
    }
  }

  /** Whether a URL can be that of a controller: https, and nothing after host and port. */
  public static boolean isServer(URI uri) {
    return "https".equals(uri.getScheme())
        && uri.getHost() != null
        && uri.getPort() <= MAX_PORT
        && uri.getRawUserInfo() == null
        && uri.getRawQuery() == null
        && uri.getRawFragment() == null
        && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"));
  }

  /** Whether a text says which proxy to use. */
  public static boolean isProxy(String text) {
    return text.equals(NO_PROXY) || Proxies.isAddress(text);
  }

  /** Without the proxy, which may have a password in it. */
  @Override
  public String toString() {
    return "ControllerSettings[" + server + ", " + stateDirectory + "]";
  }
}
