package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.app;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.blank;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.config;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.count;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.download;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.mounted;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.registry;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.tree;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.uuid;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.controller.FixtureController;
import org.lfedge.eve.tasks.core.controller.FixtureController.Fault;
import org.lfedge.eve.tasks.core.controller.FixtureSigners;
import org.lfedge.eve.tasks.core.controller.FixtureSigners.Signer;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.Format;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.core.eve.api.ZInfoApp;
import org.lfedge.eve.tasks.core.eve.api.ZInfoMsg;
import org.lfedge.eve.tasks.core.eve.api.ZSwState;
import org.lfedge.eve.tasks.core.eve.api.appMetric;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestImages.Image;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;

/**
 * A node does what a controller says, and goes on with that when the controller is gone. Long, for
 * nodes and controllers ask one another every five seconds at the most.
 */
@Tag("long")
@Tag("exclusive") // It changes what all of the machine sees.
class ControllerIT {

  private static final int STORE = 1;
  private static final int TREE = 3;
  private static final int ROOT = 4;
  private static final int DATA = 5;
  private static final int WEB = 6;
  private static final int SIDE = 7;
  private static final int BROKEN = 8;
  private static final int SIDE_DATA = 9;
  private static final long EPOCH = 7;
  private static final String NONE = "";

  private static final SortedMap<Fault, String> BAD =
      new TreeMap<>(
          Map.of(
              Fault.WRONG_SIGNATURE,
              "BAD_SIGNATURE",
              Fault.TRUNCATED,
              "ENVELOPE_UNREADABLE",
              Fault.TRUNCATED_INSIDE,
              "CONTROLLER_ANSWER_UNREADABLE",
              Fault.HUGE,
              "CONTROLLER_ANSWER_TOO_LARGE",
              Fault.REDIRECT,
              "CONTROLLER_REDIRECTED"));

  private final FixtureSigners signers;
  private final FixtureRegistry registry = FixtureRegistry.plain();
  private final FixtureController controller;
  private final String digest;

  ControllerIT(@TempDir Path directory) {
    signers = new FixtureSigners(directory.resolve("signers"));
    controller = new FixtureController(signers);
    TestImages images = new TestImages();
    Descriptor image = images.add(image());
    ServedImage.put(registry, images, image, "1");
    digest = image.digest();
  }

  @AfterEach
  void close() {
    controller.close();
    registry.close();
  }

  /** Says what it is started with, and how often it was on the volume that it has. */
  private static final String SCRIPT =
      "echo >> /data/starts; echo \"$GREETING, start $(wc -l < /data/starts)\"; "
          + "trap 'exit 0' TERM; while :; do sleep 1; done";

  private static Image image() {
    return BusyboxImage.image()
        .settings(settings -> settings.putArray("Cmd").add("sh").add("-c").add(SCRIPT));
  }

  private static AppInstanceConfig.Builder web() {
    String userData = "GREETING='hello from afar'\n";
    return app(WEB, "The web server", VmMode.NOHYPER, 64)
        .setUserData(Base64.getEncoder().encodeToString(userData.getBytes(StandardCharsets.UTF_8)))
        .addVolumeRefList(mounted(ROOT, ""))
        .addVolumeRefList(mounted(DATA, "/data"))
        .setRestart(count(1))
        .setPurge(count(1));
  }

  private static AppInstanceConfig.Builder side() {
    return app(SIDE, "side", VmMode.NOHYPER, 32)
        .addVolumeRefList(mounted(ROOT, ""))
        .addVolumeRefList(mounted(SIDE_DATA, "/data"));
  }

  /** Of which nothing can be had. */
  private static AppInstanceConfig.Builder broken() {
    return app(BROKEN, "broken", VmMode.NOHYPER, 32).addVolumeRefList(mounted(99, ""));
  }

  private PackagedNode node(Consumer<PackagedNode> before) {
    return new PackagedNode(List.of(), ControllerConfigs.node(controller, signers), before);
  }

  private EdgeDevConfig wanted(AppInstanceConfig.Builder... apps) {
    return config(List.of(apps).stream().map(AppInstanceConfig.Builder::build).toList())
        .setControllerEpoch(EPOCH)
        .addDatastores(registry(STORE, registry.host()))
        .addContentInfo(tree(TREE, STORE, Format.CONTAINER, "team/web:1", digest))
        .addVolumes(download(ROOT, TREE))
        .addVolumes(blank(DATA, 16 << 20))
        .addVolumes(blank(SIDE_DATA, 16 << 20))
        .build();
  }

  @Test
  void aNodeDoesWhatItsControllerSays() {
    controller.config(wanted(web(), side(), broken()));
    try (PackagedNode node = node(before -> {})) {
      // What it is told to run, runs; what cannot be had is told by name.
      awaitState(controller, WEB, ZSwState.RUNNING);
      awaitState(controller, SIDE, ZSwState.RUNNING);
      ZInfoApp error = awaitState(controller, BROKEN, ZSwState.ERROR);
      assertTrue(
          error.getAppErr(0).getDescription().contains("volumeRefList[0].uuid"), error.toString());
      assertEquals(1, controller.devices().size());
      Programs.await(
          "its log to arrive",
          () -> controller.logs(uuid(WEB)).toString().contains("hello from afar, start 1"));
      node.awaitOutput(uuid(WEB), "hello from afar, start 1");
      Anchor web = anchor(node, WEB);
      Anchor side = anchor(node, SIDE);
      appMetric metric = awaitMetric(controller, WEB);
      assertEquals("The web server", metric.getAppName());
      assertTrue(metric.getAppMemory().getUsedMB() > 0, metric.toString());
      assertTrue(metric.getAppMemory().getAllocatedMB() >= 64, metric.toString());
      assertEquals(16, metric.getDisk(0).getProvisioned(), metric.toString());
      JsonNode shown = node.json("node").path("controller");
      assertEquals(controller.devices().get(0), shown.path("device").asText());
      assertEquals(3, shown.path("apps").size(), shown.toString());

      // A restart is of one app, and keeps its volumes.
      controller.config(wanted(web().setRestart(count(2)), side()));
      node.awaitOutput(uuid(WEB), "hello from afar, start 2");
      assertNotEquals(web, anchor(node, WEB));
      assertEquals(side, anchor(node, SIDE));
      Programs.await(
          "the app that is not wanted any more to go",
          () -> node.json("node").at("/controller/apps").size() == 2);

      // A purge renews them.
      controller.config(wanted(web().setRestart(count(2)).setPurge(count(2)), side()));
      Programs.await(
          "the app to be made anew",
          () ->
              node.taskctl("logs", uuid(WEB)).out().contains("hello from afar, start 1")
                  && !node.taskctl("logs", uuid(WEB)).out().contains("start 2"));
      awaitState(controller, WEB, ZSwState.RUNNING);

      // What is not active stops; what is not there any more is deleted, with its volumes.
      controller.config(wanted(web().setPurge(count(2)).setActivate(false), side()));
      awaitState(controller, WEB, ZSwState.HALTED);
      assertEquals("STOPPED", node.json("inspect", uuid(WEB)).path("state").asText());
      controller.config(config(List.of()).setControllerEpoch(EPOCH).build());
      Programs.await("all apps to go", () -> node.json("list").isEmpty());
      Programs.await("their volumes to go", () -> node.json("volumes", "list").isEmpty());
    }
  }

  @Test
  void withoutNetworkAllComesBackAndNewsFlowWhenItDoes() throws IOException {
    controller.config(wanted(web(), side()));
    try (PackagedNode node = node(before -> {})) {
      awaitState(controller, WEB, ZSwState.RUNNING);
      awaitState(controller, SIDE, ZSwState.RUNNING);
      Anchor web = anchor(node, WEB);
      Anchor side = anchor(node, SIDE);
      int told;
      try (NetworkCut cut = NetworkCut.of(controller.port(), registry.port())) {
        // The daemon and containerd alone: nobody notices.
        long containerd = containerd(node);
        node.kill();
        kill(containerd);
        node.start();
        awaitRunning(node, WEB);
        awaitRunning(node, SIDE);
        assertEquals(List.of(web, side), List.of(anchor(node, WEB), anchor(node, SIDE)));
        awaitProblem(node, "CONTROLLER_UNREACHABLE");

        // The whole node: all is as it was wanted, from the config and the images that are kept.
        PowerCycle.of(node);
        awaitRunning(node, WEB);
        awaitRunning(node, SIDE);
        node.awaitOutput(uuid(WEB), "hello from afar, start 2");
        assertNotEquals(web, anchor(node, WEB));
        awaitProblem(node, "CONTROLLER_UNREACHABLE");
        assertEquals(2, node.json("node").at("/controller/apps").size());
        assertTrue(cut.lost() > 0);
        told = controller.infos().size();
        node.taskctl("signal", uuid(SIDE), "SIGKILL").expect(0);
      }
      Programs.await("news to arrive", () -> controller.infos().size() > told);
      awaitState(controller, WEB, ZSwState.RUNNING);
      controller.config(wanted(side()));
      Programs.await(
          "the app that is not wanted any more to go", () -> node.json("list").size() == 1);
    } finally {
      PowerCycle.end();
    }
  }

  /** Each answer would have the apps removed, if anybody believed it. */
  @Test
  void badAnswersChangeNothing() {
    EdgeDevConfig good = wanted(web(), side());
    EdgeDevConfig bad = config(List.of()).setControllerEpoch(EPOCH).build();
    controller.config(good);
    try (PackagedNode node = node(NodeClock::prepare)) {
      awaitState(controller, WEB, ZSwState.RUNNING);
      awaitState(controller, SIDE, ZSwState.RUNNING);
      List<Anchor> before = List.of(anchor(node, WEB), anchor(node, SIDE));
      BiConsumer<String, Runnable> refused =
          (code, lie) -> {
            lie.run();
            controller.config(bad);
            awaitProblem(node, code);
            assertEquals(before, List.of(anchor(node, WEB), anchor(node, SIDE)), code);
            assertEquals(2, node.json("list").size(), code);
            controller.config(good);
            controller.behave();
            awaitProblem(node, NONE);
          };
      BAD.forEach(
          (fault, code) ->
              refused.accept(
                  code, () -> controller.misbehave("/config", Integer.MAX_VALUE, fault)));
      refused.accept("UNTRUSTED_CERTIFICATE", () -> controller.sign(Signer.OF_ANOTHER_ROOT));
      refused.accept("CERTIFICATE_EXPIRED", () -> controller.sign(Signer.EXPIRED));
      controller.config(bad.toBuilder().setControllerEpoch(EPOCH - 1).build());
      awaitProblem(node, "CONFIG_REPLAYED");
      controller.config(good);
      awaitProblem(node, NONE);
      // All certificates have ended then: those of signers, and of the server if it is asked anew.
      NodeClock.set(node, "+1y");
      awaitProblem(node, "CERTIFICATE_EXPIRED|CONTROLLER_UNREACHABLE");
      // None holds yet, which is seen when a connection is made.
      node.kill();
      NodeClock.set(node, "-1y");
      node.start();
      awaitProblem(node, "CONTROLLER_UNREACHABLE");
      assertEquals(before, List.of(anchor(node, WEB), anchor(node, SIDE)));
      NodeClock.set(node, "+0");
      awaitProblem(node, NONE);
      assertEquals(before, List.of(anchor(node, WEB), anchor(node, SIDE)));
      // The same from the one who may.
      controller.config(bad);
      Programs.await("all apps to go", () -> node.json("list").isEmpty());
    }
  }

  /** Waits for a problem with the controller whose code is such. */
  private static void awaitProblem(PackagedNode node, String code) {
    JsonNode[] last = new JsonNode[1];
    try {
      Programs.await(
          "a problem with the controller: " + code,
          () -> {
            last[0] = node.json("node").path("controller");
            return last[0].at("/problem/code").asText().matches(code);
          });
    } catch (AssertionError e) {
      throw new AssertionError("last: " + last[0], e);
    }
  }

  private static long containerd(PackagedNode node) {
    Path file = node.directory().resolve("run/containerd/containerd.pid");
    return Long.parseLong(Programs.read(file).split(" ")[0]);
  }

  private static void kill(long pid) {
    Programs.run(List.of("kill", "-KILL", Long.toString(pid))).expect(0);
    Programs.await("it to be gone", () -> ProcessHandle.of(pid).isEmpty());
  }

  private static Anchor anchor(PackagedNode node, int app) {
    return Anchor.of(node.json("inspect", uuid(app)));
  }

  private static void awaitRunning(PackagedNode node, int app) {
    Programs.await(
        "app " + uuid(app) + " to run",
        () -> {
          Programs.Result answer = node.taskctl("inspect", uuid(app), "-o", "json");
          return answer.status() == 0
              && Programs.parse(answer.out()).path("state").asText().equals("RUNNING");
        });
  }

  /** Waits until the last that the controller was told of an app is a state. */
  static ZInfoApp awaitState(FixtureController controller, int app, ZSwState state) {
    ZInfoApp[] last = new ZInfoApp[1];
    try {
      Programs.await(
          uuid(app) + " to be told as " + state,
          () -> {
            told(controller, app).ifPresent(info -> last[0] = info);
            return last[0] != null && last[0].getState() == state;
          });
    } catch (AssertionError e) {
      throw new AssertionError("last told: " + last[0], e);
    }
    return last[0];
  }

  private static Optional<ZInfoApp> told(FixtureController controller, int app) {
    return controller.infos().stream()
        .filter(ZInfoMsg::hasAinfo)
        .map(ZInfoMsg::getAinfo)
        .filter(info -> info.getAppID().equals(uuid(app)))
        .reduce((earlier, later) -> later);
  }

  static appMetric awaitMetric(FixtureController controller, int app) {
    appMetric[] found = new appMetric[1];
    Programs.await(
        "metrics of " + uuid(app),
        () -> {
          controller.metrics().stream()
              .flatMap(message -> message.getAmList().stream())
              .filter(metric -> metric.getAppID().equals(uuid(app)))
              .filter(metric -> metric.getAppMemory().getUsedMB() > 0)
              .reduce((earlier, later) -> later)
              .ifPresent(metric -> found[0] = metric);
          return found[0] != null;
        });
    return found[0];
  }
}
