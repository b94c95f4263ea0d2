package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.controller.ControllerClient.Fetched;
import org.lfedge.eve.tasks.core.controller.ControllerConnection.Patience;
import org.lfedge.eve.tasks.core.controller.FixtureController.Fault;
import org.lfedge.eve.tasks.core.controller.FixtureController.Request;
import org.lfedge.eve.tasks.core.controller.FixtureSigners.Signer;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.registry.FixtureProxy;

/** The questions, one by one, and what bad answers to them are told as. */
class ControllerClientTest {

  private static final String UUID = "11111111-2222-3333-4444-555555555555";
  private static final Patience PATIENT =
      new Patience(
          Duration.ofSeconds(5),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20));

  @TempDir static Path directory;
  private static @Nullable FixtureSigners made;

  private final FixtureController controller = new FixtureController(signers());
  private final ControllerSettings settings = controller.settings(directory);
  private Instant now = Instant.now();

  @BeforeAll
  static void make() {
    made = new FixtureSigners(directory.resolve("signers"));
  }

  private static FixtureSigners signers() {
    return Objects.requireNonNull(made);
  }

  @AfterEach
  void close() {
    controller.close();
  }

  private static DeviceIdentity device() {
    return DeviceIdentity.read(signers().stranger());
  }

  private interface Asking<T> {
    T ask(ControllerClient client);
  }

  private <T> T ask(ControllerSettings how, Map<String, String> environment, Asking<T> asking) {
    try (ControllerConnection connection = new ControllerConnection(how, environment, PATIENT)) {
      return asking.ask(
          new ControllerClient(
              connection, ControllerCertificates.roots(how.rootCertificate()), () -> now));
    }
  }

  private <T> T ask(Asking<T> asking) {
    return ask(settings, Map.of(), asking);
  }

  private static String refused(String code, Executable question) {
    TaskException failure = assertThrows(TaskException.class, question);
    assertEquals(code, failure.first().code(), failure.getMessage());
    return failure.first().message();
  }

  private static void register(ControllerClient client) {
    client.register(DeviceIdentity.read(signers().onboarding()), device(), "serial-1");
  }

  private Optional<Fetched> config() {
    controller.know(signers().stranger(), UUID);
    return ask(client -> client.config(device(), UUID, ""));
  }

  private ControllerSettings settings(URI server, Optional<Path> ca, Optional<String> proxy) {
    return new ControllerSettings(
        server,
        directory,
        signers().root(),
        ca,
        proxy,
        Optional.empty(),
        Optional.empty(),
        "serial-1",
        ControllerSettings.USUAL_INTERVAL);
  }

  @Test
  void aNodeRegistersAndIsGivenItsUuid() {
    String uuid =
        ask(
            client -> {
              register(client);
              register(client);
              return client.uuid(device());
            });
    assertEquals(controller.devices(), List.of(uuid));
    assertEquals(List.of("serial-1"), controller.serials());
    Request register = controller.requests("register").get(0);
    assertEquals("POST", register.method());
    assertEquals(Optional.of("application/x-proto-binary"), register.contentType());
    assertEquals(Optional.of("serial-1"), register.serial());
    assertEquals(Optional.empty(), register.requestId());
    Request certs = controller.requests("certs").get(0);
    assertEquals("GET", certs.method());
    assertEquals(Optional.empty(), certs.contentType());
  }

  @Test
  void refusedRegistrationsAreTold() {
    refused(
        "CONTROLLER_DENIED",
        () ->
            ask(
                client -> {
                  client.register(device(), device(), "serial-1");
                  return "";
                }));
    String conflict =
        refused(
            "CONTROLLER_CONFLICT",
            () ->
                ask(
                    client -> {
                      register(client);
                      client.register(
                          DeviceIdentity.read(signers().onboarding()),
                          DeviceIdentity.read(signers().onboarding()),
                          "serial-1");
                      return "";
                    }));
    assertTrue(conflict.contains("409"), conflict);
    controller.forgetDevices();
    refused("CONTROLLER_DENIED", () -> ask(client -> client.uuid(device())));
  }

  @Test
  void aConfigIsGivenUntilItIsKnown() {
    controller.config(EdgeDevConfig.newBuilder().setDeviceName("node").build());
    Fetched fetched = config().orElseThrow();
    assertEquals("node", fetched.response().getConfig().getDeviceName());
    assertEquals(UUID, fetched.response().getConfig().getId().getUuid());
    String hash = fetched.response().getConfigHash();
    assertEquals(Optional.empty(), ask(client -> client.config(device(), UUID, hash)));
    controller.answer("config", 1, 304);
    assertEquals(Optional.empty(), config());
    assertEquals(Optional.of(UUID), controller.requests("config").get(0).requestId());
  }

  @ParameterizedTest
  @CsvSource({
    "WRONG_SIGNATURE, BAD_SIGNATURE",
    "UNKNOWN_SIGNER, UNKNOWN_SIGNER",
    "OTHER_ALGORITHM, ENVELOPE_ALGORITHM",
    "ENCRYPTED, ENVELOPE_ENCRYPTED",
    "TRUNCATED, ENVELOPE_UNREADABLE",
    "TRUNCATED_INSIDE, CONTROLLER_ANSWER_UNREADABLE",
    "HUGE, CONTROLLER_ANSWER_TOO_LARGE",
    "HUGE_BY_ITS_HEAD, CONTROLLER_ANSWER_TOO_LARGE",
    "REDIRECT, CONTROLLER_REDIRECTED",
    "PORTAL, CONTROLLER_FAILED",
  })
  void aBadAnswerIsRefusedWithItsReason(Fault fault, String code) {
    controller.config(EdgeDevConfig.newBuilder().setDeviceName("a name of some length").build());
    controller.misbehave("config", 1, fault);
    String message = refused(code, this::config);
    assertFalse(message.contains("secret"), message);
    assertEquals(fault == Fault.REDIRECT, message.contains("https://other.example/config"));
    assertEquals(1, controller.requests("config").size());
    assertTrue(config().isPresent());
  }

  @ParameterizedTest
  @CsvSource({"certs, 256 KiB", "uuid, 64 KiB", "config, 2048 KiB"})
  void eachAnswerIsAsLongAsItNeedsToBeAtMost(String question, String limit) {
    controller.know(signers().stranger(), UUID);
    controller.misbehave(question, 1, Fault.HUGE);
    String message =
        refused(
            "CONTROLLER_ANSWER_TOO_LARGE",
            () ->
                ask(
                    client -> {
                      client.uuid(device());
                      return client.config(device(), UUID, "");
                    }));
    assertTrue(message.contains("more than " + limit), message);
  }

  @ParameterizedTest
  @CsvSource({
    "400, CONTROLLER_UNKNOWN_DEVICE",
    "401, CONTROLLER_DENIED",
    "403, CONTROLLER_DENIED",
    "404, CONTROLLER_UNKNOWN_DEVICE",
    "429, CONTROLLER_FAILED",
    "500, CONTROLLER_FAILED",
    "503, CONTROLLER_FAILED",
  })
  void aStatusIsToldAsWhatItIs(int status, String code) {
    controller.answer("config", 1, status);
    String message = refused(code, this::config);
    assertTrue(message.contains("with " + status), message);
  }

  @Test
  void silenceEnds() {
    controller.misbehave("certs", 1, Fault.SILENCE);
    Patience impatient =
        new Patience(
            Duration.ofSeconds(5),
            Duration.ofMillis(200),
            Duration.ofMillis(200),
            Duration.ofMillis(200));
    try (ControllerConnection connection =
        new ControllerConnection(settings, Map.of(), impatient)) {
      ControllerClient client =
          new ControllerClient(
              connection, ControllerCertificates.roots(signers().root()), () -> now);
      String message = refused("CONTROLLER_UNREACHABLE", client::fetchCertificates);
      assertTrue(message.contains("within 200 ms"), message);
    }
  }

  @Test
  void certificatesSignForThemselves() {
    controller.misbehave("certs", 1, Fault.WRONG_SIGNATURE);
    refused("BAD_SIGNATURE", () -> ask(ControllerClient::fetchCertificates));
    controller.sign(Signer.OF_ANOTHER_ROOT);
    refused("UNTRUSTED_CERTIFICATE", () -> ask(ControllerClient::fetchCertificates));
    controller.sign(Signer.EXPIRED);
    refused("CERTIFICATE_EXPIRED", () -> ask(ControllerClient::fetchCertificates));
  }

  @ParameterizedTest
  @ValueSource(ints = {-365, 365})
  void aClockThatIsAYearOffIsNamed(int days) {
    now = Instant.now().plus(Duration.ofDays(days));
    String message = refused("CERTIFICATE_EXPIRED", this::config);
    assertTrue(message.contains(now.toString().substring(0, 10)), message);
  }

  @Test
  void certificatesAreFetchedAgainWhenTheControllerSignsWithOthers() {
    controller.know(signers().stranger(), UUID);
    ask(
        client -> {
          assertTrue(client.config(device(), UUID, "").isPresent());
          controller.sign(Signer.ROLLED);
          assertTrue(client.config(device(), UUID, "").isPresent());
          assertEquals(2, controller.requests("certs").size());
          controller.sign(Signer.OF_ANOTHER_ROOT);
          refused("UNTRUSTED_CERTIFICATE", () -> client.config(device(), UUID, ""));
          controller.sign(Signer.ROLLED);
          assertTrue(client.config(device(), UUID, "").isPresent());
          return "";
        });
    assertEquals(3, controller.requests("certs").size());
  }

  @Test
  void aCertificateThatEndsWhileTheNodeRunsIsNoticed() {
    controller.know(signers().stranger(), UUID);
    ask(
        client -> {
          assertTrue(client.config(device(), UUID, "").isPresent());
          now = now.plus(Duration.ofDays(10));
          return refused("CERTIFICATE_EXPIRED", () -> client.config(device(), UUID, ""));
        });
  }

  @Test
  void aCaMustBeKnown() {
    String message =
        refused(
            "CONTROLLER_UNREACHABLE",
            () ->
                ask(
                    settings(
                        controller.uri(),
                        Optional.empty(),
                        Optional.of(ControllerSettings.NO_PROXY)),
                    Map.of(),
                    ControllerClient::fetchCertificates));
    assertTrue(message.contains("private CA, name that by ca"), message);
    refused(
        "CONTROLLER_SETUP",
        () ->
            ask(
                settings(
                    controller.uri(),
                    Optional.of(directory.resolve("none.pem")),
                    Optional.of(ControllerSettings.NO_PROXY)),
                Map.of(),
                ControllerClient::fetchCertificates));
    assertEquals(List.of(), controller.requests(""));
  }

  @Test
  void proxiesAreThoseOfTheSettingsOrElseOfTheEnvironment() {
    URI server = URI.create("https://registry.test:" + controller.port());
    Optional<Path> ca = Optional.of(signers().ca());
    try (FixtureProxy proxy = new FixtureProxy(Optional.of("us er:p@ss"))) {
      String login = "http://us%20er:p%40ss@" + proxy.address();
      ask(
          settings(server, ca, Optional.of(login)),
          Map.of("NO_PROXY", "*"),
          ControllerClient::fetchCertificates);
      ask(
          settings(server, ca, Optional.empty()),
          Map.of("HTTPS_PROXY", login),
          ControllerClient::fetchCertificates);
      assertEquals(2, proxy.heads().size());
      String message =
          refused(
              "CONTROLLER_UNREACHABLE",
              () ->
                  ask(
                      settings(server, ca, Optional.of("http://us:wrong@" + proxy.address())),
                      Map.of(),
                      ControllerClient::fetchCertificates));
      assertFalse(message.contains("wrong"), message);
      refused(
          "CONTROLLER_UNREACHABLE",
          () ->
              ask(
                  settings(server, ca, Optional.of(ControllerSettings.NO_PROXY)),
                  Map.of("HTTPS_PROXY", login),
                  ControllerClient::fetchCertificates));
      assertEquals(3, proxy.heads().size());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost:1",
        "https:localhost",
        "https://localhost/path",
        "https://user:password@localhost",
        "https://localhost:99999",
        "https://localhost?query"
      })
  void onlyAnHttpsUrlWithoutMoreIsAServer(String text) {
    assertFalse(ControllerSettings.isServer(URI.create(text)));
  }

  @Test
  void settingsShowNoPassword() {
    String text =
        settings(controller.uri(), Optional.empty(), Optional.of("http://u:secret@proxy:1"))
            .toString();
    assertFalse(text.contains("secret"), text);
    assertThrows(
        IllegalArgumentException.class,
        () -> settings(controller.uri(), Optional.empty(), Optional.of("socks://proxy:1")));
  }
}
