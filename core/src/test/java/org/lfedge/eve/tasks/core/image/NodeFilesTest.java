package org.lfedge.eve.tasks.core.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.TaskDocument.Pull;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Requirement;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Rule;
import org.lfedge.eve.tasks.core.port.FetchedFiles.Kept;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.registry.FixtureFault;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;
import org.lfedge.eve.tasks.core.registry.FixtureReply;
import org.lfedge.eve.tasks.core.registry.HttpRegistries;
import org.lfedge.eve.tasks.core.registry.RegistryConfig;

/** Files that are fetched, from a server by HTTP and on a disk. */
class NodeFilesTest {

  private static final byte[] JAR = "a JAR, for all that is known".repeat(9000).getBytes(UTF_8);
  private static final byte[] OTHER = "another".getBytes(UTF_8);
  private static final String FILE = "application/java-archive";

  @TempDir Path directory;
  private final FixtureRegistry server = FixtureRegistry.plain();
  private final HttpRegistries registries = registries();

  private HttpRegistries registries() {
    RegistryConfig.Host host = RegistryConfig.Host.DEFAULT;
    return new HttpRegistries(
        new RegistryConfig(
            Path.of("/nonexistent/config.json"),
            RegistryConfig.Proxy.OF_ENVIRONMENT,
            new TreeMap<>(
                Map.of(
                    server.host(),
                    new RegistryConfig.Host(
                        true,
                        host.mirrors(),
                        host.ca(),
                        host.clientCertificate(),
                        host.clientKey(),
                        host.username(),
                        host.passwordFile(),
                        host.credentialHelper())))),
        Map.of());
  }

  @AfterEach
  void close() {
    registries.close();
    server.close();
  }

  private NodeFiles files(TrustPolicy trust, long maxBytes) {
    return new NodeFiles(directory.resolve("files"), registries, registries, trust, maxBytes);
  }

  private NodeFiles files() {
    return files(TrustPolicy.DEFAULT, NodeFiles.MAX_BYTES);
  }

  private FileOrigin url(byte[] bytes) {
    String digest = server.blob(bytes);
    return new FileOrigin.Url(server.url("/storage/" + digest), digest);
  }

  private FileOrigin artifact(String tag) {
    return new FileOrigin.Artifact(server.host() + "/team/app:" + tag, Pull.MISSING);
  }

  /** Puts in an artifact, and returns the digest of its manifest. */
  private String putWith(String config, String tag, String... layers) {
    return server.document(
        tag,
        MediaTypes.OCI_MANIFEST,
        """
        {"schemaVersion": 2, "mediaType": "%s",
         "config": {"mediaType": "%s", "digest": "%s", "size": 2}, "layers": [%s]}
        """
            .formatted(
                MediaTypes.OCI_MANIFEST,
                config,
                server.blob("{}".getBytes(UTF_8)),
                String.join(", ", layers))
            .getBytes(UTF_8));
  }

  private String put(String tag, String... layers) {
    return putWith("application/vnd.oci.empty.v1+json", tag, layers);
  }

  private String layer(byte[] bytes, String mediaType, Optional<String> title) {
    return "{\"mediaType\": \"%s\", \"digest\": \"%s\", \"size\": %d%s}"
        .formatted(
            mediaType,
            server.blob(bytes),
            bytes.length,
            title
                .map(
                    name ->
                        ", \"annotations\": {\"org.opencontainers.image.title\": \"" + name + "\"}")
                .orElse(""));
  }

  private String layer(byte[] bytes, String title) {
    return layer(bytes, FILE, Optional.of(title));
  }

  private static Kept fetch(NodeFiles files, FileOrigin from) {
    return files.fetch(from, Format.JAR, PullProgress.NONE);
  }

  private static TaskException refusal(NodeFiles files, FileOrigin from) {
    return assertThrows(TaskException.class, () -> fetch(files, from));
  }

  /** All that is there. */
  private List<String> there() {
    Path top = directory.resolve("files");
    try (Stream<Path> found = Files.walk(top)) {
      return found
          .filter(Files::isRegularFile)
          .map(file -> top.relativize(file).toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aFileByUrlIsKeptByItsDigestForReading() throws IOException {
    NodeFiles files = files();
    FileOrigin url = url(JAR);
    assertEquals(Optional.empty(), files.find(url, Format.JAR));
    Kept kept = fetch(files, url);
    assertEquals(url.digest().orElseThrow(), kept.digest());
    assertArrayEquals(JAR, Files.readAllBytes(kept.path()));
    assertEquals(
        "r--r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept.path())));
    assertEquals(
        NodeFiles.directory(directory.resolve("files")).resolve(Digests.hex(kept.digest())),
        kept.path());
    assertEquals(Optional.of(kept), files.find(url, Format.JAR));
    assertEquals(kept, fetch(files, url));
    assertEquals(1, server.requests().size());
    assertEquals(Optional.of(kept), files().find(url, Format.JAR), "after a start of the daemon");
  }

  @Test
  void aConnectionThatBreaksDoesNoHarm() throws IOException {
    FileOrigin url = url(JAR);
    server.misbehave("/storage/", 1, FixtureFault.until(FixtureReply.Limit.RESET, 100_000));
    assertArrayEquals(JAR, Files.readAllBytes(fetch(files(), url).path()));
    assertEquals(2, server.requests().size());
  }

  @Test
  void anotherContentIsRefusedAndNothingIsLeft() {
    FileOrigin url = url(JAR);
    server.misbehave("/storage/", (request, honest) -> honest.body(OTHER));
    TaskException refusal = refusal(files(), url);
    assertEquals("DIGEST_MISMATCH", refusal.first().code());
    assertTrue(refusal.getMessage().contains(Digests.of(OTHER)), refusal.getMessage());
    assertEquals(List.of(), there());
  }

  @Test
  void whatIsTooLargeIsRefusedAndNothingIsLeft() {
    NodeFiles small = files(TrustPolicy.DEFAULT, JAR.length - 1);
    assertEquals("FILE_TOO_LARGE", refusal(small, url(JAR)).first().code());
    put("1", layer(JAR, "app.jar"));
    assertEquals("FILE_TOO_LARGE", refusal(small, artifact("1")).first().code());
    assertEquals(List.of(), there());
    Kept fits = fetch(files(TrustPolicy.DEFAULT, JAR.length), url(JAR));
    assertEquals(Digests.of(JAR), fits.digest());
  }

  @Test
  void whatAKilledDaemonLeftHalfMadeIsRemoved() throws IOException {
    Path left = directory.resolve("files/unfinished/" + "0".repeat(64));
    Files.createDirectories(left.getParent());
    Files.writeString(left, "half");
    NodeFiles unused = files();
    assertEquals(List.of(), there());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.oci.empty.v1+json",
        "application/vnd.unknown.config.v1+json",
        "application/vnd.oci.image.config.v1+json"
      })
  void theOnlyLayerOfAnArtifactIsTheFile(String config) throws IOException {
    String manifest = putWith(config, "1", layer(JAR, FILE, Optional.empty()));
    NodeFiles files = files();
    Kept kept = fetch(files, artifact("1"));
    assertArrayEquals(JAR, Files.readAllBytes(kept.path()));
    assertEquals(Optional.of(manifest), kept.manifest());
    assertEquals(Digests.of(JAR), kept.digest());
    server.forget();
    assertEquals(Optional.of(kept), files().find(artifact("1"), Format.JAR));
    assertEquals(Optional.of(kept.digest()), files.digest(artifact("1"), Format.JAR));
    assertEquals(List.of(), server.requests(), "the registry is not needed");
  }

  @Test
  void filesOfOrasMayHaveTheMediaTypeOfLayers() throws IOException {
    put("1", layer(JAR, MediaTypes.OCI_LAYER, Optional.of("app.jar")));
    assertArrayEquals(JAR, Files.readAllBytes(fetch(files(), artifact("1")).path()));
  }

  @ParameterizedTest
  @CsvSource({
    "application/vnd.oci.image.layer.v1.tar, ''",
    "application/vnd.oci.image.layer.v1.tar+gzip, directory",
    "application/vnd.docker.image.rootfs.diff.tar.gzip, ''"
  })
  void anImageIsNoFile(String mediaType, String title) {
    putWith(
        MediaTypes.OCI_CONFIG,
        "1",
        layer(JAR, mediaType, Optional.of(title).filter(name -> !name.isEmpty())));
    assertEquals("NOT_AN_ARTIFACT", refusal(files(), artifact("1")).first().code());
    assertEquals(List.of(), there());
  }

  @Test
  void anIndexIsNoFile() {
    server.document(
        "1",
        MediaTypes.OCI_INDEX,
        ("{\"schemaVersion\": 2, \"mediaType\": \""
                + MediaTypes.OCI_INDEX
                + "\", \"manifests\": []}")
            .getBytes(UTF_8));
    assertEquals("NOT_AN_ARTIFACT", refusal(files(), artifact("1")).first().code());
  }

  @Test
  void ofSeveralLayersTheOneWithTheNameOfTheFormatIsTaken() throws IOException {
    put("1", layer(OTHER, "README.md"), layer(JAR, "App-1.0.JAR"), layer(OTHER, "disk.qcow2"));
    NodeFiles files = files();
    Kept jar = fetch(files, artifact("1"));
    assertEquals(Digests.of(JAR), jar.digest());
    Kept disk = files.fetch(artifact("1"), Format.QCOW2, PullProgress.NONE);
    assertEquals(Digests.of(OTHER), disk.digest());
    assertEquals(Optional.of(jar), files.find(artifact("1"), Format.JAR));
    assertEquals(Optional.of(disk), files.find(artifact("1"), Format.QCOW2));
  }

  @Test
  void whereNoneOrSeveralHaveSuchANameThereIsNoGuess() {
    put("none", layer(JAR, "a"), layer(OTHER, "b"));
    put("several", layer(JAR, "a.jar"), layer(OTHER, "b.jar"));
    put("empty");
    for (String tag : List.of("none", "several", "empty")) {
      assertEquals("AMBIGUOUS_ARTIFACT", refusal(files(), artifact(tag)).first().code(), tag);
    }
    TaskException refusal = refusal(files(), artifact("several"));
    assertTrue(refusal.getMessage().contains("[a.jar, b.jar]"), refusal.getMessage());
  }

  @Test
  void anArtifactThatIsNotThereIsAFaultOfWhoeverNamedIt() {
    assertEquals("IMAGE_NOT_IN_REGISTRY", refusal(files(), artifact("9")).first().code());
    FileOrigin digest = new FileOrigin.Artifact(Digests.of(JAR), Pull.MISSING);
    assertEquals("BAD_IMAGE_NAME", refusal(files(), digest).first().code());
  }

  @Test
  void aDamagedBlobOfARegistryIsRefused() {
    put("1", layer(JAR, "app.jar"));
    byte[] damaged = JAR.clone();
    damaged[7]++;
    server.misbehave("/blobs/", (request, honest) -> honest.body(damaged));
    assertEquals("DIGEST_MISMATCH", refusal(files(), artifact("1")).first().code());
    assertEquals(List.of(), there());
  }

  @Test
  void aTagThatMovedIsFollowedWhenItIsFetchedAgain() {
    NodeFiles files = files();
    put("1", layer(JAR, "app.jar"));
    Kept before = fetch(files, artifact("1"));
    String second = put("1", layer(OTHER, "app.jar"));
    assertEquals(Optional.of(before), files.find(artifact("1"), Format.JAR));
    Kept after = fetch(files, artifact("1"));
    assertEquals(Optional.of(second), after.manifest());
    assertEquals(Optional.of(after), files.find(artifact("1"), Format.JAR));
  }

  @Test
  void theTrustPolicyHoldsForArtifactsAndUrls() {
    FileOrigin url = url(JAR);
    String manifest = put("1", layer(JAR, "app.jar"));
    fetch(files(), url);
    fetch(files(), artifact("1"));
    NodeFiles strict = files(rule(new Requirement.Digest()), NodeFiles.MAX_BYTES);
    assertEquals("DIGEST_REQUIRED", refusal(strict, artifact("1")).first().code());
    assertEquals(
        "DIGEST_REQUIRED",
        assertThrows(TaskException.class, () -> strict.find(artifact("1"), Format.JAR))
            .first()
            .code());
    Kept pinned = fetch(strict, artifact("1@" + manifest));
    assertEquals("digest", pinned.trust().requirement());
    assertEquals("digest", fetch(strict, url).trust().requirement());
  }

  private TrustPolicy rule(Requirement requirement) {
    return new TrustPolicy(List.of(new Rule(server.host() + "/*", requirement)), List.of());
  }

  @Test
  void whatNoTaskHasIsRemovedWithWhatIsKnownOfIt() {
    NodeFiles files = files();
    put("1", layer(JAR, "app.jar"));
    Kept jar = fetch(files, artifact("1"));
    Kept other = fetch(files, url(OTHER));
    assertEquals(3, there().size());
    files.keepOnly(new TreeSet<>(List.of(jar.digest())));
    assertEquals(Optional.empty(), files.find(url(OTHER), Format.JAR));
    assertEquals(Optional.of(jar), files.find(artifact("1"), Format.JAR));
    files.keepOnly(new TreeSet<>(List.of(other.digest())));
    assertEquals(List.of(), there());
    assertEquals(Optional.empty(), files.digest(artifact("1"), Format.JAR));
  }

  @Test
  void whatIsKnownOfAnArtifactAndCannotBeReadIsAskedForAgain() throws IOException {
    NodeFiles files = files();
    put("1", layer(JAR, "app.jar"));
    Kept jar = fetch(files, artifact("1"));
    for (String name : there()) {
      if (name.startsWith("artifacts/")) {
        Files.writeString(directory.resolve("files").resolve(name), "{");
      }
    }
    assertEquals(Optional.empty(), files.find(artifact("1"), Format.JAR));
    assertEquals(jar, fetch(files, artifact("1")));
    assertEquals(Optional.of(jar), files.find(artifact("1"), Format.JAR));
  }

  @Test
  void oneFileIsFetchedOnceByManyAtATime() throws InterruptedException {
    NodeFiles files = files();
    FileOrigin url = url(JAR);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread thread = new Thread(() -> fetch(files, url));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(1, server.requests().size());
  }
}
