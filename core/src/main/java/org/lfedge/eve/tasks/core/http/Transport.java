package org.lfedge.eve.tasks.core.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * Sends one request and gives back its answer, whatever its status: no redirects, no credentials,
 * no second try. Clients are made when they are first needed, one for each choice of TLS, and anew
 * when its files change.
 *
 * <p>HTTP/1.1 alone: to break off a transfer is to close its connection, and no thread has to keep
 * a connection alive.
 *
 * <p>The JDK shows a proxy no password for a tunnel, as it goes there in the clear, unless the
 * property {@code jdk.http.auth.tunneling.disabledSchemes} says otherwise. Whoever configures such
 * a proxy with a password wants just that, and what the other side is told is inside of the tunnel.
 * So the property is set to nothing here before the first client is made, for the whole JVM, unless
 * it is set already. Nothing else in this program speaks to proxies.
 */
public final class Transport implements AutoCloseable {

  private static final String TUNNELING = "jdk.http.auth.tunneling.disabledSchemes";

  /** How long a connection may idle, in seconds; 20 minutes otherwise. Requests are rare. */
  private static final String KEEP_ALIVE = "jdk.httpclient.keepalive.timeout";

  private static final int THREADS = 3;
  private static final long IDLE_SECONDS = 10;

  private final Proxies proxies;
  private final Duration connect;
  private final Duration patience;
  private final ThreadPoolExecutor threads;
  private final Map<TlsFiles, Client> clients = new HashMap<>();
  private final Set<Body> bodies = ConcurrentHashMap.newKeySet();

  /**
   * A way to send requests; nothing is started before the first.
   *
   * @param connect how long is waited for a connection
   * @param patience how long is waited from the request to the head of the answer
   * @param name of the threads
   */
  public Transport(Proxies proxies, Duration connect, Duration patience, String name) {
    this.proxies = proxies;
    this.connect = connect;
    this.patience = patience;
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread result = new Thread(work, name);
              result.setDaemon(true);
              return result;
            });
    threads.allowCoreThreadTimeOut(true);
    setUnlessSet(TUNNELING, "");
    setUnlessSet(KEEP_ALIVE, "30");
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  private record Client(String state, HttpClient http) {}

  /** What is posted. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Content(String mediaType, byte[] bytes) {

    /** Fields of a form, encoded already. */
    public static Content form(String fields) {
      return new Content(
          "application/x-www-form-urlencoded", fields.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * A request.
   *
   * @param content of a POST; a GET if it is empty
   */
  public record Call(
      URI uri, Map<String, String> headers, Optional<Content> content, TlsFiles tls) {

    /** Without the headers and the query. */
    @Override
    public String toString() {
      return uri.getScheme() + "://" + uri.getAuthority() + uri.getPath();
    }
  }

  /**
   * Sends a request.
   *
   * @throws UnusableFiles if a file for TLS or the address of a proxy is of no use
   * @throws IOException if there is no answer in time
   */
  public Answer send(Call call) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(call.uri());
    request.setHeader("User-Agent", "taskmanager");
    call.headers().forEach(request::setHeader);
    try {
      proxies
          .of(call.uri())
          .flatMap(Proxies.Address::authorization)
          .ifPresent(value -> request.setHeader("Proxy-Authorization", value));
    } catch (IllegalArgumentException e) {
      throw new UnusableFiles(e);
    }
    call.content()
        .ifPresent(
            content -> {
              request.setHeader("Content-Type", content.mediaType());
              request.POST(BodyPublishers.ofByteArray(content.bytes()));
            });
    HttpResponse<Body> response =
        await(client(call.tls()).sendAsync(request.build(), head -> body()));
    return new Answer(response.statusCode(), call.uri(), response.headers(), body(response));
  }

  /**
   * A proxy that makes no tunnel gives an answer of its own, which the JDK gives without a body.
   */
  private static Body body(HttpResponse<Body> response) {
    Body body = response.body();
    if (body == null) {
      body = new Body(ended -> {});
      body.onComplete();
    }
    return body;
  }

  /** Settings that no connection can be made with. */
  public static final class UnusableFiles extends IOException {

    private static final long serialVersionUID = 1L;

    UnusableFiles(Exception cause) {
      super(cause.getMessage(), cause);
    }
  }

  private Body body() {
    Body body = new Body(bodies::remove);
    bodies.add(body);
    return body;
  }

  /** Not by the request's own timeout, which in later JDKs is one for the body as well. */
  private HttpResponse<Body> await(CompletableFuture<HttpResponse<Body>> response)
      throws IOException {
    try {
      return response.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      abandon(response);
      throw new SocketTimeoutException(
          "there was no answer within " + HttpFailures.seconds(patience));
    } catch (InterruptedException e) {
      abandon(response);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException failure) {
        throw failure;
      }
      throw new IOException(String.valueOf(cause), cause);
    }
  }

  /** The answer may come at this very moment. */
  private static void abandon(CompletableFuture<HttpResponse<Body>> response) {
    var unused = response.thenAccept(late -> body(late).cancel());
    response.cancel(true);
  }

  private HttpClient client(TlsFiles tls) throws UnusableFiles {
    synchronized (clients) {
      Client client = clients.get(tls);
      String state = tls.state();
      if (client == null || !client.state().equals(state)) {
        try {
          client = new Client(state, make(tls));
        } catch (IOException e) {
          throw new UnusableFiles(e);
        }
        clients.put(tls, client);
      }
      return client.http();
    }
  }

  private HttpClient make(TlsFiles tls) throws IOException {
    SSLContext context = tls.context();
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(connect)
        .executor(threads)
        .proxy(new Selector())
        .sslContext(context)
        .sslParameters(quickest(context))
        .build();
  }

  /**
   * TLS 1.2 and 1.3 with all that the JDK offers, ChaCha20 first: the JVM of the daemon has the
   * quick compiler alone, which does not know the CPU's instructions for AES. Most servers follow
   * the client's wish.
   */
  private static SSLParameters quickest(SSLContext context) {
    SSLParameters parameters = context.getDefaultSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    String[] suites = parameters.getCipherSuites();
    Arrays.sort(suites, Comparator.comparing(suite -> !suite.contains("CHACHA20")));
    parameters.setCipherSuites(suites);
    return parameters;
  }

  private final class Selector extends ProxySelector {

    @Override
    public List<java.net.Proxy> select(URI uri) {
      return List.of(
          proxies
              .of(uri)
              .map(proxy -> new java.net.Proxy(java.net.Proxy.Type.HTTP, proxy.socket()))
              .orElse(java.net.Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
  }

  /** Breaks off what is running. The threads end when they have nothing to do. */
  @Override
  public void close() {
    bodies.forEach(Body::cancel);
    synchronized (clients) {
      clients.clear();
    }
  }
}
