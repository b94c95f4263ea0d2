package org.lfedge.eve.tasks.core.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.Registries.Document;
import org.lfedge.eve.tasks.core.port.Registries.Repository;

class RegistryDocumentsTest {

  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final byte[] TEXT = "{\"schemaVersion\":2}".getBytes(StandardCharsets.UTF_8);

  private final FixtureRegistry registry = FixtureRegistry.plain();
  private final HttpRegistries registries = registries(QuickTiming.QUICK);

  @AfterEach
  void close() {
    registries.close();
    registry.close();
  }

  private HttpRegistries registries(Timing timing) {
    return new HttpRegistries(
        new RegistryConfig(
            Path.of("/nonexistent/config.json"),
            RegistryConfig.Proxy.OF_ENVIRONMENT,
            new TreeMap<>(Map.of(registry.host(), TestHosts.plain()))),
        Map.of(),
        timing);
  }

  private Repository repository() {
    return registries.repository(registry.host() + "/team/web");
  }

  private TaskException failure(String reference) {
    return assertThrows(TaskException.class, () -> repository().document(reference));
  }

  private void assertFails(String code, String words, String reference) {
    TaskException failure = failure(reference);
    assertEquals(code, failure.first().code(), failure.getMessage());
    assertTrue(failure.first().message().contains(words), failure.getMessage());
    assertTrue(failure.first().message().contains(registry.host()), failure.getMessage());
    assertTrue(failure.first().message().contains("team/web"), failure.getMessage());
  }

  @Test
  void aDocumentComesByItsTagAndByItsDigest() {
    String digest = registry.document("1.0", MANIFEST + "; charset=utf-8", TEXT);
    for (String reference : List.of("1.0", digest)) {
      Document document = repository().document(reference).orElseThrow();
      assertEquals(new Descriptor(MANIFEST, digest, TEXT.length), document.descriptor());
      assertArrayEquals(TEXT, document.bytes());
    }
    FixtureRegistry.Request request = registry.requests().get(0);
    assertEquals("/v2/team/web/manifests/1.0", request.path());
    assertTrue(request.header("accept").orElseThrow().contains("manifest.list.v2+json"));
    assertEquals(1, registry.connections(), "the connection was used again");
  }

  @Test
  void whatIsNotThereIsNoFailure() {
    assertEquals(Optional.empty(), repository().document("2.0"));
  }

  @Test
  void aDocumentOfAnotherDigestIsRefused() {
    String digest = registry.document("1.0", MANIFEST, TEXT);
    registry.misbehave(
        "/manifests/", (request, honest) -> honest.body("{}".getBytes(StandardCharsets.UTF_8)));
    assertFails("DIGEST_MISMATCH", digest, digest);
  }

  @Test
  void theLoginPageOfAProxyIsNoDocument() {
    registry.misbehave("/manifests/", FixtureFault.html());
    assertFails("REGISTRY_FAILED", "login page", "1.0");
  }

  @Test
  void aDocumentOfMoreThanAMebibyteIsRefused() {
    registry.document("most", MANIFEST, new byte[1 << 20]);
    registry.document("more", MANIFEST, new byte[(1 << 20) + 1]);
    assertTrue(repository().document("most").isPresent());
    assertFails("REGISTRY_FAILED", "1 MiB", "more");
    registry.misbehave(
        "/manifests/", (r, honest) -> honest.undeclared().until(FixtureReply.Limit.ENDLESS, 10));
    assertFails("REGISTRY_FAILED", "1 MiB", "most");
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void whatMayPassIsTriedAgain(int status) {
    registry.document("1.0", MANIFEST, TEXT);
    registry.misbehave("/manifests/", 3, FixtureFault.status(status));
    assertTrue(repository().document("1.0").isPresent());
    assertEquals(4, registry.requests().size());
  }

  @Test
  void triesAreBounded() {
    registry.misbehave("/manifests/", FixtureFault.status(503));
    assertFails("REGISTRY_BUSY", "503", "1.0");
    assertEquals(4, registry.requests().size());
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 402, 406, 418, 501})
  void whatWillNotPassIsNotTriedAgain(int status) {
    registry.misbehave("/manifests/", FixtureFault.status(status));
    assertFails("REGISTRY_FAILED", Integer.toString(status), "1.0");
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aRefusalSaysThatNoCredentialsWereSent() {
    registry.misbehave("/manifests/", FixtureFault.status(403));
    assertFails("REGISTRY_DENIED", "without credentials: neither", "1.0");
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aPauseThatTheRegistryAsksForIsMade() {
    registry.document("1.0", MANIFEST, TEXT);
    registry.misbehave("/manifests/", 1, FixtureFault.status(429, "Retry-After", "1"));
    long start = System.nanoTime();
    assertTrue(repository().document("1.0").isPresent());
    assertTrue(System.nanoTime() - start >= 1_000_000_000L);
  }

  @Test
  void aPauseMayBeGivenAsADate() {
    registry.document("1.0", MANIFEST, TEXT);
    registry.misbehave("/manifests/", 1, FixtureFault.status(503, "Retry-After", date(-5)));
    assertTrue(repository().document("1.0").isPresent());
    registry.misbehave("/manifests/", 1, FixtureFault.status(503, "Retry-After", date(3600)));
    TaskException busy = failure("1.0");
    assertEquals("REGISTRY_BUSY", busy.first().code());
    // The date has no fraction of a second, and a moment passes until it is read.
    assertTrue(busy.first().message().matches("(?s).*\\b(3600|359\\d) s\\b.*"), busy.getMessage());
  }

  private static String date(int secondsFromNow) {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(
        Instant.now().plusSeconds(secondsFromNow).atZone(ZoneOffset.UTC));
  }

  @Test
  void aPauseThatIsTooLongIsTold() {
    registry.misbehave("/manifests/", FixtureFault.status(429, "Retry-After", "7200"));
    assertFails("REGISTRY_BUSY", "7200 s", "1.0");
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aConnectionThatBreaksIsMadeAgain() {
    registry.document("1.0", MANIFEST, TEXT);
    registry.misbehave("/manifests/", 2, FixtureFault.until(FixtureReply.Limit.RESET, 5));
    registry.misbehave("/manifests/", 1, FixtureFault.until(FixtureReply.Limit.END, 5));
    assertArrayEquals(TEXT, repository().document("1.0").orElseThrow().bytes());
  }

  @Test
  void anAnswerThatDoesNotComeIsGivenUp() {
    try (HttpRegistries impatient = registries(QuickTiming.impatient())) {
      registry.misbehave("/manifests/", FixtureFault.until(FixtureReply.Limit.STALL, 5));
      registry.document("1.0", MANIFEST, TEXT);
      TaskException failure =
          assertThrows(
              TaskException.class,
              () -> impatient.repository(registry.host() + "/team/web").document("1.0"));
      assertEquals("REGISTRY_UNREACHABLE", failure.first().code());
      // On a busy machine not even the head of the answer may have come by then.
      assertTrue(
          failure.first().message().matches("(?s).*(no bytes came for|no answer within) 300 ms.*"),
          failure.getMessage());
    }
  }

  @Test
  void aRegistryThatIsNotThereIsUnreachable() {
    registry.close();
    assertFails("REGISTRY_UNREACHABLE", "refused", "1.0");
  }

  @Test
  void redirectsAreFollowedAFewTimes() {
    registry.document("1.0", MANIFEST, TEXT);
    registry.document("moved", MANIFEST, TEXT);
    registry.misbehave("/manifests/1.0", FixtureFault.redirect("/v2/team/web/manifests/moved"));
    assertArrayEquals(TEXT, repository().document("1.0").orElseThrow().bytes());
    registry.misbehave(
        "/manifests/loop",
        FixtureFault.redirect(registry.url("/v2/team/web/manifests/loop?secret=1")));
    assertFails("REGISTRY_FAILED", "redirects more than 5 times", "loop");
    assertEquals(6, registry.requests("/manifests/loop").size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://x/y",
        "http://u:p@localhost/z",
        "http://[bad/?secret",
        "http://localhost:99999/?secret",
        "mailto:me"
      })
  void redirectsToWhatIsNoRegistryAreNotFollowed(String target) {
    registry.misbehave("/manifests/", FixtureFault.redirect(target));
    assertFails("REGISTRY_FAILED", "redirects to what is no", "1.0");
    assertTrue(!failure("1.0").first().message().contains("secret"));
  }

  @Test
  void whatRefersToADigestIsListed() {
    String digest = registry.document("1.0", MANIFEST, TEXT);
    String entry = "{\"mediaType\":\"m\",\"digest\":\"" + digest + "\",\"size\":7,\"more\":[]}";
    registry.referrers(digest, "{\"manifests\":[" + entry + ",{\"digest\":\"x\"}]}");
    assertEquals(List.of(new Descriptor("m", digest, 7)), repository().referrers(digest));
  }

  @Test
  void whatRefersToADigestMayComeInPages() {
    String digest = registry.document("1.0", MANIFEST, TEXT);
    String path = "/v2/team/web/referrers/" + digest;
    String entry = "{\"mediaType\":\"m\",\"digest\":\"" + digest + "\",\"size\":7}";
    registry.referrers(digest, "{\"manifests\":[" + entry + "]}");
    registry.misbehave(
        "/referrers/",
        (request, honest) ->
            request.query().isEmpty()
                ? honest.with("Link", "<" + path + "?last=a>; rel=\"next\"")
                : request.query().equals("last=a")
                    ? honest.with("Link", "<" + registry.url(path) + "?last=b>; rel=next")
                    : honest.with("Link", "</v2/other/referrers/x>; rel=\"next\""));
    assertEquals(3, repository().referrers(digest).size());
    assertEquals(3, registry.requests().size());
  }

  @Test
  void whatRefersToADigestIsNotListedWithoutEnd() {
    String digest = registry.document("1.0", MANIFEST, TEXT);
    String path = "/v2/team/web/referrers/" + digest;
    String entry = "{\"mediaType\":\"m\",\"digest\":\"" + digest + "\",\"size\":7}";
    registry.referrers(digest, "{\"manifests\":[" + (entry + ",").repeat(1999) + entry + "]}");
    registry.misbehave(
        "/referrers/", (request, honest) -> honest.with("Link", "<" + path + ">; rel=\"next\""));
    assertEquals(2000, repository().referrers(digest).size(), "and no further page");

    registry.referrers(digest, "{\"manifests\":[" + "{},".repeat(200_000) + "{}]}");
    TaskException failure = assertThrows(TaskException.class, () -> repository().referrers(digest));
    assertEquals("REGISTRY_FAILED", failure.first().code());
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 400, 405})
  void aRegistryThatCannotTellMayHaveATag(int status) {
    String digest = registry.document("1.0", MANIFEST, TEXT);
    registry.misbehave("/referrers/", FixtureFault.status(status));
    assertEquals(List.of(), repository().referrers(digest));
    String entry = "{\"mediaType\":\"m\",\"digest\":\"" + digest + "\",\"size\":7}";
    registry.document(
        digest.replace(':', '-'),
        "application/vnd.oci.image.index.v1+json",
        ("{\"manifests\":[" + entry + "]}").getBytes(StandardCharsets.UTF_8));
    assertEquals(List.of(new Descriptor("m", digest, 7)), repository().referrers(digest));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"web", "/web", "host/", "host/../x", "host/UPPER", "ho st/web", "a@b/web"})
  void namesThatAreNoneAreRefused(String name) {
    TaskException failure = assertThrows(TaskException.class, () -> registries.repository(name));
    assertEquals("BAD_IMAGE_NAME", failure.first().code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"host:99999", "a..b", "1.2.3", "[::::1]", "a-.b"})
  void hostsThatAreNoneAreRefused(String host) {
    Repository repository = registries.repository(host + "/web");
    TaskException failure = assertThrows(TaskException.class, () -> repository.document("1.0"));
    assertEquals("BAD_IMAGE_NAME", failure.first().code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "../x", "sha256:abc", "a?b", "-x"})
  void referencesThatAreNoneAreRefused(String reference) {
    assertEquals("BAD_REFERENCE", failure(reference).first().code());
    assertEquals(List.of(), registry.requests());
  }
}
