package org.lfedge.eve.tasks.dist;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.registry.RegistryConfig;

/** Reads {@code registries} of the node's config; every key may be left out. */
final class RegistriesConfig {

  private static final Pattern HELPER = Pattern.compile("[A-Za-z0-9_-]+");
  private static final Pattern NO_PROXY = Pattern.compile("\\S+");
  private static final String PROXY_FORM = "of the form http://[user:password@]host:port";
  private static final String HOST_FORM = "a host with or without a port, as registry.local:5000";

  /** What belongs to {@code docker.io}, and would be of no effect under another name. */
  private static final Pattern DOCKER_HUB =
      Pattern.compile("(?:index|registry-1|registry)\\.docker\\.io(?::443)?");

  private RegistriesConfig() {}

  /** Reads a section; what is wrong with it is noted there. */
  static RegistryConfig read(ConfigSection section) {
    ConfigSection proxy = section.section("proxy");
    SortedMap<String, RegistryConfig.Host> hosts = new TreeMap<>();
    ConfigSection named = section.section("hosts");
    for (Map.Entry<String, ConfigSection> entry : section.named("hosts").entrySet()) {
      String name = entry.getKey();
      if (!RegistryConfig.HOST_NAME.matcher(name).matches()) {
        named.conflict(name, "the key must be " + HOST_FORM);
      } else if (DOCKER_HUB.matcher(name).matches()) {
        named.conflict(name, "image names have docker.io: use that as the key");
      }
      hosts.put(name, host(name, entry.getValue()));
    }
    RegistryConfig config =
        new RegistryConfig(
            section.path("dockerConfig").orElse(RegistryConfig.DEFAULT.dockerConfig()),
            new RegistryConfig.Proxy(
                proxy.secretText("http", RegistryConfig.Proxy::isAddress, PROXY_FORM),
                proxy.secretText("https", RegistryConfig.Proxy::isAddress, PROXY_FORM),
                proxy.has("noProxy")
                    ? Optional.of(proxy.texts("noProxy", NO_PROXY, "a host without blanks"))
                    : Optional.empty()),
            hosts);
    proxy.refuseOtherKeys();
    section.refuseOtherKeys();
    return config;
  }

  private static RegistryConfig.Host host(String name, ConfigSection section) {
    boolean plainHttp = section.flag("plainHttp").orElse(false);
    List<String> mirrors = section.texts("mirrors", RegistryConfig.HOST_NAME, HOST_FORM);
    if (mirrors.contains(name)) {
      section.conflict("mirrors", "a registry is no mirror of its own");
    }
    Optional<Path> ca = section.path("ca");
    Optional<Path> certificate = section.path("clientCertificate");
    Optional<Path> key = section.path("clientKey");
    together(section, "clientCertificate", certificate, "clientKey", key);
    if (plainHttp) {
      for (String tls : List.of("ca", "clientCertificate", "clientKey")) {
        if (section.has(tls)) {
          section.conflict(tls, "has no meaning with plainHttp: true");
        }
      }
    }
    Optional<String> username = section.text("username");
    Optional<Path> passwordFile = section.path("passwordFile");
    together(section, "username", username, "passwordFile", passwordFile);
    Optional<String> helper =
        section.text("credentialHelper", HELPER, "NAME of a program docker-credential-NAME");
    if (username.isPresent() && helper.isPresent()) {
      section.conflict("credentialHelper", "does not go together with username");
    }
    section.refuseOtherKeys();
    return new RegistryConfig.Host(
        plainHttp, mirrors, ca, certificate, key, username, passwordFile, helper);
  }

  private static void together(
      ConfigSection section, String first, Optional<?> one, String second, Optional<?> other) {
    if (one.isPresent() && !section.has(second)) {
      section.conflict(first, "needs " + second + " as well");
    }
    if (other.isPresent() && !section.has(first)) {
      section.conflict(second, "needs " + first + " as well");
    }
  }
}
