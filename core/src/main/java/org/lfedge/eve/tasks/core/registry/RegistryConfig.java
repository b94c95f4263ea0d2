package org.lfedge.eve.tasks.core.registry;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.http.Proxies;

/**
 * How the node speaks to registries. The files that are named here are read when they are needed,
 * so they can be changed while the daemon runs.
 *
 * @param dockerConfig docker's {@code config.json}, for the credentials of hosts that name none
 *     here; it may be missing
 * @param proxy what is to hold instead of the variables of the environment
 * @param hosts by the host of a registry as image names have it, with its port if it has one
 */
public record RegistryConfig(Path dockerConfig, Proxy proxy, SortedMap<String, Host> hosts) {

  /** The host of a registry with or without a port, as image names have it. */
  public static final Pattern HOST_NAME =
      Pattern.compile("(?:[a-zA-Z0-9][a-zA-Z0-9.-]*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?");

  /** Nothing but what docker is told; root's own, as the daemon runs as root. */
  public static final RegistryConfig DEFAULT =
      new RegistryConfig(
          Path.of("/root/.docker/config.json"), Proxy.OF_ENVIRONMENT, Collections.emptySortedMap());

  /** Keeps a copy. */
  public RegistryConfig {
    hosts = Collections.unmodifiableSortedMap(new TreeMap<>(hosts));
  }

  /**
   * Proxies instead of those of {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code NO_PROXY}; what
   * is empty comes from there.
   *
   * @param http for registries with {@code plainHttp}: {@code http://[user:password@]host:port}
   * @param https for all others, in the same form
   * @param noProxy hosts that are reached directly, each in one of the forms of {@code NO_PROXY}
   */
  public record Proxy(
      Optional<String> http, Optional<String> https, Optional<List<String>> noProxy) {

    /** What the environment says. */
    public static final Proxy OF_ENVIRONMENT =
        new Proxy(Optional.empty(), Optional.empty(), Optional.empty());

    /** Keeps a copy. */
    public Proxy {
      noProxy = noProxy.map(List::copyOf);
    }

    /** Whether a text is the address of a proxy. */
    public static boolean isAddress(String text) {
      return Proxies.isAddress(text);
    }

    /** Without the addresses, which may have a password in them. */
    @Override
    public String toString() {
      return "Proxy[http="
          + (http.isPresent() ? "given" : "none")
          + ", https="
          + (https.isPresent() ? "given" : "none")
          + ", noProxy="
          + noProxy
          + "]";
    }
  }

  /**
   * One registry.
   *
   * @param plainHttp whether it is spoken to without TLS; never tried otherwise
   * @param mirrors hosts that are asked first, in this order, each with the settings of its own
   * @param ca a PEM file of certificates that are trusted besides the JDK's in all that is done for
   *     this registry
   * @param clientCertificate a PEM file with the certificate that this node shows to the registry,
   *     and the chain above it
   * @param clientKey a PEM file with its key, PKCS#8 without a password
   * @param username goes with the password; both or none
   * @param passwordFile its first line
   * @param credentialHelper NAME of a program {@code docker-credential-NAME}
   */
  public record Host(
      boolean plainHttp,
      List<String> mirrors,
      Optional<Path> ca,
      Optional<Path> clientCertificate,
      Optional<Path> clientKey,
      Optional<String> username,
      Optional<Path> passwordFile,
      Optional<String> credentialHelper) {

    /** A registry that nothing is said of. */
    public static final Host DEFAULT =
        new Host(
            false,
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** Keeps a copy. */
    public Host {
      mirrors = List.copyOf(mirrors);
    }
  }
}
