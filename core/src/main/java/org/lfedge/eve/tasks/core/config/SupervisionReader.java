package org.lfedge.eve.tasks.core.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.lifecycle.Dependency;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck.Probe;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;

/** What a task document says of how the task is looked after: restart, health, after. */
final class SupervisionReader {

  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration MIN_BACKOFF = Duration.ofMillis(1);

  /** A program that always fails must not keep the node busy for ever with starting it. */
  private static final Duration MIN_MAX_BACKOFF = RestartPolicy.DEFAULT.backoff();

  /** Nor must looking after a program take more of the node than the program. */
  private static final Duration MIN_INTERVAL = Duration.ofMillis(100);

  private static final Duration MIN_TIMEOUT = Duration.ofMillis(100);
  private static final Duration MAX_TIMEOUT = Duration.ofMinutes(10);
  private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);
  private static final int DEFAULT_RETRIES = 3;
  private static final int MAX_RETRIES = 1000;
  private static final int MAX_PORT = 65_535;

  private static final String URL_OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})";
  private static final String URL_TEXT =
      "[A-Za-z0-9._~!$&'()*+,;=:@/-]*(%[0-9A-Fa-f]{2}[A-Za-z0-9._~!$&'()*+,;=:@/-]*)*";
  private static final String URL_QUERY = URL_TEXT.replace(":@/", ":@/?");

  /** No user: a document is no place for passwords. No fragment: that is for browsers. */
  private static final TextForm URL =
      new TextForm(
          2048,
          "https?://(([A-Za-z0-9]+(-+[A-Za-z0-9]+)*\\.)*[A-Za-z][A-Za-z0-9]*(-+[A-Za-z0-9]+)*"
              + ("|" + URL_OCTET + "(\\." + URL_OCTET + "){3}|\\[[0-9A-Fa-f:.]+\\])")
              + ("(:[0-9]{1,5})?(/" + URL_TEXT + ")?(\\?" + URL_QUERY + ")?"),
          "BAD_VALUE",
          "a URL of http or https without a user and a fragment, such as"
              + " http://localhost:8080/healthy");

  private SupervisionReader() {}

  /** {@code restart:}; {@code maxBackoff} follows a {@code backoff} that is beyond its default. */
  static Optional<RestartPolicy> restart(DocumentObject restart) {
    RestartPolicy.Mode mode =
        restart
            .optional("policy", v -> choice(v, RestartPolicy.Mode.values()))
            .orElse(RestartPolicy.DEFAULT.mode());
    Optional<Duration> asked = restart.optional("backoff", v -> time(v, MIN_BACKOFF, DAY));
    Duration least = asked.orElse(RestartPolicy.DEFAULT.backoff());
    Duration most =
        restart
            .optional(
                "maxBackoff",
                v ->
                    time(v, MIN_MAX_BACKOFF, DAY)
                        .flatMap(
                            max ->
                                max.compareTo(least) < 0
                                    ? v.refuse(
                                        "CONFLICT",
                                        "is shorter than backoff, "
                                            + Durations.format(least)
                                            + "; make it as long, or remove it")
                                    : Optional.of(max)))
            .orElse(longer(least, RestartPolicy.DEFAULT.maxBackoff()));
    Duration afterBoot = restart.optional("bootDelay", v -> v.duration(DAY)).orElse(Duration.ZERO);
    return Optional.of(new RestartPolicy(mode, least, most, afterBoot));
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /** {@code health:}. */
  static Optional<HealthCheck> health(DocumentObject health) {
    List<String> kinds = health.present("exec", "http", "tcp");
    if (kinds.size() > 1) {
      health.refuse("CONFLICT", "has " + String.join(" and ", kinds) + "; keep one of them");
    } else if (kinds.isEmpty()) {
      health.refuse("MISSING", "needs one of exec, http, tcp");
    }
    Optional<Probe> probe =
        Stream.of(
                health.optional("exec", SupervisionReader::exec),
                health.optional("http", SupervisionReader::http),
                health.optional(
                    "tcp", v -> v.whole(1, MAX_PORT).map(port -> new Probe.Tcp(port.intValue()))))
            .<Probe>flatMap(Optional::stream)
            .findFirst();
    Duration interval =
        health.optional("interval", v -> time(v, MIN_INTERVAL, DAY)).orElse(DEFAULT_INTERVAL);
    Duration timeout =
        health.optional("timeout", v -> time(v, MIN_TIMEOUT, MAX_TIMEOUT)).orElse(DEFAULT_TIMEOUT);
    int retries =
        health
            .optional("retries", v -> v.whole(1, MAX_RETRIES).map(Long::intValue))
            .orElse(DEFAULT_RETRIES);
    Duration start = health.optional("start", v -> v.duration(DAY)).orElse(Duration.ZERO);
    return probe.map(found -> new HealthCheck(found, interval, timeout, retries, start));
  }

  private static Optional<Probe> exec(DocumentValue v) {
    List<String> args = v.list(DocumentValue.MAX_LIST, ProgramReader::argument);
    return v.isEmptyList()
        ? v.refuse("BAD_VALUE", "must name a program")
        : Optional.of(new Probe.Exec(args));
  }

  private static Optional<Probe> http(DocumentValue v) {
    return v.text()
        .flatMap(
            text -> {
              // What stands before an @ may be a password.
              DocumentValue shown = text.contains("@") ? v.confidential() : v;
              return shown.text(URL).flatMap(url -> http(shown, url));
            });
  }

  private static Optional<Probe> http(DocumentValue v, String text) {
    try {
      URI url = new URI(text);
      if (url.getPort() == 0 || url.getPort() > MAX_PORT) {
        return v.refuse("OUT_OF_RANGE", "must have a port from 1 to " + MAX_PORT);
      }
      if (url.getHost() != null) {
        return Optional.of(new Probe.Http(text));
      }
    } catch (URISyntaxException e) {
      // An address that the form alone does not find wrong, as [::::].
    }
    return v.refuse("BAD_VALUE", "must have a host name or an IP address as its host");
  }

  /**
   * {@code after:}, sorted: the order of the list means nothing.
   *
   * @param self the name of the task itself
   */
  static List<Dependency> after(DocumentObject task, String self) {
    SortedMap<String, Integer> places = new TreeMap<>();
    return task
        .list(
            "after",
            DocumentValue.MAX_LIST,
            (index, v) -> v.object(entry -> dependency(index, entry, self, places)))
        .stream()
        .sorted(Comparator.comparing(Dependency::task))
        .toList();
  }

  private static Optional<Dependency> dependency(
      int index, DocumentObject entry, String self, SortedMap<String, Integer> places) {
    Optional<String> task =
        entry.required(
            "task",
            v -> v.text(TextForm.TASK_NAME).flatMap(name -> other(index, v, name, self, places)));
    Dependency.Condition on =
        entry
            .optional("on", v -> choice(v, Dependency.Condition.values()))
            .orElse(Dependency.Condition.STARTED);
    return task.map(name -> new Dependency(name, on));
  }

  private static Optional<String> other(
      int index, DocumentValue v, String name, String self, SortedMap<String, Integer> places) {
    if (name.equals(self)) {
      return v.refuse("CONFLICT", "is this task itself, which would never start; remove it");
    }
    Integer before = places.putIfAbsent(name, index);
    return before == null
        ? Optional.of(name)
        : v.refuse("CONFLICT", "after[" + before + "] is this task, too; keep one of them");
  }

  private static Optional<Duration> time(DocumentValue v, Duration least, Duration most) {
    return v.duration(most)
        .flatMap(
            time ->
                time.compareTo(least) < 0
                    ? v.refuse("OUT_OF_RANGE", "must be at least " + Durations.format(least))
                    : Optional.of(time));
  }

  static <E extends Enum<E>> Optional<E> choice(DocumentValue v, E[] choices) {
    String words =
        Stream.of(choices).map(SupervisionReader::word).collect(Collectors.joining(", "));
    return v.text()
        .flatMap(
            text ->
                Stream.of(choices)
                    .filter(choice -> word(choice).equals(text))
                    .findFirst()
                    .or(() -> v.refuse("BAD_VALUE", "must be one of " + words)));
  }

  /** A choice as documents write it, such as {@code on-failure}. */
  static String word(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
