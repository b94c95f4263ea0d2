package org.lfedge.eve.tasks.core.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.Registries.Document;
import org.lfedge.eve.tasks.core.port.Registries.Repository;

/** Against a real registry: Debian's package docker-registry. */
class DebianRegistryIT {

  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  /** edge:secret, by htpasswd -B. */
  private static final String HTPASSWD =
      "edge:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";

  private final HttpClient pusher = HttpClient.newHttpClient();
  private String host = "";
  private Optional<Process> registry = Optional.empty();

  @TempDir Path directory;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    host = "127.0.0.1:" + port;
    Files.writeString(directory.resolve("htpasswd"), HTPASSWD);
    Files.writeString(directory.resolve("password"), "secret\n");
    Path config = directory.resolve("config.yml");
    Files.writeString(
        config,
        String.format(
            """
            version: 0.1
            storage: {filesystem: {rootdirectory: %1$s/data}}
            http: {addr: "%2$s"}
            auth: {htpasswd: {realm: test, path: %1$s/htpasswd}}
            """,
            directory, host));
    registry =
        Optional.of(
            new ProcessBuilder("docker-registry", "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start());
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!answers()) {
      assertTrue(System.nanoTime() < end, Files.readString(directory.resolve("log")));
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private boolean answers() throws InterruptedException {
    try {
      return send(request("/v2/").GET()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (registry.isPresent()) {
      registry.get().destroyForcibly().waitFor();
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(path.startsWith("/") ? "http://" + host + path : path))
        .header("Authorization", FixtureAccess.basic("edge:secret"));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return pusher.send(request.build(), BodyHandlers.ofString());
  }

  private Descriptor push(byte[] bytes) throws IOException, InterruptedException {
    String digest = FixtureRegistry.digest(bytes);
    String upload =
        send(request("/v2/team/web/blobs/uploads/").POST(BodyPublishers.noBody()))
            .headers()
            .firstValue("Location")
            .orElseThrow();
    HttpResponse<String> answer =
        send(
            request(upload + (upload.contains("?") ? "&" : "?") + "digest=" + digest)
                .header("Content-Type", "application/octet-stream")
                .PUT(BodyPublishers.ofByteArray(bytes)));
    assertEquals(201, answer.statusCode(), answer.body());
    return new Descriptor("application/octet-stream", digest, bytes.length);
  }

  private static String json(String mediaType, Descriptor blob) {
    return String.format(
        "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}",
        mediaType, blob.digest(), blob.size());
  }

  @Test
  void anImageIsFetchedAsItWasPushed() throws IOException, InterruptedException {
    byte[] layer = new byte[3_000_000];
    new Random(1).nextBytes(layer);
    Descriptor layerBlob = push(layer);
    Descriptor config = push("{}".getBytes(StandardCharsets.UTF_8));
    String manifest =
        String.format(
            "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}",
            MANIFEST,
            json("application/vnd.oci.image.config.v1+json", config),
            json("application/vnd.oci.image.layer.v1.tar", layerBlob));
    HttpResponse<String> pushed =
        send(
            request("/v2/team/web/manifests/1.0")
                .header("Content-Type", MANIFEST)
                .PUT(BodyPublishers.ofString(manifest)));
    assertEquals(201, pushed.statusCode(), pushed.body());

    RegistryConfig.Host login = TestHosts.login("edge", directory.resolve("password"));
    try (HttpRegistries registries = registries(login)) {
      Repository repository = registries.repository(host + "/team/web");
      Document document = repository.document("1.0").orElseThrow();
      assertEquals(MANIFEST, document.descriptor().mediaType());
      assertEquals(manifest, new String(document.bytes(), StandardCharsets.UTF_8));
      assertTrue(repository.document(document.descriptor().digest()).isPresent());
      assertEquals(Optional.empty(), repository.document("2.0"));
      assertEquals(List.of(), repository.referrers(document.descriptor().digest()));
      try (InputStream in = repository.open(layerBlob, 0)) {
        assertArrayEquals(layer, in.readAllBytes());
      }
      try (InputStream in = repository.open(layerBlob, 1_234_567)) {
        assertArrayEquals(Arrays.copyOfRange(layer, 1_234_567, layer.length), in.readAllBytes());
      }
    }
    try (HttpRegistries registries = registries(TestHosts.plain())) {
      Repository repository = registries.repository(host + "/team/web");
      TaskException failure = assertThrows(TaskException.class, () -> repository.document("1.0"));
      assertEquals("REGISTRY_DENIED", failure.first().code());
    }
  }

  private HttpRegistries registries(RegistryConfig.Host settings) {
    return new HttpRegistries(
        new RegistryConfig(
            Path.of("/nonexistent/config.json"),
            RegistryConfig.Proxy.OF_ENVIRONMENT,
            new TreeMap<>(Map.of(host, settings))),
        Map.of());
  }
}
