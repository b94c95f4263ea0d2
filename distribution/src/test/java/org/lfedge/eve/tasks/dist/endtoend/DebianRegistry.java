package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;

/**
 * Debian's {@code docker-registry} on loopback, with TLS by a CA of its own, and a password.
 * Closing it leaves no process and no file.
 */
final class DebianRegistry implements AutoCloseable {

  static final String USER = "edge";
  static final String PASSWORD = "edge-secret";

  /** Of the password, by bcrypt; the registry takes no other form. */
  private static final String HASH = "$2b$05$abcdefghijklmnopqrstuumYprHDPgawRZyHV7pSkQlmVqhYQeuL2";

  private final Path directory;
  private final String host;
  private final Process process;
  private final HttpClient client;

  DebianRegistry() {
    try {
      directory = Files.createTempDirectory("tm-registry-");
      host = "localhost:" + freePort();
      makeCertificates();
      Files.writeString(directory.resolve("htpasswd"), USER + ":" + HASH + "\n");
      Files.writeString(directory.resolve("password"), PASSWORD + "\n");
      Files.writeString(
          directory.resolve("config.yml"),
          """
          version: 0.1
          log: {accesslog: {disabled: false}, level: error}
          storage: {filesystem: {rootdirectory: %1$s/storage}, delete: {enabled: true}}
          http:
            addr: %2$s
            tls: {certificate: %1$s/server.pem, key: %1$s/server.key}
          auth: {htpasswd: {realm: edge, path: %1$s/htpasswd}}
          """
              .formatted(directory, host));
      process =
          new ProcessBuilder("docker-registry", "serve", directory.resolve("config.yml").toString())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("log").toFile())
              .start();
      client = client();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    Programs.await("the registry to serve: " + log(), this::isServed);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void makeCertificates() {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
            + " -subj /CN=test-ca -keyout ca.key -out ca.pem");
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"
            + " -keyout server.key -out server.csr");
    write("server.ext", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
            + " -extfile server.ext -out server.pem");
  }

  private void openssl(String arguments) {
    Programs.run(List.of("sh", "-c", "cd '" + directory + "' && openssl " + arguments)).expect(0);
  }

  private void write(String file, String text) {
    try {
      Files.writeString(directory.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private HttpClient client() throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (var pem = Files.newInputStream(ca())) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(tls).build();
  }

  private boolean isServed() {
    if (!process.isAlive()) {
      throw new AssertionError("the registry ended: " + log());
    }
    try {
      return send(request("/v2/").GET().build()).statusCode() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  /** With its port, as image names have it. */
  String host() {
    return host;
  }

  /** What a node's config says of it. */
  String nodeConfig() {
    return """
        registries:
          hosts:
            "%1$s": {ca: %2$s/ca.pem, username: %3$s, passwordFile: %2$s/password}
        """
        .formatted(host, directory, USER);
  }

  Path ca() {
    return directory.resolve("ca.pem");
  }

  Path directory() {
    return directory;
  }

  /** What it was asked for so far. */
  String log() {
    Path log = directory.resolve("log");
    return Files.exists(log) ? Programs.read(log) : "";
  }

  /** How many blobs it was asked for so far. */
  long blobsServed() {
    return log().lines().filter(line -> line.matches(".*\"GET /v2/[^ ]*/blobs/[^ ]* .*")).count();
  }

  private HttpRequest.Builder request(String path) {
    String credentials = USER + ":" + PASSWORD;
    return HttpRequest.newBuilder(
            URI.create(path.startsWith("/") ? "https://" + host + path : path))
        .header(
            "Authorization",
            "Basic "
                + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Puts all blobs of some images into a repository, and gives one of their documents a tag. */
  void push(TestImages images, String repository, String tag, Descriptor target) {
    images.blobs().forEach((digest, bytes) -> pushBlob(repository, digest, bytes));
    pushDocuments(images, repository, tag, target);
  }

  private void pushBlob(String repository, String digest, byte[] bytes) {
    String location =
        expect(202, request("/v2/" + repository + "/blobs/uploads/"), "POST", new byte[0])
            .headers()
            .firstValue("Location")
            .orElseThrow();
    var unused = expect(201, request(location + "&digest=" + digest), "PUT", bytes);
  }

  /**
   * Puts a file into a repository as an artifact, as ORAS does.
   *
   * @return the URL of its blob
   */
  String pushFile(String repository, String tag, String title, byte[] bytes) {
    String digest = FixtureRegistry.digest(bytes);
    byte[] empty = "{}".getBytes(StandardCharsets.UTF_8);
    pushBlob(repository, digest, bytes);
    pushBlob(repository, FixtureRegistry.digest(empty), empty);
    String type = "application/vnd.oci.image.manifest.v1+json";
    String manifest =
        """
        {"schemaVersion": 2, "mediaType": "%s",
         "config":
           {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "%s", "size": 2},
         "layers":
           [{"mediaType": "application/octet-stream", "digest": "%s", "size": %d,
             "annotations": {"org.opencontainers.image.title": "%s"}}]}
        """
            .formatted(type, FixtureRegistry.digest(empty), digest, bytes.length, title);
    var unused =
        expect(
            201,
            request("/v2/" + repository + "/manifests/" + tag).header("Content-Type", type),
            "PUT",
            manifest.getBytes(StandardCharsets.UTF_8));
    return "https://" + host + "/v2/" + repository + "/blobs/" + digest;
  }

  /** What an index refers to must be there before it. */
  private void pushDocuments(TestImages images, String repository, String tag, Descriptor target) {
    byte[] bytes = images.blobs().getOrDefault(target.digest(), new byte[0]);
    for (var child : Programs.parse(new String(bytes, StandardCharsets.UTF_8)).path("manifests")) {
      String digest = child.path("digest").asText();
      pushDocuments(
          images,
          repository,
          digest,
          new Descriptor(child.path("mediaType").asText(), digest, child.path("size").asLong()));
    }
    var unused =
        expect(
            201,
            request("/v2/" + repository + "/manifests/" + tag)
                .header("Content-Type", target.mediaType()),
            "PUT",
            bytes);
  }

  private HttpResponse<String> expect(
      int status, HttpRequest.Builder request, String method, byte[] body) {
    HttpResponse<String> answer =
        send(
            request
                .header("Content-Type", "application/octet-stream")
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                .build());
    if (answer.statusCode() != status) {
      throw new AssertionError(answer + ": " + answer.body());
    }
    return answer;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      try (Stream<Path> paths = Files.walk(directory)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
