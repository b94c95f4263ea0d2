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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.controller.FixtureController;
import org.lfedge.eve.tasks.core.controller.FixtureSigners;
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
class ControllerIT {

  private static final int STORE = 1;
  private static final int TREE = 3;
  private static final int ROOT = 4;
  private static final int DATA = 5;
  private static final int WEB = 6;
  private static final int SIDE = 7;
  private static final int BROKEN = 8;
  private static final int SIDE_DATA = 9;

  @TempDir private Path directory;

  private static String nodeConfig(FixtureController controller, FixtureSigners signers) {
    return """
        controller:
          server: %s
          rootCertificate: %s
          ca: %s
          proxy: none
          onboarding: {certificate: %s, key: %s}
        """
        .formatted(
            controller.uri(),
            signers.root(),
            signers.ca(),
            signers.onboarding().certificate(),
            signers.onboarding().key());
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

  private static EdgeDevConfig wanted(
      FixtureRegistry registry, String digest, AppInstanceConfig.Builder... apps) {
    return config(List.of(apps).stream().map(AppInstanceConfig.Builder::build).toList())
        .addDatastores(registry(STORE, registry.host()))
        .addContentInfo(tree(TREE, STORE, Format.CONTAINER, "team/web:1", digest))
        .addVolumes(download(ROOT, TREE))
        .addVolumes(blank(DATA, 16 << 20))
        .addVolumes(blank(SIDE_DATA, 16 << 20))
        .build();
  }

  @Test
  void aNodeDoesWhatItsControllerSays() throws Exception {
    FixtureSigners signers = new FixtureSigners(directory.resolve("signers"));
    TestImages images = new TestImages();
    try (FixtureRegistry registry = FixtureRegistry.plain();
        FixtureController controller = new FixtureController(signers)) {
      Descriptor image = images.add(image());
      ServedImage.put(registry, images, image, "1");
      String digest = image.digest();
      controller.config(wanted(registry, digest, web(), side(), broken()));
      try (PackagedNode node = new PackagedNode(List.of(), nodeConfig(controller, signers))) {
        // What it is told to run, runs; what cannot be had is told by name.
        awaitState(controller, WEB, ZSwState.RUNNING);
        awaitState(controller, SIDE, ZSwState.RUNNING);
        ZInfoApp error = awaitState(controller, BROKEN, ZSwState.ERROR);
        assertTrue(
            error.getAppErr(0).getDescription().contains("volumeRefList[0].uuid"),
            error.toString());
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
        controller.config(wanted(registry, digest, web().setRestart(count(2)), side()));
        node.awaitOutput(uuid(WEB), "hello from afar, start 2");
        assertNotEquals(web, anchor(node, WEB));
        assertEquals(side, anchor(node, SIDE));
        Programs.await(
            "the app that is not wanted any more to go",
            () -> node.json("node").at("/controller/apps").size() == 2);

        // A purge renews them.
        controller.config(
            wanted(registry, digest, web().setRestart(count(2)).setPurge(count(2)), side()));
        Programs.await(
            "the app to be made anew",
            () ->
                node.taskctl("logs", uuid(WEB)).out().contains("hello from afar, start 1")
                    && !node.taskctl("logs", uuid(WEB)).out().contains("start 2"));
        awaitState(controller, WEB, ZSwState.RUNNING);
        web = anchor(node, WEB);

        // Without network, after a crash of the daemon and of containerd, all is as it was wanted.
        controller.answer("", Integer.MAX_VALUE, 503);
        Anchor before = web;
        long containerd = containerd(node);
        node.kill();
        kill(containerd);
        node.start();
        awaitRunning(node, WEB);
        awaitRunning(node, SIDE);
        assertEquals(before, anchor(node, WEB));
        JsonNode alone = node.json("node").path("controller");
        assertEquals(2, alone.path("apps").size(), alone.toString());
        assertTrue(alone.at("/problem/code").isTextual(), alone.toString());
        int told = controller.infos().size();
        node.taskctl("signal", uuid(SIDE), "SIGKILL").expect(0);
        controller.behave();
        Programs.await("news to arrive", () -> controller.infos().size() > told);

        // What is not active stops; what is not there any more is deleted, with its volumes.
        controller.config(
            wanted(registry, digest, web().setPurge(count(2)).setActivate(false), side()));
        awaitState(controller, WEB, ZSwState.HALTED);
        assertEquals("STOPPED", node.json("inspect", uuid(WEB)).path("state").asText());
        controller.config(config(List.of()).build());
        Programs.await("all apps to go", () -> node.json("list").isEmpty());
        Programs.await("their volumes to go", () -> node.json("volumes", "list").isEmpty());
      }
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
