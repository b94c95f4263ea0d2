package org.lfedge.eve.tasks.core.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.Answer;

/**
 * What this node shows one registry for who it is: tokens by the token specification of docker, or
 * a password. They are kept for each repository until shortly before they expire.
 */
final class Authorizer {

  private static final int MAX_KEPT = 64;
  private static final int MAX_PORT = 65_535;
  private static final int MAX_ANSWER = 1 << 20;

  /** By the token specification, if a token does not say how long it lasts. */
  private static final long USUAL_SECONDS = 60;

  private static final long LONGEST_SECONDS = Duration.ofDays(1).toSeconds();
  private static final long MARGIN_SECONDS = 10;

  /** A password is asked for anew after this time, as it may have been changed. */
  private static final Duration PASSWORD_KEPT = Duration.ofMinutes(5);

  /** RFC 6750; a line break in a token must not become one of the request. */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/=-]+");

  private final RegistryConfig.Host host;
  private final CredentialSources sources;
  private final Exchange exchange;
  private final Timing timing;
  private final Map<String, Grant> grants = new ConcurrentHashMap<>();

  Authorizer(
      RegistryConfig.Host host, CredentialSources sources, Exchange exchange, Timing timing) {
    this.host = host;
    this.sources = sources;
    this.exchange = exchange;
    this.timing = timing;
  }

  /** Sends one request and takes no answer as a failure; any status as an answer. */
  interface Exchange {
    Answer send(Asked at, URI uri, Map<String, String> headers, Optional<String> form)
        throws TransientFailure;
  }

  /**
   * What a repository lets this node in with.
   *
   * @param header of requests
   * @param origin whose it is, for messages
   * @param until by {@link System#nanoTime}
   */
  record Grant(String header, String origin, long until) {

    @Override
    public String toString() {
      return "Grant[" + origin + "]";
    }
  }

  /** What is still good, as far as this node knows. */
  Optional<Grant> kept(Asked at) {
    Grant grant = grants.get(at.path());
    return grant == null || grant.until - System.nanoTime() <= 0
        ? Optional.empty()
        : Optional.of(grant);
  }

  /**
   * Gets something better than what was refused; one thread at a time, the others take what it got.
   *
   * @param refused what the request was sent with
   * @return empty if there is nothing that could be shown
   */
  synchronized Optional<Grant> renew(Asked at, Optional<Grant> refused, List<Challenge> challenges)
      throws TransientFailure {
    Optional<Grant> kept = kept(at);
    if (kept.isPresent() && !kept.equals(refused)) {
      return kept;
    }
    grants.remove(at.path());
    Optional<Grant> made = Optional.empty();
    Optional<Challenge> bearer = Challenge.find(challenges, "bearer");
    if (bearer.isPresent()) {
      made = Optional.of(token(at, bearer.get()));
    } else if (Challenge.find(challenges, "basic").isPresent()
        && sources.find(at, host) instanceof Credentials.Password password) {
      made =
          Optional.of(
              new Grant(
                  password.basic(),
                  password.origin(),
                  System.nanoTime() + PASSWORD_KEPT.toNanos()));
    }
    made.ifPresent(grant -> keep(at, grant));
    return made;
  }

  /** Forgets what was refused although it is new. */
  void forget(Asked at) {
    grants.remove(at.path());
  }

  /** For messages: what this node has to show to the registry. */
  String described(Asked at, Optional<Grant> shown) {
    if (shown.isPresent()) {
      return shown.get().origin;
    }
    Credentials credentials = sources.find(at, host);
    return credentials instanceof Credentials.None
        ? "without credentials: " + credentials.origin()
        : "without credentials, though there are some from " + credentials.origin();
  }

  private void keep(Asked at, Grant grant) {
    if (grants.size() >= MAX_KEPT) {
      grants.clear();
    }
    grants.put(at.path(), grant);
  }

  private Grant token(Asked at, Challenge challenge) throws TransientFailure {
    URI realm = realm(at, challenge);
    Credentials credentials = sources.find(at, host);
    String origin =
        credentials instanceof Credentials.None
            ? "with an anonymous token: " + credentials.origin()
            : "with a token for the credentials from " + credentials.origin();
    Answer answer = ask(at, realm, challenge, credentials);
    if (answer.status() == 401 || answer.status() == 403 || answer.status() == 400) {
      answer.rest();
      throw RegistryProblems.denied(
          at,
          "its token service "
              + realm.getAuthority()
              + " answers "
              + answer.status()
              + " to a request "
              + origin,
          "check the name and the credentials");
    }
    if (answer.status() != 200) {
      answer.rest();
      throw odd(at, realm, "answers with status " + answer.status());
    }
    return grant(at, realm, answer, origin);
  }

  private Answer ask(Asked at, URI realm, Challenge challenge, Credentials credentials)
      throws TransientFailure {
    List<String> query = new ArrayList<>();
    challenge.parameter("service").ifPresent(service -> query.add("service=" + encoded(service)));
    String scope = challenge.parameter("scope").orElse("repository:" + at.path() + ":pull");
    if (credentials instanceof Credentials.IdentityToken identity) {
      query.add("scope=" + encoded(scope));
      query.add("grant_type=refresh_token");
      query.add("client_id=taskmanager");
      query.add("refresh_token=" + encoded(identity.token()));
      return exchange.send(at, realm, Map.of(), Optional.of(String.join("&", query)));
    }
    for (String one : scope.split(" ")) {
      query.add("scope=" + encoded(one));
    }
    String separator = realm.getRawQuery() == null ? "?" : "&";
    URI uri = URI.create(realm + separator + String.join("&", query));
    return exchange.send(
        at,
        uri,
        credentials instanceof Credentials.Password password
            ? Map.of("Authorization", password.basic())
            : Map.of(),
        Optional.empty());
  }

  private Grant grant(Asked at, URI realm, Answer answer, String origin) throws TransientFailure {
    byte[] text;
    try {
      text =
          answer
              .bytes(MAX_ANSWER, timing.stall(), timing.document())
              .orElseThrow(() -> odd(at, realm, "answers with more than 1 MiB"));
    } catch (IOException e) {
      throw new TransientFailure(
          RegistryProblems.unreachable(
              at, "its token service " + realm.getAuthority() + " broke off", e));
    }
    JsonNode json;
    try {
      json = RegistryJson.MAPPER.readTree(text);
    } catch (IOException e) {
      throw odd(at, realm, "answers with what is no JSON");
    }
    String token = json.path("token").asText();
    if (token.isEmpty()) {
      token = json.path("access_token").asText();
    }
    if (!TOKEN.matcher(token).matches()) {
      throw odd(at, realm, "gives no token");
    }
    long seconds = json.path("expires_in").asLong(USUAL_SECONDS);
    seconds = Math.min(seconds <= 0 ? USUAL_SECONDS : seconds, LONGEST_SECONDS);
    seconds -= Math.min(MARGIN_SECONDS, seconds / 4);
    return new Grant(
        "Bearer " + token, origin, System.nanoTime() + Duration.ofSeconds(seconds).toNanos());
  }

  private URI realm(Asked at, Challenge challenge) {
    String text = challenge.parameter("realm").orElse("");
    try {
      URI realm = new URI(text);
      boolean secure = "https".equals(realm.getScheme());
      boolean allowed = secure || (host.plainHttp() && "http".equals(realm.getScheme()));
      if (allowed
          && realm.getHost() != null
          && realm.getPort() <= MAX_PORT
          && realm.getRawUserInfo() == null
          && realm.getRawFragment() == null) {
        return realm;
      }
    } catch (URISyntaxException e) {
      // Refused like any other.
    }
    throw RegistryProblems.failed(
        at,
        "the token service that it names is no "
            + (host.plainHttp() ? "http or https" : "https")
            + " URL",
        "no credentials were sent; whoever runs the registry must mend that");
  }

  private static TaskException odd(Asked at, URI realm, String what) {
    return RegistryProblems.failed(
        at,
        "its token service " + realm.getAuthority() + " " + what,
        "check the registry, or a proxy in between");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
