package org.lfedge.eve.tasks.core.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.Proxies;
import org.lfedge.eve.tasks.core.http.Transport;
import org.lfedge.eve.tasks.core.port.Downloads;
import org.lfedge.eve.tasks.core.port.Registries;

/**
 * Registries, and files at URLs, over HTTP/1.1 by the OCI distribution specification, with mirrors,
 * proxies, TLS and the credentials of the node's config or of docker's. For use by any number of
 * threads.
 *
 * <p>Nothing is loaded or started before the first request: a node that pulls nothing pays nothing.
 *
 * <p>Credentials go to the registry's own host, and to the token service that it names by https. A
 * host that it redirects to sees none, and no certificate of this node either.
 */
public final class HttpRegistries implements Registries, Downloads, AutoCloseable {

  private volatile RegistryConfig config;
  private final Map<String, String> environment;
  private final Timing timing;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<String, Endpoint> endpoints = new HashMap<>();
  private @Nullable Transport transport;

  /**
   * Registries as they are configured; nothing is asked yet.
   *
   * @param environment for {@code HTTP_PROXY} and its like, and of credential helpers
   */
  public HttpRegistries(RegistryConfig config, Map<String, String> environment) {
    this(config, environment, Timing.DEFAULT);
  }

  HttpRegistries(RegistryConfig config, Map<String, String> environment, Timing timing) {
    this.config = config;
    this.environment = Map.copyOf(environment);
    this.timing = timing;
  }

  /**
   * A repository; nothing is asked of its registry yet.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException BAD_IMAGE_NAME
   */
  @Override
  public Repository repository(String name) {
    RepositoryName parsed = RepositoryName.parse(name);
    return new HttpRepository(
        parsed, () -> hosts(parsed.host()), new Pauses(timing, closed), timing);
  }

  /**
   * Opens a file at a URL, as whose host's registry is configured: with its proxy, its certificates
   * and its credentials. Mirrors are of registries alone.
   */
  @Override
  public InputStream open(String url, long maxBytes) throws IOException {
    FileUrl file = new FileUrl(URI.create(url));
    if ("http".equals(file.uri().getScheme()) && !settings(file.host()).plainHttp()) {
      throw TaskException.failed(
          Problem.user(
              "PLAIN_HTTP_NOT_ALLOWED",
              url
                  + ": this node fetches nothing from "
                  + file.host()
                  + " without TLS; use https, or set plainHttp: true for that host under"
                  + " registries in the node's config"));
    }
    return FileStream.open(
        fileEndpoint(file.host()), file, maxBytes, new Pauses(timing, closed), timing);
  }

  /**
   * Speaks to hosts in other ways from now on; what is running goes on as it is. The proxies stay.
   */
  public synchronized void use(RegistryConfig other) {
    if (!other.equals(config)) {
      config = other;
      endpoints.clear();
    }
  }

  private synchronized Endpoint fileEndpoint(String host) {
    return endpoint(host);
  }

  /** The mirrors of a registry, then itself. */
  private synchronized List<Endpoint> hosts(String registry) {
    List<Endpoint> hosts = new ArrayList<>();
    for (String mirror : settings(registry).mirrors()) {
      hosts.add(endpoint(mirror));
    }
    hosts.add(endpoint(registry));
    return hosts;
  }

  private Endpoint endpoint(String host) {
    return endpoints.computeIfAbsent(
        host,
        key ->
            new Endpoint(
                key,
                settings(key),
                new CredentialSources(
                    config.dockerConfig(), new CredentialHelper(environment, timing.helper())),
                transport(),
                timing));
  }

  private Transport transport() {
    if (transport == null) {
      transport =
          new Transport(
              new Proxies(
                  config.proxy().http(),
                  config.proxy().https(),
                  config.proxy().noProxy(),
                  environment),
              timing.connect(),
              timing.headers(),
              "registry");
    }
    return transport;
  }

  private RegistryConfig.Host settings(String host) {
    return config.hosts().getOrDefault(host, RegistryConfig.Host.DEFAULT);
  }

  /** Breaks off what is running; streams that are open fail. */
  @Override
  public void close() {
    closed.countDown();
    synchronized (this) {
      if (transport != null) {
        transport.close();
      }
    }
  }
}
