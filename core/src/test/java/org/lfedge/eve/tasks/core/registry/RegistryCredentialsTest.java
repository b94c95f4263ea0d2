package org.lfedge.eve.tasks.core.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Registries.Repository;

class RegistryCredentialsTest {

  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String SECRET = "hunter:2";
  private static final String LOGIN = "edge:" + SECRET;

  private final FixtureRegistry registry = FixtureRegistry.plain();

  private Timing timing = QuickTiming.QUICK;

  @TempDir Path directory;

  @AfterEach
  void close() {
    registry.close();
  }

  private HttpRegistries registries(RegistryConfig.Host host) {
    registry.document("1.0", MANIFEST, "{}".getBytes(StandardCharsets.UTF_8));
    return new HttpRegistries(
        new RegistryConfig(
            directory.resolve("config.json"),
            RegistryConfig.Proxy.OF_ENVIRONMENT,
            new TreeMap<>(Map.of(registry.host(), host))),
        Map.of("PATH", directory + ":/usr/bin:/bin", "MARK", "of-the-daemon"),
        timing);
  }

  private boolean pulls(RegistryConfig.Host host) {
    try (HttpRegistries registries = registries(host)) {
      return repository(registries).document("1.0").isPresent();
    }
  }

  private Repository repository(HttpRegistries registries) {
    return registries.repository(registry.host() + "/team/web");
  }

  private String failure(String code, RegistryConfig.Host host) {
    TaskException failure = assertThrows(TaskException.class, () -> pulls(host));
    assertEquals(code, failure.first().code(), failure.getMessage());
    String message = failure.first().message();
    assertFalse(message.contains("hunter"), message);
    assertFalse(message.contains("token-"), message);
    return message;
  }

  private RegistryConfig.Host login() throws IOException {
    Path file = directory.resolve("password");
    Files.writeString(file, SECRET + "\n");
    return TestHosts.login("edge", file);
  }

  private void dockerConfig(String text) throws IOException {
    Files.writeString(directory.resolve("config.json"), text);
  }

  private void helper(String name, String script) throws IOException {
    Path file = directory.resolve("docker-credential-" + name);
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private void wantBearer(Optional<String> login) {
    registry.access().wantBearer(registry.url("/token"), login, "identity", 300);
  }

  @Test
  void aPasswordIsShownToWhoAsksForOne() throws IOException {
    registry.access().wantBasic(LOGIN);
    assertTrue(pulls(login()));
  }

  @Test
  void aPasswordThatIsWrongIsTold() throws IOException {
    registry.access().wantBasic("edge:other");
    String message = failure("REGISTRY_DENIED", login());
    assertTrue(message.contains("passwordFile " + directory.resolve("password")), message);
    assertEquals(2, registry.requests().size());
  }

  @Test
  void aPasswordFileThatIsMissingIsTold() {
    registry.access().wantBasic(LOGIN);
    String message =
        failure("REGISTRY_SETUP", TestHosts.login("edge", directory.resolve("missing")));
    assertTrue(message.contains("missing"), message);
  }

  @Test
  void aPasswordMayBeChangedWhileTheDaemonRuns() throws IOException {
    registry.access().wantBasic(LOGIN);
    try (HttpRegistries registries = registries(login())) {
      assertTrue(repository(registries).document("1.0").isPresent());
      registry.access().wantBasic("edge:changed");
      Files.writeString(directory.resolve("password"), "changed");
      assertTrue(repository(registries).document("1.0").isPresent());
    }
  }

  @Test
  void withoutCredentialsAnyoneGetsAToken() {
    wantBearer(Optional.empty());
    assertTrue(pulls(TestHosts.plain()));
    FixtureRegistry.Request asked = registry.requests("/token").get(0);
    assertEquals("GET", asked.method());
    assertEquals("service=fixture&scope=repository%3Ax%3Apull", asked.query());
    assertEquals(Optional.empty(), asked.header("authorization"));
  }

  @Test
  void aTokenIsGivenForAPassword() throws IOException {
    wantBearer(Optional.of(LOGIN));
    assertTrue(pulls(login()));
  }

  @Test
  void aTokenThatIsNotGivenIsTold() {
    wantBearer(Optional.of(LOGIN));
    String message = failure("REGISTRY_DENIED", TestHosts.plain());
    assertTrue(message.contains("anonymous"), message);
  }

  @Test
  void aTokenIsKeptUntilItExpires() {
    wantBearer(Optional.empty());
    try (HttpRegistries registries = registries(TestHosts.plain())) {
      Repository repository = repository(registries);
      repository.document("1.0");
      repository.document("1.0");
      assertEquals(1, registry.access().tokensGiven());
      registry.access().expireTokens();
      assertTrue(repository.document("1.0").isPresent());
      assertEquals(2, registry.access().tokensGiven());
      registries.repository(registry.host() + "/other").document("1.0");
      assertEquals(3, registry.access().tokensGiven());
    }
  }

  @Test
  void aTokenThatIsRefusedAtOnceIsAskedForOnce() {
    wantBearer(Optional.empty());
    registry.misbehave(
        "/manifests/",
        FixtureFault.status(
            401, "WWW-Authenticate", "Bearer realm=\"" + registry.url("/token") + "\""));
    failure("REGISTRY_DENIED", TestHosts.plain());
    assertEquals(1, registry.access().tokensGiven());
    assertEquals(
        "scope=repository%3Ateam%2Fweb%3Apull", registry.requests("/token").get(0).query());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "no JSON", "{\"token\":\"a b\"}", "{\"token\":\"a\\r\\nb\"}"})
  void aTokenServiceThatGivesNoneIsTold(String answer) {
    wantBearer(Optional.empty());
    registry.misbehave(
        "/token", (r, honest) -> honest.body(answer.getBytes(StandardCharsets.UTF_8)));
    assertTrue(failure("REGISTRY_FAILED", TestHosts.plain()).contains("token service"));
  }

  @Test
  void aTokenServiceThatIsBusyIsAskedAgain() {
    wantBearer(Optional.empty());
    registry.misbehave("/token", 2, FixtureFault.status(503));
    assertTrue(pulls(TestHosts.plain()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://x/token",
        "https://localhost:99999/token",
        "https://user:pw@x/token",
        "",
        "::",
        "/token"
      })
  void aTokenServiceThatIsNoneSeesNothing(String realm) throws IOException {
    registry.access().wantBearer(realm, Optional.of(LOGIN), "identity", 60);
    failure("REGISTRY_FAILED", login());
  }

  @Test
  void anIdentityTokenIsExchanged() throws IOException {
    wantBearer(Optional.of("nobody"));
    dockerConfig("{\"auths\":{\"" + registry.host() + "\":{\"identitytoken\":\"identity\"}}}");
    assertTrue(pulls(TestHosts.plain()));
    FixtureRegistry.Request asked = registry.requests("/token").get(0);
    assertEquals("POST", asked.method());
    assertTrue(asked.body().contains("grant_type=refresh_token"), asked.body());
    assertEquals("", asked.query());
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s", "https://%s", "http://%s/", "https://%s/v2/", "%s/v1/"})
  void dockersConfigNamesTheServerInSeveralWays(String key) throws IOException {
    registry.access().wantBasic(LOGIN);
    String server = String.format(key, registry.host());
    dockerConfig("{\"auths\":{\"" + server + "\":{\"auth\":\"" + base64(LOGIN) + "\"}}}");
    assertTrue(pulls(TestHosts.plain()));
  }

  @Test
  void dockersConfigMayHaveUserAndPassword() throws IOException {
    registry.access().wantBasic(LOGIN);
    dockerConfig(
        String.format(
            "{\"auths\":{\"%s\":{\"username\":\"edge\",\"password\":\"%s\"}}}",
            registry.host(), SECRET));
    assertTrue(pulls(TestHosts.plain()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"no JSON hunter", "{\"auths\":{\"%s\":{\"auth\":\"hunter\"}}}"})
  void dockersConfigThatCannotBeReadIsTold(String text) throws IOException {
    registry.access().wantBasic(LOGIN);
    dockerConfig(String.format(text, registry.host()));
    failure("REGISTRY_SETUP", TestHosts.plain());
  }

  @Test
  void credentialsForAnotherHostAreNotSent() throws IOException {
    registry.access().wantBasic(LOGIN);
    dockerConfig(
        "{\"auths\":{\"localhost\":{\"auth\":\""
            + base64(LOGIN)
            + "\"},\""
            + registry.host()
            + "/team\":{\"auth\":\""
            + base64(LOGIN)
            + "\"}}}");
    assertTrue(failure("REGISTRY_DENIED", TestHosts.plain()).contains("without credentials"));
    assertTrue(registry.requests().stream().allMatch(r -> r.header("authorization").isEmpty()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"credsStore\":\"test\"}",
        "{\"credHelpers\":{\"%s\":\"test\"},\"credsStore\":\"missing\"}"
      })
  void dockersConfigMayNameHelpers(String config) throws IOException {
    registry.access().wantBasic(LOGIN);
    dockerConfig(String.format(config, registry.host()));
    helper(
        "test",
        "[ $1 = get ] && [ \"$(cat)\" = "
            + registry.host()
            + " ] && [ $MARK = of-the-daemon ] && echo '{\"Username\":\"edge\",\"Secret\":\""
            + SECRET
            + "\"}'");
    assertTrue(pulls(TestHosts.plain()));
  }

  @Test
  void aHelperMayGiveAnIdentityToken() throws IOException {
    wantBearer(Optional.of("nobody"));
    helper("test", "echo '{\"Username\":\"<token>\",\"Secret\":\"identity\"}'");
    assertTrue(pulls(TestHosts.helper("test")));
  }

  @Test
  void aHelperMayHaveNone() throws IOException {
    registry.access().wantBasic(LOGIN);
    helper("test", "echo credentials not found in native keychain; exit 1");
    assertTrue(
        failure("REGISTRY_DENIED", TestHosts.helper("test"))
            .contains("docker-credential-test has none"));
    dockerConfig(
        String.format(
            "{\"credsStore\":\"test\",\"auths\":{\"%s\":{\"auth\":\"%s\"}}}",
            registry.host(), base64(LOGIN)));
    assertTrue(pulls(TestHosts.plain()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sleep 60",
        "exit 3",
        "echo hunter",
        "echo '{\"Username\":\"hunter\"}'",
        "head -c 200000 /dev/zero; echo '{}'"
      })
  void aHelperThatDoesNotDoAsItShouldIsTold(String script) throws IOException {
    timing = QuickTiming.impatient();
    registry.access().wantBasic(LOGIN);
    helper("test", script);
    String message = failure("REGISTRY_SETUP", TestHosts.helper("test"));
    assertTrue(message.contains("docker-credential-test"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing", "../evil", "a b", ""})
  void aHelperThatIsNoneIsTold(String name) {
    registry.access().wantBasic(LOGIN);
    failure("REGISTRY_SETUP", TestHosts.helper(name));
  }

  @Test
  void anotherHostSeesNoCredentials() throws IOException {
    try (FixtureRegistry other = FixtureRegistry.plain()) {
      registry.access().wantBasic(LOGIN);
      registry.document("1.0", MANIFEST, "{}".getBytes(StandardCharsets.UTF_8));
      registry.misbehave(
          "/manifests/",
          (request, honest) ->
              honest.status() == 401
                  ? honest
                  : FixtureFault.redirect(other.url("/v2/team/web/manifests/1.0?signed=hunter"))
                      .instead(request, honest));
      // Which sends back: what was dropped stays so.
      other.misbehave("/manifests/", FixtureFault.redirect(registry.url("/v2/back/manifests/1.0")));
      failure("REGISTRY_DENIED", login());
      assertEquals(1, other.requests().size());
      assertEquals(Optional.empty(), other.requests().get(0).header("authorization"));
      assertEquals(Optional.empty(), registry.requests("/back/").get(0).header("authorization"));
    }
  }
}
