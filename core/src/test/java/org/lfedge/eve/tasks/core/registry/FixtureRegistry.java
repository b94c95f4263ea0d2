package org.lfedge.eve.tasks.core.registry;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A registry on a loopback port, for tests: it serves what is put in, in any repository, records
 * every request, and can be told to misbehave down to the byte.
 */
public final class FixtureRegistry implements AutoCloseable {

  private final ServerSocket server;
  private final String scheme;
  private final Map<String, Stored> blobs = new ConcurrentHashMap<>();
  private final Map<String, Stored> documents = new ConcurrentHashMap<>();
  private final Map<String, Stored> referrers = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<Planned> planned = new ArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<String> ciphers = new CopyOnWriteArrayList<>();
  private final AtomicLong bytesServed = new AtomicLong();
  private final AtomicInteger connections = new AtomicInteger();
  private final FixtureAccess access = new FixtureAccess();
  private volatile boolean closed;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Stored(String mediaType, byte[] bytes) {}

  private record Planned(String pathPart, FixtureFault fault, AtomicInteger left) {}

  /**
   * A request as it arrived.
   *
   * @param path without the query
   * @param headers by their names in small letters
   */
  public record Request(
      String method, String path, String query, SortedMap<String, String> headers, String body) {

    /** A header. */
    public Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }
  }

  private FixtureRegistry(ServerSocket server, String scheme) {
    this.server = server;
    this.scheme = scheme;
    Thread acceptor = new Thread(this::accept, "fixture-registry");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  /** Without TLS. */
  public static FixtureRegistry plain() {
    try {
      return new FixtureRegistry(new ServerSocket(0, 50, loopback()), "http");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * With TLS.
   *
   * @param wantClients whether clients must show a certificate that the context trusts
   */
  public static FixtureRegistry tls(SSLContext context, boolean wantClients) {
    try {
      SSLServerSocket server =
          (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 50, loopback());
      server.setNeedClientAuth(wantClients);
      // As most servers do: the client's order counts.
      SSLParameters parameters = server.getSSLParameters();
      parameters.setUseCipherSuitesOrder(false);
      server.setSSLParameters(parameters);
      return new FixtureRegistry(server, "https");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InetAddress loopback() throws IOException {
    return InetAddress.getByName("localhost");
  }

  /** As image names have it. */
  public String host() {
    return "localhost:" + port();
  }

  /** Where it listens. */
  public int port() {
    return server.getLocalPort();
  }

  /** The URL of a path. */
  public String url(String path) {
    return scheme + "://" + host() + path;
  }

  /** The digest of some bytes. */
  public static String digest(byte[] bytes) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Puts a blob in, and returns its digest. */
  public String blob(byte[] bytes) {
    String digest = digest(bytes);
    blobs.put(digest, new Stored("application/octet-stream", bytes));
    return digest;
  }

  /** Puts a document in, by its digest and a tag, and returns the digest. */
  public String document(String tag, String mediaType, byte[] bytes) {
    String digest = digest(bytes);
    documents.put(tag, new Stored(mediaType, bytes));
    documents.put(digest, new Stored(mediaType, bytes));
    return digest;
  }

  /** Puts in the list of what refers to a digest. */
  public void referrers(String digest, String index) {
    referrers.put(
        digest,
        new Stored(
            "application/vnd.oci.image.index.v1+json", index.getBytes(StandardCharsets.UTF_8)));
  }

  /** Answers the next requests, so many, whose path has such a part, otherwise. */
  public void misbehave(String pathPart, int times, FixtureFault fault) {
    synchronized (planned) {
      planned.add(new Planned(pathPart, fault, new AtomicInteger(times)));
    }
  }

  /** The same for all requests. */
  public void misbehave(String pathPart, FixtureFault fault) {
    misbehave(pathPart, Integer.MAX_VALUE, fault);
  }

  /** Who may have what; everyone may have everything unless it is told otherwise. */
  public FixtureAccess access() {
    return access;
  }

  /** All requests so far, also those of tokens. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** The requests whose path has such a part. */
  public List<Request> requests(String pathPart) {
    return requests.stream().filter(request -> request.path().contains(pathPart)).toList();
  }

  /** How many bytes of bodies were sent, of requests that succeeded. */
  public long bytesServed() {
    return bytesServed.get();
  }

  /** The cipher suite of each request by TLS. */
  public List<String> ciphers() {
    return List.copyOf(ciphers);
  }

  /** Behaves from now on, and knows nothing of what was asked before. */
  public void forget() {
    synchronized (planned) {
      planned.clear();
    }
    requests.clear();
    bytesServed.set(0);
  }

  /** How many connections were made. */
  public int connections() {
    return connections.get();
  }

  /** How many connections are open now. */
  public int openConnections() {
    return open.size();
  }

  @Override
  public void close() {
    closed = true;
    try {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    while (!closed) {
      try {
        Socket socket = server.accept();
        open.add(socket);
        connections.incrementAndGet();
        Thread thread = new Thread(() -> serve(socket), "fixture-connection");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        // Closed, or a client that gave up.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      Optional<Request> request = read(in);
      while (request.isPresent()) {
        requests.add(request.get());
        if (socket instanceof SSLSocket secured) {
          ciphers.add(secured.getSession().getCipherSuite());
        }
        if (!send(socket, answer(request.get()))) {
          break;
        }
        request = read(in);
      }
    } catch (IOException e) {
      // The client went away, or was not let in.
    } finally {
      open.remove(socket);
    }
  }

  private static Optional<Request> read(InputStream in) throws IOException {
    String line = line(in);
    if (line.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = line.split(" ");
    SortedMap<String, String> headers = new TreeMap<>();
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      int colon = header.indexOf(':');
      if (colon < 0) {
        throw new IOException("no HTTP");
      }
      headers.put(
          header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 1).strip());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    String[] target = parts[1].replaceFirst("^https?://[^/]*", "").split("\\?", 2);
    return Optional.of(
        new Request(parts[0], target[0], target.length > 1 ? target[1] : "", headers, body));
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      if (next != '\r') {
        line.write(next);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  private FixtureReply answer(Request request) {
    FixtureReply honest = honest(request);
    synchronized (planned) {
      for (Planned plan : planned) {
        if (request.path().contains(plan.pathPart()) && plan.left().getAndDecrement() > 0) {
          return plan.fault().instead(request, honest);
        }
      }
    }
    return honest;
  }

  private FixtureReply honest(Request request) {
    Optional<FixtureReply> refused = access.answer(request);
    if (refused.isPresent()) {
      return refused.get();
    }
    String path = request.path();
    String last = path.substring(path.lastIndexOf('/') + 1);
    Stored found = null;
    if (path.contains("/manifests/")) {
      found = documents.get(last);
    } else if (path.contains("/blobs/") || path.startsWith("/storage/")) {
      found = blobs.get(last);
    } else if (path.contains("/referrers/")) {
      found = referrers.get(last);
    }
    if (found == null) {
      return error(404, "NOT_FOUND");
    }
    return ranged(request, FixtureReply.of(200, found.mediaType(), found.bytes()));
  }

  private static FixtureReply ranged(Request request, FixtureReply whole) {
    Optional<String> range = request.header("range");
    if (range.isEmpty()) {
      return whole;
    }
    int start = Integer.parseInt(range.get().replaceAll("bytes=([0-9]+)-", "$1"));
    int size = whole.body().length;
    if (start >= size) {
      return error(416, "RANGE_INVALID").with("Content-Range", "bytes */" + size);
    }
    byte[] rest = Arrays.copyOfRange(whole.body(), start, size);
    return FixtureReply.of(206, "application/octet-stream", rest)
        .with("Content-Range", "bytes " + start + "-" + (size - 1) + "/" + size);
  }

  static FixtureReply error(int status, String code) {
    String body = "{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"so it is\"}]}";
    return FixtureReply.of(status, "application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether the connection can go on. */
  private boolean send(Socket socket, FixtureReply reply) throws IOException {
    OutputStream out = socket.getOutputStream();
    StringBuilder head = new StringBuilder("HTTP/1.1 " + reply.status() + " Fixture\r\n");
    reply.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    reply.declared().ifPresent(length -> head.append("Content-Length: " + length + "\r\n"));
    if (reply.declared().isEmpty()) {
      head.append("Connection: close\r\n");
    }
    out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    int count = (int) reply.after();
    if (reply.status() < 300) {
      // Before the client has them: it may ask for the number at once.
      bytesServed.addAndGet(count);
    }
    out.write(reply.body(), 0, count);
    out.flush();
    return switch (reply.limit()) {
      case NONE -> reply.declared().isPresent();
      case END -> false;
      case RESET -> {
        socket.setSoLinger(true, 0);
        yield false;
      }
      // Until the client gives up, which is what it is to do.
      case STALL -> socket.getInputStream().read() >= 0;
      case ENDLESS -> {
        while (!closed) {
          out.write(new byte[8192]);
        }
        yield false;
      }
    };
  }
}
