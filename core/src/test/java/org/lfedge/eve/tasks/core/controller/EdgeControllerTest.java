package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Timestamp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.controller.FixtureController.Fault;
import org.lfedge.eve.tasks.core.controller.FixtureSigners.Signer;
import org.lfedge.eve.tasks.core.controller.Message.Kind;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.UUIDandVersion;
import org.lfedge.eve.tasks.core.eve.api.ZInfoMsg;
import org.lfedge.eve.tasks.core.eve.api.ZMetricMsg;

/** A node and its controller, over the network and over restarts of either. */
class EdgeControllerTest {

  private static final Duration DEADLINE = Duration.ofSeconds(60);

  @TempDir static Path signersDirectory;
  private static @Nullable FixtureSigners made;

  @TempDir Path directory;

  private final FixtureController fixture = new FixtureController(signers());
  private final List<EdgeDevConfig> received = new CopyOnWriteArrayList<>();
  private volatile Duration clockIsOff = Duration.ZERO;
  private @Nullable EdgeController running;

  @BeforeAll
  static void make() {
    made = new FixtureSigners(signersDirectory);
  }

  private static FixtureSigners signers() {
    return Objects.requireNonNull(made);
  }

  @AfterEach
  void close() {
    if (running != null) {
      running.close();
    }
    fixture.close();
  }

  private ControllerSettings settings() {
    return fixture.settings(directory.resolve("controller"));
  }

  /** A node that runs, in place of the one before. */
  private EdgeController start(ControllerSettings settings) {
    if (running != null) {
      running.close();
    }
    received.clear();
    EdgeController node =
        new EdgeController(
            settings, received::add, () -> Instant.now().plus(clockIsOff), () -> 0.5, Map.of());
    running = node;
    node.start();
    return node;
  }

  private EdgeController start() {
    return start(settings());
  }

  /** A node that has a config of epoch 5. */
  private EdgeController configured() {
    fixture.config(config("five", 5, 1000).build());
    EdgeController node = start();
    awaitConfigs(1);
    return node;
  }

  private static EdgeDevConfig.Builder config(String name, long epoch, long made) {
    return EdgeDevConfig.newBuilder()
        .setDeviceName(name)
        .setControllerEpoch(epoch)
        .setConfigTimestamp(Timestamp.newBuilder().setSeconds(made));
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, what);
      LockSupport.parkNanos(2_000_000);
    }
  }

  private void awaitConfigs(int count) {
    await("configs", () -> received.size() >= count);
  }

  private static String code(EdgeController node) {
    return node.state().problem().map(Problem::code).orElse("none");
  }

  private void awaitProblem(EdgeController node, String code) {
    await(
        code,
        () -> {
          node.poll();
          return code(node).equals(code);
        });
  }

  /** So many more questions for the config, the last but one of which is dealt with. */
  private void pollTwice(EdgeController node) {
    int before = fixture.requests("config").size();
    await(
        "questions",
        () -> {
          node.poll();
          return fixture.requests("config").size() >= before + 2;
        });
  }

  private List<String> names() {
    return received.stream().map(EdgeDevConfig::getDeviceName).toList();
  }

  @Test
  void aNodeOnboardsAndIsConfigured() throws IOException {
    ControllerSettings settings =
        fixture.settings(directory, Optional.of(signers().onboarding()), Optional.empty());
    fixture.config(config("five", 5, 1000).build());
    EdgeController node = start(settings);
    awaitConfigs(1);
    await("contact", () -> node.state().lastContact().isPresent());
    EdgeController.State state = node.state();
    assertEquals(fixture.devices(), state.device().stream().toList());
    assertTrue(state.lastConfig().isPresent());
    assertEquals(Optional.empty(), state.problem());
    assertEquals(fixture.uri(), state.server());
    assertEquals(fixture.devices().get(0), Files.readString(directory.resolve("uuid")).strip());

    start(settings);
    awaitConfigs(1);
    await("a question", () -> fixture.requests("config").size() >= 2);
    assertEquals(1, fixture.requests("register").size(), "it is known");
    assertEquals(1, fixture.devices().size());
  }

  @Test
  void aConfigIsHandedOnOnceUntilItChanges() {
    EdgeController node = configured();
    pollTwice(node);
    assertEquals(List.of("five"), names());
    fixture.config(config("six", 5, 1001).build());
    node.poll();
    awaitConfigs(2);
    assertEquals(List.of("five", "six"), names());
  }

  @Test
  void withoutItsControllerANodeStartsFromWhatItHas() {
    configured();
    fixture.answer("", Integer.MAX_VALUE, 503);
    clockIsOff = Duration.ofDays(3650);
    EdgeController node = start();
    awaitConfigs(1);
    assertEquals(List.of("five"), names());
    awaitProblem(node, "CONTROLLER_FAILED");
    assertEquals(Optional.empty(), node.state().lastContact());
    assertTrue(node.state().lastConfig().isPresent());
    clockIsOff = Duration.ZERO;
    fixture.behave();
    fixture.config(config("six", 6, 1).build());
    node.poll();
    awaitConfigs(2);
    assertEquals(List.of("five", "six"), names());
    await("no problem", () -> code(node).equals("none"));
  }

  @Test
  void aReplayedConfigChangesNothing() {
    EdgeController node = configured();
    fixture.config(config("of an older epoch", 4, 2000).build());
    awaitProblem(node, "CONFIG_REPLAYED");
    fixture.config(config("of an older time", 5, 999).build());
    pollTwice(node);
    awaitProblem(node, "CONFIG_REPLAYED");
    fixture.config(
        config("of another device", 9, 9999)
            .setId(UUIDandVersion.newBuilder().setUuid("99999999-2222-3333-4444-555555555555"))
            .build());
    awaitProblem(node, "CONFIG_OF_OTHER_DEVICE");
    assertEquals(List.of("five"), names());
    // Nor is it what the node starts with, or what it tells the controller that it has.
    EdgeController again = start();
    awaitConfigs(1);
    awaitProblem(again, "CONFIG_OF_OTHER_DEVICE");
    fixture.config(config("six", 6, 1).build());
    again.poll();
    awaitConfigs(2);
    assertEquals(List.of("five", "six"), names());
  }

  @ParameterizedTest
  @EnumSource(
      names = {"SILENCE", "STATUS"},
      mode = EnumSource.Mode.EXCLUDE)
  void aBadAnswerChangesNothing(Fault fault) {
    EdgeController node = configured();
    fixture.config(config("six", 6, 1).build());
    fixture.misbehave("/config", Integer.MAX_VALUE, fault);
    node.poll();
    await("a problem", () -> !code(node).equals("none"));
    assertEquals(List.of("five"), names());
    fixture.behave();
    await(
        "six",
        () -> {
          node.poll();
          return received.size() == 2;
        });
    assertEquals(List.of("five", "six"), names());
  }

  @Test
  void otherSignersChangeNothing() {
    EdgeController node = configured();
    fixture.config(config("six", 6, 1).build());
    fixture.sign(Signer.OF_ANOTHER_ROOT);
    awaitProblem(node, "UNTRUSTED_CERTIFICATE");
    fixture.sign(Signer.EXPIRED);
    awaitProblem(node, "CERTIFICATE_EXPIRED");
    fixture.sign(Signer.USUAL);
    clockIsOff = Duration.ofDays(365);
    awaitProblem(node, "CERTIFICATE_EXPIRED");
    clockIsOff = Duration.ofDays(-365);
    pollTwice(node);
    assertEquals(List.of("five"), names());
    clockIsOff = Duration.ZERO;
    fixture.sign(Signer.ROLLED);
    await(
        "six",
        () -> {
          node.poll();
          return received.size() == 2;
        });
  }

  @Test
  void aControllerThatForgotANodeIsAskedForItsUuidAnew() {
    EdgeController node = configured();
    String before = node.state().device().orElseThrow();
    fixture.forgetDevices();
    await(
        "another UUID",
        () -> {
          node.poll();
          return !node.state().device().equals(Optional.of(before));
        });
    assertEquals(fixture.devices(), node.state().device().stream().toList());
    awaitConfigs(2);
    assertEquals(
        fixture.devices(), List.of(received.get(1).getId().getUuid()), "of an older epoch or not");
  }

  @Test
  void aNodeThatMayNotRegisterCanBeKnownAllTheSame() {
    EdgeController node =
        start(
            fixture.settings(
                directory, Optional.of(signers().stranger()), Optional.of(signers().stranger())));
    awaitProblem(node, "CONTROLLER_DENIED");
    String uuid = "11111111-2222-3333-4444-555555555555";
    fixture.know(signers().stranger(), uuid);
    node.poll();
    await("a device", () -> node.state().device().equals(Optional.of(uuid)));
  }

  @Test
  void settingsThatCannotBeUsedAreToldAndNoMore() {
    ControllerSettings usual = settings();
    EdgeController node =
        start(
            new ControllerSettings(
                usual.server(),
                usual.stateDirectory(),
                directory.resolve("none.pem"),
                usual.ca(),
                usual.proxy(),
                usual.onboarding(),
                usual.device(),
                usual.serial(),
                usual.interval()));
    awaitProblem(node, "CONTROLLER_SETUP");
    assertEquals(List.of(), fixture.requests(""));
  }

  @Test
  void aReceiverThatFailsIsTold() {
    EdgeController node =
        new EdgeController(
            settings(),
            config -> {
              throw new IllegalStateException("so it is");
            },
            Instant::now,
            () -> 0.5,
            Map.of());
    running = node;
    node.start();
    await("a problem", () -> code(node).equals("CONFIG_NOT_TAKEN"));
  }

  private static Message info(String app) {
    return new Message(Kind.INFO, app, ZInfoMsg.newBuilder().setDevId(app).build().toByteArray());
  }

  private static byte[] packed(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void messagesAreSentInTheirOrder() throws IOException {
    EdgeController node = configured();
    node.post(info("app-1"));
    node.post(
        new Message(
            Kind.METRICS, "", ZMetricMsg.newBuilder().setDevID("node").build().toByteArray()));
    node.post(new Message(Kind.LOGS, "app-1", packed("{\"content\":\"a\"}\n{}\n")));
    node.post(info("app-2"));
    await("messages", () -> fixture.infos().size() == 2);
    assertEquals(
        List.of("app-1", "app-2"), fixture.infos().stream().map(ZInfoMsg::getDevId).toList());
    assertEquals("node", fixture.metrics().get(0).getDevID());
    assertEquals(List.of("{\"content\":\"a\"}", "{}"), fixture.logs("app-1"));
    await("none", () -> node.state().waiting() == 0);
  }

  @Test
  void messagesWaitForTheControllerOverRestarts() {
    configured();
    fixture.answer("", Integer.MAX_VALUE, 503);
    EdgeController offline = start();
    offline.post(info("app-1"));
    offline.post(info("app-2"));
    offline.post(info("app-1"));
    assertEquals(2, offline.state().waiting());
    EdgeController again = start();
    assertEquals(2, again.state().waiting());
    fixture.behave();
    await(
        "messages",
        () -> {
          again.poll();
          return fixture.infos().size() == 2;
        });
    assertEquals(
        List.of("app-2", "app-1"), fixture.infos().stream().map(ZInfoMsg::getDevId).toList());
  }

  @Test
  void aMessageThatIsRefusedForGoodHoldsUpNoOther() {
    EdgeController node = configured();
    fixture.answer("/info", 1, 422);
    node.post(info("bad"));
    node.post(info("good"));
    await("the good one", () -> fixture.infos().size() == 1);
    assertEquals("good", fixture.infos().get(0).getDevId());
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 408, 429, 500, 503, 307})
  void aMessageThatIsRefusedForNowIsSentAgain(int status) {
    EdgeController node = configured();
    fixture.answer("/info", 1, status);
    node.post(info("app-1"));
    await("a problem", () -> !code(node).equals("none"));
    assertEquals(1, node.state().waiting());
    await(
        "the message",
        () -> {
          node.poll();
          return fixture.infos().size() == 1;
        });
    await("no problem", () -> code(node).equals("none"));
  }
}
