package org.lfedge.eve.tasks.dist;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.controller.ControllerSettings;
import org.lfedge.eve.tasks.core.controller.ControllerSettings.IdentityFiles;
import org.lfedge.eve.tasks.core.eve.NodeRules;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.dist.ControllerConfig.Source;

/** Reads {@code controller} of the node's config. */
final class ControllerConfigReader {

  private static final List<String> SOURCES = List.of("config", "pubsub", "server");
  private static final List<String> OF_SERVER =
      List.of(
          "rootCertificate", "ca", "proxy", "onboarding", "device", "serial", "intervalSeconds");
  private static final Pattern SERIAL = Pattern.compile("[!-~]{1,256}");
  private static final Pattern EXECUTOR = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
  private static final int LEAST_SECONDS = 5;
  private static final int MOST_SECONDS = 3600;

  /** What the firmware says of the machine; then what the system says of itself. */
  private static final List<Path> SERIALS =
      List.of(Path.of("/sys/class/dmi/id/product_serial"), Path.of("/etc/machine-id"));

  private ControllerConfigReader() {}

  /**
   * Reads a section; what is wrong with it is noted there.
   *
   * @param state where what is known of a controller is kept
   */
  static Optional<ControllerConfig> read(ConfigSection root, Path state) {
    if (!root.has("controller")) {
      return Optional.empty();
    }
    ConfigSection section = root.section("controller");
    SortedMap<VmMode, String> executors = executors(section);
    Optional<Source> source = source(section, state.resolve("controller"));
    section.refuseOtherKeys();
    return source.map(from -> new ControllerConfig(from, executors));
  }

  private static Optional<Source> source(ConfigSection section, Path state) {
    Optional<Path> config = section.path("config");
    Optional<Path> pubsub = section.path("pubsub");
    Optional<Source> server = section.has("server") ? server(section, state) : Optional.empty();
    if (SOURCES.stream().filter(section::has).count() != 1) {
      section.conflict(
          "server",
          "exactly one of config, a file or directory, pubsub, a directory, and server, a URL, is"
              + " needed");
    }
    if (!section.has("server")) {
      OF_SERVER.stream()
          .filter(section::has)
          .forEach(key -> section.conflict(key, "belongs to server"));
    }
    return server.or(() -> config.map(Source.Files::new)).or(() -> pubsub.map(Source.PubSub::new));
  }

  private static Optional<Source> server(ConfigSection section, Path state) {
    Optional<URI> server = section.text("server").flatMap(text -> uri(section, text));
    Optional<Path> root = section.path("rootCertificate");
    if (!section.has("rootCertificate")) {
      section.conflict(
          "rootCertificate", "is missing; it says whose signatures on configs are trusted");
    }
    Optional<Path> ca = section.path("ca");
    Optional<String> proxy =
        section.secretText(
            "proxy",
            ControllerSettings::isProxy,
            "none, or of the form http://[user:password@]host:port");
    Optional<IdentityFiles> onboarding = identity(section, "onboarding");
    Optional<IdentityFiles> device = identity(section, "device");
    Optional<String> serial =
        section.text("serial", SERIAL, "up to 256 characters of ASCII without blanks");
    Duration interval =
        section.number("intervalSeconds", LEAST_SECONDS, MOST_SECONDS).stream()
            .mapToObj(Duration::ofSeconds)
            .findFirst()
            .orElse(ControllerSettings.USUAL_INTERVAL);
    if (server.isEmpty() || root.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Source.Server(
            new ControllerSettings(
                server.get(),
                state,
                root.get(),
                ca,
                proxy,
                onboarding,
                device,
                serial.orElseGet(ControllerConfigReader::ownSerial),
                interval)));
  }

  private static Optional<URI> uri(ConfigSection section, String text) {
    try {
      URI uri = new URI(text);
      if (ControllerSettings.isServer(uri)) {
        return Optional.of(uri);
      }
    } catch (URISyntaxException e) {
      // Falls through to the same problem.
    }
    section.conflict("server", "must be of the form https://host[:port]");
    return Optional.empty();
  }

  private static Optional<IdentityFiles> identity(ConfigSection section, String key) {
    if (!section.has(key)) {
      return Optional.empty();
    }
    ConfigSection identity = section.section(key);
    Optional<Path> certificate = identity.path("certificate");
    Optional<Path> privateKey = identity.path("key");
    Stream.of("certificate", "key")
        .filter(part -> !identity.has(part))
        .forEach(part -> identity.conflict(part, "is missing"));
    identity.refuseOtherKeys();
    return certificate.flatMap(file -> privateKey.map(own -> new IdentityFiles(file, own)));
  }

  private static String ownSerial() {
    for (Path file : SERIALS) {
      try {
        String text = Files.readString(file).strip();
        if (SERIAL.matcher(text).matches()) {
          return text;
        }
      } catch (IOException e) {
        // The next one may be there.
      }
    }
    return "";
  }

  private static SortedMap<VmMode, String> executors(ConfigSection section) {
    SortedMap<String, VmMode> modes = new TreeMap<>();
    NodeRules.modes().forEach(mode -> modes.put(mode.name(), mode));
    ConfigSection named = section.section("executors");
    SortedMap<VmMode, String> executors = new TreeMap<>();
    for (Map.Entry<String, VmMode> mode : modes.entrySet()) {
      named
          .text(mode.getKey(), EXECUTOR, "the name of an executor")
          .ifPresent(name -> executors.put(mode.getValue(), name));
    }
    named.refuseOtherKeys();
    return executors;
  }
}
