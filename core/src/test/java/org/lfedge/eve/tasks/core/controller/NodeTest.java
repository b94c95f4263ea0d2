package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Timestamp;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;

/** A node and its controller, for tests of both. */
abstract class NodeTest {

  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  @TempDir static Path signersDirectory;
  private static @Nullable FixtureSigners made;

  @TempDir Path directory;

  final FixtureController fixture = new FixtureController(signers());
  final List<EdgeDevConfig> received = new CopyOnWriteArrayList<>();
  volatile boolean receiverFails;
  volatile Duration clockIsOff = Duration.ZERO;
  @Nullable EdgeController running;

  @BeforeAll
  static void make() {
    made = new FixtureSigners(signersDirectory);
  }

  static FixtureSigners signers() {
    return Objects.requireNonNull(made);
  }

  @AfterEach
  void close() {
    if (running != null) {
      running.close();
    }
    fixture.close();
  }

  ControllerSettings settings() {
    return fixture.settings(directory.resolve("controller"));
  }

  private static ControllerSettings impatient(ControllerSettings settings) {
    return new ControllerSettings(
        settings.server(),
        settings.stateDirectory(),
        settings.rootCertificate(),
        settings.ca(),
        settings.proxy(),
        settings.onboarding(),
        settings.device(),
        settings.serial(),
        PAUSE);
  }

  /** A node that runs, in place of the one before. */
  EdgeController start(ControllerSettings usual) {
    ControllerSettings settings = impatient(usual);
    if (running != null) {
      running.close();
    }
    received.clear();
    EdgeController node =
        new EdgeController(
            settings,
            this::receive,
            () -> Instant.now().plus(clockIsOff),
            new Schedule(() -> 0.5, PAUSE, PAUSE.multipliedBy(2)),
            new ControllerConnection(settings, Map.of(), ControllerConnection.Patience.USUAL));
    running = node;
    node.start();
    return node;
  }

  private void receive(EdgeDevConfig config) {
    if (receiverFails) {
      throw new IllegalStateException("so it is");
    }
    received.add(config);
  }

  EdgeController start() {
    return start(settings());
  }

  /** A node that has a config of epoch 5. */
  EdgeController configured() {
    fixture.config(config("five", 5, 1000).build());
    EdgeController node = start();
    awaitConfigs(1);
    return node;
  }

  static EdgeDevConfig.Builder config(String name, long epoch, long made) {
    return EdgeDevConfig.newBuilder()
        .setDeviceName(name)
        .setControllerEpoch(epoch)
        .setConfigTimestamp(Timestamp.newBuilder().setSeconds(made));
  }

  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, what);
      LockSupport.parkNanos(2_000_000);
    }
  }

  void awaitConfigs(int count) {
    await("configs", () -> received.size() >= count);
  }

  static String code(EdgeController node) {
    return node.state().problem().map(Problem::code).orElse("none");
  }

  void awaitProblem(EdgeController node, String code) {
    await(code, () -> code(node).equals(code));
  }

  /** Two more questions for the config, the first of which is dealt with. */
  void awaitTwoQuestions() {
    int before = fixture.requests("config").size();
    await("questions", () -> fixture.requests("config").size() >= before + 2);
  }

  List<String> names() {
    return received.stream().map(EdgeDevConfig::getDeviceName).toList();
  }
}
