package org.lfedge.eve.tasks.core.http;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which proxy a request goes through: what the config says, or else {@code HTTP_PROXY}, {@code
 * HTTPS_PROXY} and {@code NO_PROXY} in capitals or small letters. Proxies are spoken to by HTTP
 * without TLS, as the JDK can no other; a tunnel through one is made for https.
 */
public final class Proxies {

  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?:http://)?(?:(?<login>[^@/]*)@)?"
              + "(?<host>[A-Za-z0-9._-]+|\\[[0-9a-fA-F:]+\\])(?::(?<port>[0-9]{1,5}))?/?");
  private static final int USUAL_PORT = 80;
  private static final int MAX_PORT = 65_535;

  private final Optional<String> http;
  private final Optional<String> https;
  private final NoProxy none;

  /**
   * Proxies; no address is checked before it is needed.
   *
   * @param http instead of {@code HTTP_PROXY}
   * @param https instead of {@code HTTPS_PROXY}
   * @param noProxy instead of {@code NO_PROXY}
   */
  public Proxies(
      Optional<String> http,
      Optional<String> https,
      Optional<List<String>> noProxy,
      Map<String, String> environment) {
    this.http = http.or(() -> variable(environment, "HTTP_PROXY"));
    this.https = https.or(() -> variable(environment, "HTTPS_PROXY"));
    this.none =
        new NoProxy(
            noProxy.orElseGet(
                () ->
                    variable(environment, "NO_PROXY")
                        .map(text -> List.of(text.split(",")))
                        .orElse(List.of())));
  }

  /**
   * A proxy.
   *
   * @param authorization what it is shown, if it wants to know who asks
   */
  record Address(InetSocketAddress socket, Optional<String> authorization) {

    /** Without the credentials. */
    @Override
    public String toString() {
      return socket.getHostString() + ":" + socket.getPort();
    }
  }

  /**
   * The proxy for a URL.
   *
   * @throws IllegalArgumentException if what is configured is no address; the message says so
   *     without it, as it may have a password in it
   */
  Optional<Address> of(URI uri) {
    Optional<String> text = "http".equals(uri.getScheme()) ? http : https;
    return text.isEmpty() || none.covers(uri) ? Optional.empty() : Optional.of(parse(text.get()));
  }

  /** Whether a text is the address of a proxy. */
  public static boolean isAddress(String text) {
    Matcher parts = ADDRESS.matcher(text);
    return parts.matches() && port(parts) <= MAX_PORT;
  }

  private static Address parse(String text) {
    Matcher parts = ADDRESS.matcher(text);
    if (!parts.matches() || port(parts) > MAX_PORT) {
      throw new IllegalArgumentException(
          "the address of the proxy is not of the form http://[user:password@]host:port");
    }
    Optional<String> authorization =
        Optional.ofNullable(parts.group("login"))
            .map(login -> decoded(login.contains(":") ? login : login + ":"))
            .map(login -> login.getBytes(StandardCharsets.UTF_8))
            .map(login -> "Basic " + Base64.getEncoder().encodeToString(login));
    return new Address(
        InetSocketAddress.createUnresolved(parts.group("host"), port(parts)), authorization);
  }

  private static int port(Matcher parts) {
    String port = parts.group("port");
    return port == null ? USUAL_PORT : Integer.parseInt(port);
  }

  /** Percent-encoding alone: a plus sign is one. */
  private static String decoded(String text) {
    try {
      return java.net.URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // Its message has the text in it.
      throw new IllegalArgumentException("the credentials of the proxy are not percent-encoded");
    }
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .filter(value -> !value.isBlank())
        .or(() -> Optional.ofNullable(environment.get(name.toLowerCase(java.util.Locale.ROOT))))
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }
}
