package org.lfedge.eve.tasks.core.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.Answer;
import org.lfedge.eve.tasks.core.http.HttpFailures;
import org.lfedge.eve.tasks.core.http.TlsFiles;
import org.lfedge.eve.tasks.core.http.Transport;
import org.lfedge.eve.tasks.core.registry.Authorizer.Grant;

/**
 * One registry or mirror: sends a request with what the registry wants to know, follows redirects,
 * and sorts out the answers that are none. One try at a time; who calls tries again.
 */
final class Endpoint {

  private static final int MAX_REDIRECTS = 5;
  private static final int MAX_PORT = 65_535;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> BUSY = Set.of(429, 503);
  private static final Set<Integer> PASSING = Set.of(408, 500, 502, 504);

  private final String host;
  private final Transport transport;
  private final Timing timing;
  private final URI base;
  private final TlsFiles tls;
  private final Authorizer authorizer;

  /**
   * A host as image names or the config have it; nothing is asked yet.
   *
   * @throws TaskException BAD_IMAGE_NAME if it is none
   */
  Endpoint(
      String host,
      RegistryConfig.Host settings,
      CredentialSources credentials,
      Transport transport,
      Timing timing) {
    this.host = host;
    this.transport = transport;
    this.timing = timing;
    String server = host.equals("docker.io") ? "registry-1.docker.io" : host;
    this.base = base((settings.plainHttp() ? "http://" : "https://") + server + "/v2/", host);
    this.tls = new TlsFiles(settings.ca(), settings.clientCertificate(), settings.clientKey());
    this.authorizer = new Authorizer(settings, credentials, this::askForToken, timing);
  }

  private static URI base(String text, String host) {
    try {
      URI uri = new URI(text);
      if (uri.getHost() != null && uri.getPort() <= MAX_PORT) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Refused like one that has the form of a URL alone.
    }
    throw TaskException.failed(
        Problem.user(
            "BAD_IMAGE_NAME",
            "'" + host + "' is no host of a registry; use one such as registry.example:5000"));
  }

  String host() {
    return host;
  }

  /**
   * Asks for something of a repository.
   *
   * @param resource below it, such as {@code manifests/latest}
   * @return an answer whose status is a success or a 4xx other than those for who may not or must
   *     wait; the caller reads or cancels its body
   */
  Answer get(Asked at, String resource, Map<String, String> headers) throws TransientFailure {
    return get(at, base.resolve(at.path() + "/" + resource), headers);
  }

  /** The same for any URL. Credentials are for this host alone. */
  Answer get(Asked at, URI uri, Map<String, String> headers) throws TransientFailure {
    Optional<Grant> grant = authorizer.kept(at);
    Answer answer = follow(at, uri, headers, grant);
    if (answer.status() == 401 && isHere(answer.uri())) {
      List<Challenge> challenges = Challenge.parse(answer.all("WWW-Authenticate"));
      String words = words(answer);
      Optional<Grant> renewed = authorizer.renew(at, grant, challenges);
      if (renewed.isEmpty()) {
        throw denied(at, answer.status(), words, grant);
      }
      grant = renewed;
      answer = follow(at, uri, headers, grant);
      if (answer.status() == 401) {
        authorizer.forget(at);
      }
    }
    return checked(at, answer, grant);
  }

  private Answer follow(Asked at, URI start, Map<String, String> headers, Optional<Grant> grant)
      throws TransientFailure {
    URI uri = start;
    boolean here = isHere(start);
    for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
      Map<String, String> sent = new HashMap<>(headers);
      if (here) {
        grant.ifPresent(value -> sent.put("Authorization", value.header()));
      }
      Answer answer = send(at, uri, sent, Optional.empty());
      if (!REDIRECTS.contains(answer.status())) {
        return answer;
      }
      answer.rest();
      uri = target(at, uri, answer);
      // For good: a host that was sent away may send back, and knows no more than before.
      here = here && isHere(uri);
    }
    throw RegistryProblems.failed(
        at, "it redirects more than " + MAX_REDIRECTS + " times", "check the registry");
  }

  private static URI target(Asked at, URI from, Answer answer) {
    try {
      URI target = from.resolve(URI.create(answer.header("Location").orElse("")));
      String scheme = String.valueOf(target.getScheme());
      if (from.getScheme().equals("https") && scheme.equals("http")) {
        throw RegistryProblems.failed(
            at,
            from.getAuthority() + " redirects from https to http, at " + target.getHost(),
            "that is not followed; whoever runs the registry must mend that");
      }
      if (answer.header("Location").isPresent()
          && (scheme.equals("https") || scheme.equals("http"))
          && target.getHost() != null
          && target.getPort() <= MAX_PORT
          && target.getRawUserInfo() == null) {
        return target;
      }
    } catch (IllegalArgumentException e) {
      // Its message has the URL in it, which may be signed.
    }
    throw RegistryProblems.failed(
        at, from.getHost() + " redirects to what is no http or https URL", "check the registry");
  }

  /** By the ports too: another port is another server. */
  private boolean isHere(URI uri) {
    return base.getScheme().equals(uri.getScheme())
        && base.getHost().equalsIgnoreCase(uri.getHost())
        && port(base) == port(uri);
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return "http".equals(uri.getScheme()) ? 80 : 443;
  }

  private Answer send(Asked at, URI uri, Map<String, String> headers, Optional<String> form)
      throws TransientFailure {
    TlsFiles files = isHere(uri) ? tls : tls.withoutIdentity();
    String who = isHere(uri) ? "it" : uri.getHost() + ", which it refers to,";
    try {
      Answer answer =
          transport.send(
              new Transport.Call(uri, headers, form.map(Transport.Content::form), files));
      if (answer.status() == 407) {
        answer.rest();
        throw RegistryProblems.unreachable(
            at, "the proxy wants to know who asks", "put user:password@ into the proxy's address");
      }
      return answer;
    } catch (Transport.UnusableFiles e) {
      throw RegistryProblems.setup(
          at, String.valueOf(e.getMessage()), "see registries in the node's config");
    } catch (InterruptedIOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw RegistryProblems.unreachable(at, "the transfer was broken off", "try again");
      }
      throw new TransientFailure(RegistryProblems.unreachable(at, who + " gives no answer", e));
    } catch (IOException e) {
      TaskException failure = RegistryProblems.unreachable(at, who + " cannot be reached", e);
      if (HttpFailures.isLasting(e)) {
        throw failure;
      }
      throw new TransientFailure(failure);
    }
  }

  private Answer askForToken(Asked at, URI uri, Map<String, String> headers, Optional<String> form)
      throws TransientFailure {
    Answer answer = send(at, uri, headers, form);
    refuseBusy(at, answer);
    return answer;
  }

  private Answer checked(Asked at, Answer answer, Optional<Grant> grant) throws TransientFailure {
    int status = answer.status();
    if (status == 401 || status == 403) {
      String words = words(answer);
      throw isHere(answer.uri())
          ? denied(at, status, words, grant)
          : RegistryProblems.denied(
              at,
              answer.uri().getHost() + ", which it redirects to, answers " + status,
              "no credentials were sent there; check the registry's storage and the clocks");
    }
    refuseBusy(at, answer);
    return answer;
  }

  private TaskException denied(Asked at, int status, String words, Optional<Grant> grant) {
    return RegistryProblems.denied(
        at,
        "it answers " + status + words + " to a request " + authorizer.described(at, grant),
        "check the name, that it may be pulled, and the credentials");
  }

  private void refuseBusy(Asked at, Answer answer) throws TransientFailure {
    int status = answer.status();
    if (!BUSY.contains(status) && !PASSING.contains(status)) {
      return;
    }
    String what =
        (isHere(answer.uri()) ? "it" : answer.uri().getHost() + ", which it refers to,")
            + " answers "
            + status
            + words(answer);
    Optional<Duration> after = answer.header("Retry-After").flatMap(Endpoint::pause);
    if (after.isPresent() && after.get().compareTo(timing.longestRetryAfter()) > 0) {
      throw RegistryProblems.busy(
          at,
          what + " and asks for a pause of " + HttpFailures.seconds(after.get()),
          "try again after that time, or use a mirror or credentials with a higher limit");
    }
    String next = "try again later";
    throw new TransientFailure(
        BUSY.contains(status)
            ? RegistryProblems.busy(at, what, next)
            : RegistryProblems.failed(at, what, next),
        after);
  }

  /** Seconds or a date, RFC 9110 section 10.2.3. */
  private static Optional<Duration> pause(String value) {
    String text = value.strip();
    if (text.matches("[0-9]{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
    }
    try {
      Instant then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      // Whole seconds: the date has no finer ones, and neither should a message.
      long seconds = Math.max(0, Duration.between(Instant.now(), then).toSeconds() + 1);
      return Optional.of(Duration.ofSeconds(seconds));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** What the registry says of an error, by the distribution specification. */
  private static String words(Answer answer) {
    try {
      JsonNode first =
          Objects.requireNonNullElse(
                  RegistryJson.MAPPER.readTree(answer.rest()),
                  RegistryJson.MAPPER.createObjectNode())
              .path("errors")
              .path(0);
      String text = (first.path("code").asText() + " " + first.path("message").asText()).strip();
      return text.isEmpty() ? "" : " (" + HttpFailures.quoted(text) + ")";
    } catch (IOException e) {
      return "";
    }
  }
}
