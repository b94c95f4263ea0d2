package org.lfedge.eve.tasks.core.registry;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.registry.RegistryConfig.Host;

/** Settings of registries in tests. */
final class TestHosts {

  private TestHosts() {}

  static Host plain(String... mirrors) {
    return new Host(
        true,
        List.of(mirrors),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** Plain, with a password. */
  static Host login(String user, Path passwordFile) {
    return new Host(
        true,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(user),
        Optional.of(passwordFile),
        Optional.empty());
  }

  /** Plain, with a credential helper. */
  static Host helper(String name) {
    return new Host(
        true,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(name));
  }

  /** By TLS. */
  static Host tls(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
    return new Host(
        false,
        List.of(),
        ca,
        certificate,
        key,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
