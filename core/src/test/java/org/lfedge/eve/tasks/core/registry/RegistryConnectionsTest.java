package org.lfedge.eve.tasks.core.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.RegistryConfig.Host;

/** TLS and proxies. */
class RegistryConnectionsTest {

  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final byte[] TEXT = "{}".getBytes(StandardCharsets.UTF_8);
  private static final String PROXY_LOGIN = "us er:p@ss";
  private static final String PROXY_LOGIN_IN_URL = "us%20er:p%40ss@";
  private static final Optional<Path> NONE = Optional.empty();

  @TempDir static Path directory;
  private static @Nullable FixtureCertificates made;

  private final FixtureRegistry plain = FixtureRegistry.plain();
  private final FixtureRegistry secure = FixtureRegistry.tls(certificates().server(), false);
  private final FixtureRegistry mutual = FixtureRegistry.tls(certificates().server(), true);

  @BeforeAll
  static void make() {
    made = new FixtureCertificates(directory);
  }

  private static FixtureCertificates certificates() {
    return Objects.requireNonNull(made);
  }

  @AfterEach
  void close() {
    plain.close();
    secure.close();
    mutual.close();
  }

  private static HttpRegistries registries(
      Map<String, Host> hosts, RegistryConfig.Proxy proxy, Map<String, String> environment) {
    return new HttpRegistries(
        new RegistryConfig(Path.of("/nonexistent/config.json"), proxy, new TreeMap<>(hosts)),
        environment,
        QuickTiming.QUICK);
  }

  private static void pull(String host, Host settings, Map<String, String> environment) {
    try (HttpRegistries registries =
        registries(Map.of(host, settings), RegistryConfig.Proxy.OF_ENVIRONMENT, environment)) {
      assertTrue(registries.repository(host + "/web").document("1.0").isPresent());
    }
  }

  private static String failure(
      String code, String host, Host settings, Map<String, String> environment) {
    TaskException failure =
        assertThrows(TaskException.class, () -> pull(host, settings, environment));
    assertEquals(code, failure.first().code(), failure.getMessage());
    return failure.first().message();
  }

  private static Host trusting() {
    return TestHosts.tls(Optional.of(certificates().ca()), NONE, NONE);
  }

  private static Host identified() {
    return TestHosts.tls(
        Optional.of(certificates().ca()),
        Optional.of(certificates().clientCertificate()),
        Optional.of(certificates().clientKey()));
  }

  @Test
  void aPrivateCaIsTrustedWhereItIsNamed() {
    secure.document("1.0", MANIFEST, TEXT);
    pull(secure.host(), trusting(), Map.of());
    String message = failure("REGISTRY_UNREACHABLE", secure.host(), Host.DEFAULT, Map.of());
    assertTrue(message.contains("private CA, name that by ca"), message);
    assertEquals(2, secure.connections(), "it is not tried again");
  }

  @Test
  void theCipherThatIsQuickWithoutHelpOfTheCpuIsPreferred() {
    secure.document("1.0", MANIFEST, TEXT);
    pull(secure.host(), trusting(), Map.of());
    assertEquals(List.of("TLS_CHACHA20_POLY1305_SHA256"), secure.ciphers());
  }

  @Test
  void aCertificateOfAnotherHostIsRefused() {
    secure.document("1.0", MANIFEST, TEXT);
    try (FixtureProxy proxy = new FixtureProxy(Optional.empty())) {
      failure(
          "REGISTRY_UNREACHABLE",
          "other.test:" + secure.port(),
          trusting(),
          Map.of("HTTPS_PROXY", proxy.address()));
    }
    assertEquals(List.of(), secure.requests());
  }

  @Test
  void whatIsReadIsNotReadInTheClear() {
    plain.document("1.0", MANIFEST, TEXT);
    String message = failure("REGISTRY_UNREACHABLE", plain.host(), Host.DEFAULT, Map.of());
    assertTrue(message.contains("plainHttp"), message);
    assertEquals(List.of(), plain.requests("/v2/"));
  }

  @Test
  void aClientCertificateIsShownToTheRegistryAlone() {
    mutual.document("1.0", MANIFEST, TEXT);
    pull(mutual.host(), identified(), Map.of());
    failure("REGISTRY_UNREACHABLE", mutual.host(), trusting(), Map.of());
    secure.misbehave("/manifests/", FixtureFault.redirect(mutual.url("/v2/web/manifests/1.0")));
    mutual.forget();
    String message = failure("REGISTRY_UNREACHABLE", secure.host(), identified(), Map.of());
    assertTrue(message.contains("which it refers to"), message);
    assertEquals(List.of(), mutual.requests());
  }

  @Test
  void filesForTlsMayBeChanged() throws IOException {
    secure.document("1.0", MANIFEST, TEXT);
    Path ca = directory.resolve("changing.pem");
    Files.writeString(ca, "no certificate");
    String host = secure.host();
    try (HttpRegistries registries =
        registries(
            Map.of(host, TestHosts.tls(Optional.of(ca), NONE, NONE)),
            RegistryConfig.Proxy.OF_ENVIRONMENT,
            Map.of())) {
      TaskException failure =
          assertThrows(
              TaskException.class, () -> registries.repository(host + "/web").document("1.0"));
      assertEquals("REGISTRY_SETUP", failure.first().code());
      assertTrue(failure.first().message().contains(ca.toString()), failure.getMessage());
      Files.copy(certificates().ca(), ca, StandardCopyOption.REPLACE_EXISTING);
      assertTrue(registries.repository(host + "/web").document("1.0").isPresent());
    }
  }

  @Test
  void aKeyThatIsNoneIsTold() throws IOException {
    Path key = directory.resolve("none.key");
    Files.writeString(key, "-----BEGIN RSA PRIVATE KEY-----\nhunter\n");
    Host host =
        TestHosts.tls(NONE, Optional.of(certificates().clientCertificate()), Optional.of(key));
    String message = failure("REGISTRY_SETUP", secure.host(), host, Map.of());
    assertTrue(message.contains("PKCS#8"), message);
    assertFalse(message.contains("hunter"), message);
  }

  @Test
  void aRedirectFromHttpsToHttpIsNotFollowed() {
    plain.document("1.0", MANIFEST, TEXT);
    secure.misbehave(
        "/manifests/", FixtureFault.redirect(plain.url("/v2/web/manifests/1.0?s=hunter")));
    String message = failure("REGISTRY_FAILED", secure.host(), trusting(), Map.of());
    assertTrue(message.contains("from https to http"), message);
    assertFalse(message.contains("hunter"), message);
    assertEquals(List.of(), plain.requests());
  }

  @Test
  void aTokenServiceWithoutTlsIsNotAsked() {
    plain.document("1.0", MANIFEST, TEXT);
    secure.access().wantBearer(plain.url("/token"), Optional.empty(), "", 60);
    String message = failure("REGISTRY_FAILED", secure.host(), trusting(), Map.of());
    assertTrue(message.contains("https"), message);
    assertEquals(List.of(), plain.requests());
  }

  @Test
  void blobsComeByTlsAndResume() throws IOException {
    byte[] bytes = new byte[500_000];
    String digest = secure.blob(bytes);
    secure.misbehave("/blobs/", FixtureFault.until(FixtureReply.Limit.RESET, 100_000));
    String host = secure.host();
    try (HttpRegistries registries =
            registries(Map.of(host, trusting()), RegistryConfig.Proxy.OF_ENVIRONMENT, Map.of());
        InputStream in =
            registries
                .repository(host + "/web")
                .open(new Descriptor("m", digest, bytes.length), 0)) {
      assertArrayEquals(bytes, in.readAllBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", PROXY_LOGIN_IN_URL})
  void plainRegistriesAreReachedThroughAProxy(String login) {
    plain.document("1.0", MANIFEST, TEXT);
    Optional<String> wanted = login.isEmpty() ? Optional.empty() : Optional.of(PROXY_LOGIN);
    try (FixtureProxy proxy = new FixtureProxy(wanted)) {
      pull(
          "registry.test:" + plain.port(),
          TestHosts.plain(),
          Map.of("http_proxy", "http://" + login + proxy.address()));
      assertTrue(proxy.heads().get(0).startsWith("GET http://registry.test:"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", PROXY_LOGIN_IN_URL})
  void othersAreReachedThroughATunnel(String login) {
    secure.document("1.0", MANIFEST, TEXT);
    Optional<String> wanted = login.isEmpty() ? Optional.empty() : Optional.of(PROXY_LOGIN);
    try (FixtureProxy proxy = new FixtureProxy(wanted)) {
      pull(
          "registry.test:" + secure.port(),
          trusting(),
          Map.of("HTTPS_PROXY", "http://" + login + proxy.address()));
      assertTrue(proxy.heads().get(0).startsWith("CONNECT registry.test:"));
      // What is for the proxy does not reach the registry.
      assertEquals(Optional.empty(), secure.requests("/v2/").get(0).header("proxy-authorization"));
    }
  }

  @Test
  void aProxyThatWantsToKnowWhoAsksIsTold() {
    try (FixtureProxy proxy = new FixtureProxy(Optional.of(PROXY_LOGIN))) {
      Map<String, String> wrong =
          Map.of(
              "HTTP_PROXY", "http://us:hunter@" + proxy.address(),
              "HTTPS_PROXY", "http://us:hunter@" + proxy.address());
      for (Host host : List.of(TestHosts.plain(), trusting())) {
        String message = failure("REGISTRY_UNREACHABLE", "registry.test:5000", host, wrong);
        assertTrue(message.contains("proxy wants to know who asks"), message);
        assertFalse(message.contains("hunter"), message);
      }
    }
  }

  @Test
  void theConfigComesBeforeTheEnvironmentAndThisNodeIsReachedDirectly() {
    plain.document("1.0", MANIFEST, TEXT);
    try (FixtureProxy proxy = new FixtureProxy(Optional.empty())) {
      String name = "registry.test:" + plain.port();
      RegistryConfig.Proxy config =
          new RegistryConfig.Proxy(
              Optional.of("http://" + proxy.address()), Optional.empty(), Optional.of(List.of()));
      Map<String, String> environment = Map.of("HTTP_PROXY", "http://192.0.2.1:1", "NO_PROXY", "*");
      try (HttpRegistries registries =
          registries(
              Map.of(name, TestHosts.plain(), plain.host(), TestHosts.plain()),
              config,
              environment)) {
        assertTrue(registries.repository(name + "/web").document("1.0").isPresent());
        assertEquals(1, proxy.heads().size());
        assertTrue(registries.repository(plain.host() + "/web").document("1.0").isPresent());
        assertEquals(1, proxy.heads().size());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5://x:hunter@y", "https://proxy:1", "http://pro xy:1", "p:99999"})
  void aProxyThatIsNoneIsTold(String address) {
    String message =
        failure(
            "REGISTRY_SETUP", "registry.test:1", TestHosts.plain(), Map.of("HTTP_PROXY", address));
    assertTrue(message.contains("proxy"), message);
    assertFalse(message.contains("hunter"), message);
  }
}
