package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.controller.FixtureController.Fault;
import org.lfedge.eve.tasks.core.controller.FixtureSigners.Signer;
import org.lfedge.eve.tasks.core.eve.api.UUIDandVersion;

/** A node and its controller, over the network and over restarts of either. */
class EdgeControllerTest extends NodeTest {

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
    configured();
    awaitTwoQuestions();
    assertEquals(List.of("five"), names());
    fixture.config(config("six", 5, 1001).build());
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
    awaitTwoQuestions();
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
    await("a problem", () -> !code(node).equals("none"));
    assertEquals(List.of("five"), names());
    fixture.behave();
    await("six", () -> received.size() == 2);
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
    awaitTwoQuestions();
    assertEquals(List.of("five"), names());
    clockIsOff = Duration.ZERO;
    fixture.sign(Signer.ROLLED);
    await("six", () -> received.size() == 2);
  }

  @Test
  void aControllerThatForgotANodeIsAskedForItsUuidAnew() {
    EdgeController node = configured();
    String before = node.state().device().orElseThrow();
    fixture.forgetDevices();
    await("another UUID", () -> !node.state().device().equals(Optional.of(before)));
    assertEquals(fixture.devices(), node.state().device().stream().toList());
    awaitConfigs(2);
    assertEquals(
        fixture.devices(), List.of(received.get(1).getId().getUuid()), "of an older epoch or not");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no UUID", "\u00e9"})
  void aDamagedUuidIsSetAsideAndAskedForAnew(String text) throws IOException {
    EdgeController before = configured();
    String uuid = before.state().device().orElseThrow();
    before.close();
    Path file = settings().stateDirectory().resolve("uuid");
    Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
    fixture.answer("", Integer.MAX_VALUE, 503);
    EdgeController node = start();
    awaitConfigs(1);
    assertEquals(List.of("five"), names());
    try (Stream<Path> aside = Files.list(settings().stateDirectory())) {
      assertEquals(1, aside.filter(one -> one.toString().contains("/uuid.damaged-")).count());
    }
    fixture.behave();
    await("a device", () -> node.state().device().equals(Optional.of(uuid)));
    await("no problem", () -> code(node).equals("none"));
    assertEquals(uuid, Files.readString(file).strip());
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
  void aConfigThatTheReceiverFailsOnIsKeptAndHandedOnAgain() {
    receiverFails = true;
    fixture.config(config("five", 5, 1000).build());
    EdgeController node = start();
    awaitProblem(node, "CONFIG_NOT_TAKEN");
    awaitTwoQuestions();
    assertEquals("CONFIG_NOT_TAKEN", code(node), "though there is nothing new");
    assertEquals(Optional.empty(), node.state().lastConfig());
    EdgeController again = start();
    awaitTwoQuestions();
    assertEquals("CONFIG_NOT_TAKEN", code(again));
    receiverFails = false;
    fixture.answer("", Integer.MAX_VALUE, 503);
    await("five", () -> names().equals(List.of("five")));
    assertTrue(again.state().lastConfig().isPresent());
  }

  @Test
  void aConfigThatTheReceiverFailsOnHoldsUpNoLaterOne() {
    receiverFails = true;
    fixture.config(config("five", 5, 1000).build());
    awaitProblem(start(), "CONFIG_NOT_TAKEN");
    EdgeController again = start();
    awaitProblem(again, "CONFIG_NOT_TAKEN");
    fixture.config(config("of an older epoch", 4, 2000).build());
    awaitProblem(again, "CONFIG_REPLAYED");
    receiverFails = false;
    fixture.config(config("six", 6, 1001).build());
    await("six", () -> names().contains("six") && code(again).equals("none"));
  }
}
