package org.lfedge.eve.tasks.core.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.Registries.Repository;

class RegistryMirrorsTest {

  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final byte[] TEXT = "{}".getBytes(StandardCharsets.UTF_8);

  private final FixtureRegistry mirror = FixtureRegistry.plain();
  private final FixtureRegistry registry = FixtureRegistry.plain();
  private final HttpRegistries registries =
      new HttpRegistries(
          new RegistryConfig(
              Path.of("/nonexistent/config.json"),
              RegistryConfig.Proxy.OF_ENVIRONMENT,
              new TreeMap<>(
                  Map.of(
                      registry.host(), TestHosts.plain(mirror.host()),
                      mirror.host(), TestHosts.plain()))),
          Map.of(),
          QuickTiming.QUICK);
  private final Repository repository = registries.repository(registry.host() + "/team/web");

  @AfterEach
  void close() {
    registries.close();
    mirror.close();
    registry.close();
  }

  @Test
  void aMirrorIsAskedFirst() throws IOException {
    mirror.document("1.0", MANIFEST, TEXT);
    Descriptor blob = new Descriptor("m", mirror.blob(TEXT), TEXT.length);
    assertTrue(repository.document("1.0").isPresent());
    try (InputStream in = repository.open(blob, 0)) {
      assertArrayEquals(TEXT, in.readAllBytes());
    }
    assertEquals(List.of(), registry.requests());
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 401, 403, 500, 503, 418})
  void theRegistryIsAskedWhenAMirrorIsOfNoUse(int status) throws IOException {
    mirror.misbehave("/v2/", FixtureFault.status(status));
    registry.document("1.0", MANIFEST, TEXT);
    Descriptor blob = new Descriptor("m", registry.blob(TEXT), TEXT.length);
    assertTrue(repository.document("1.0").isPresent());
    try (InputStream in = repository.open(blob, 0)) {
      assertArrayEquals(TEXT, in.readAllBytes());
    }
  }

  @Test
  void theRegistryIsAskedWhenAMirrorIsNotThere() {
    mirror.close();
    registry.document("1.0", MANIFEST, TEXT);
    assertTrue(repository.document("1.0").isPresent());
  }

  @Test
  void aMirrorThatGivesSomethingElseIsPassedOver() {
    String digest = registry.document("1.0", MANIFEST, TEXT);
    mirror.document("1.0", MANIFEST, TEXT);
    mirror.misbehave(
        "/manifests/", (request, honest) -> honest.body("[]".getBytes(StandardCharsets.UTF_8)));
    assertEquals(digest, repository.document(digest).orElseThrow().descriptor().digest());
  }

  @Test
  void aBlobGoesOnAtTheRegistryWhereAMirrorBroke() throws IOException {
    byte[] bytes = new byte[200_000];
    Descriptor blob = new Descriptor("m", registry.blob(bytes), bytes.length);
    mirror.blob(bytes);
    mirror.misbehave("/blobs/", 1, FixtureFault.until(FixtureReply.Limit.END, 70_000));
    mirror.misbehave("/blobs/", FixtureFault.status(500));
    try (InputStream in = repository.open(blob, 0)) {
      assertArrayEquals(bytes, in.readAllBytes());
    }
    assertEquals("bytes=70000-", registry.requests().get(0).header("range").orElseThrow());
  }

  @Test
  void whenNobodyAnswersAllAreTold() {
    mirror.close();
    registry.misbehave("/v2/", FixtureFault.status(403));
    TaskException failure = assertThrows(TaskException.class, () -> repository.document("1.0"));
    assertEquals(
        List.of("REGISTRY_DENIED", "REGISTRY_UNREACHABLE"),
        failure.problems().stream().map(Problem::code).toList());
  }

  @Test
  void whatRefersToADigestIsTakenFromWhoKnowsSome() {
    String digest = registry.document("1.0", MANIFEST, TEXT);
    mirror.referrers(digest, "{\"manifests\":[]}");
    registry.referrers(
        digest, "{\"manifests\":[{\"mediaType\":\"m\",\"digest\":\"" + digest + "\",\"size\":2}]}");
    assertEquals(List.of(new Descriptor("m", digest, 2)), repository.referrers(digest));
  }
}
