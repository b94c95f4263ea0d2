package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Join;

/** The volumes and interfaces of tasks, on fakes. */
class SurroundedTaskTest extends EngineTest {

  private static TaskDocument surrounded(String more) {
    return document(
        "{name: web, root: {image: web, maxWritable: 1MiB}, command: [serve],"
            + " resources: {memory: 64MiB}, stop: {grace: 100ms}, restart: {policy: never},"
            + " volumes: [{name: data, source: {blank: 2MiB}, target: /data},"
            + " {name: quick, source: {tmpfs: 1MiB}, target: /quick}],"
            + " interfaces: [{network: net}]"
            + more
            + "}");
  }

  @Test
  void whatSurroundsATaskIsMadeWithItAndGoesWithIt() {
    TaskView made = await(engine.manager().create(surrounded("")));
    assertEquals(List.of("10.0.0.2/24"), made.interfaces().get(0).addresses());
    assertEquals(List.of("web/", "web/data"), List.copyOf(engine.volumes.ready));
    String spec = runtime.liveSpec("web");
    for (String part : List.of("/run/volumes/web/data", "/etc/resolv.conf", "size=1048576")) {
      assertTrue(spec.contains(part), part);
    }
    await(engine.manager().delete("web", false, false));
    assertNothingIsLeft();
    assertEquals(List.of("web.data"), List.copyOf(engine.volumes.stored.keySet()));

    await(engine.manager().create(surrounded("")));
    await(engine.manager().delete("web", false, true));
    assertNothingIsLeft();
    assertTrue(engine.volumes.stored.isEmpty());
  }

  @Test
  void theyStayOverStopAndStartAndARestartOfTheDaemon() {
    await(engine.manager().create(surrounded("")));
    await(engine.manager().start("web", false));
    List<AttachedInterface> before = only().interfaces();
    await(engine.manager().stop("web", false));
    assertEquals(before, only().interfaces());
    await(engine.manager().start("web", false));
    engine.restart();
    assertEquals(before, only().interfaces());
  }

  @Test
  void whatBelongsToNoTaskIsRemoved() {
    var unused = engine.networks.attach("gone", surrounded("").interfaces());
    engine.volumes.ready.add("gone/data");
    engine.restart();
    assertNothingIsLeft();
  }

  @Test
  void aRenderingLeavesNothing() {
    Rendering rendering = engine.manager().render(surrounded(""));
    assertTrue(rendering.specJson().contains("/run/volumes/web/data"));
    assertNothingIsLeft();
  }

  @Test
  void whatCannotBeMadeIsRefusedBeforeAnythingIsMade() {
    TaskDocument document =
        document(
            "{name: web, root: {image: web}, command: [serve], resources: {memory: 64MiB},"
                + " interfaces: [{network: elsewhere}]}");
    TaskException refused = refusal(engine.manager().create(document));
    assertEquals("NETWORK_NOT_FOUND", refused.first().code());
    assertNothingIsLeft();
  }

  @Test
  void anotherVolumeNeedsAnotherAnchor() {
    await(engine.manager().create(surrounded("")));
    TaskDocument other =
        document(TaskDocuments.toJson(surrounded("")).toString().replace("2MiB", "4MiB"));
    assertEquals(
        List.of(Change.Action.REPLACE),
        await(engine.manager().apply(List.of(other), true, false, false)).stream()
            .map(Change::action)
            .toList());
  }

  private static TaskDocument guest(int level) {
    return surrounded(", options: {level: " + level + "}");
  }

  @Test
  void tapsAreJoinedBeforeEachStartAndGoWithTheTask() {
    List<Attachment> taps = List.of(new Attachment("eth0", "tap8", 1000, Join.REDIRECT));
    await(engine.manager().create(guest(8)));
    assertEquals(Map.of("web", taps), engine.networks.taps);
    await(engine.manager().start("web", false));
    await(engine.manager().stop("web", false));
    // As after a reboot, when there is another namespace.
    engine.networks.taps.clear();
    await(engine.manager().start("web", false));
    assertEquals(Map.of("web", taps), engine.networks.taps);
    await(engine.manager().delete("web", true, false));
    assertNothingIsLeft();
    assertEquals(Map.of(), engine.networks.taps);
  }

  @Test
  void aSeedWithTapsThatJoinNothingIsRefused() {
    TaskException refused = refusal(engine.manager().create(guest(9)));
    assertEquals("ATTACHMENT_INVALID", refused.first().code());
    assertTrue(refused.first().message().contains("joins interface missing"), refused.toString());
    assertNothingIsLeft();
  }

  @Test
  void otherTapsNeedAnotherAnchor() {
    await(engine.manager().create(guest(8)));
    assertEquals(
        List.of(Change.Action.REPLACE),
        await(engine.manager().apply(List.of(guest(10)), true, false, false)).stream()
            .map(Change::action)
            .toList());
  }

  private static final String IN_FILE = "{file: /srv/user-data}";

  private static TaskDocument cloudInit(String userData, String more) {
    return document(
        "{name: web, root: {image: web}, command: [serve], resources: {memory: 64MiB},"
            + " stop: {grace: 100ms}, restart: {policy: never}, interfaces: [{network: net}],"
            + " volumes: [{name: seed, source: {cloudInit: {userData: "
            + userData
            + "}}}]"
            + more
            + "}");
  }

  private static String making(String file) {
    return "#cloud-config\nwrite_files: [{path: " + file + "}]";
  }

  private List<Change.Action> actions(TaskDocument document) {
    return await(engine.manager().apply(List.of(document), true, false, false)).stream()
        .map(Change::action)
        .toList();
  }

  @Test
  void userDataStayWithTheTaskAsTheyWereInTheirFile() {
    engine.volumes.userData.put("/srv/user-data", making("/etc/north"));
    await(engine.manager().create(cloudInit(IN_FILE, "")));
    await(engine.manager().start("web", false));
    assertTrue(runtime.liveSpec("web").contains("/etc/north"));
    engine.volumes.userData.put("/srv/user-data", making("/etc/south"));
    assertEquals(List.of(Change.Action.NONE), actions(cloudInit(IN_FILE, "")));
    await(engine.manager().stop("web", false));
    engine.volumes.userData.clear();
    engine.restart();
    await(engine.manager().start("web", false));
    assertTrue(runtime.liveSpec("web").contains("/etc/north"));
    // A change of the document is about the file as it is then.
    TaskDocument changed = cloudInit(IN_FILE, ", displayName: other");
    TaskException gone = refusal(engine.manager().revise(changed));
    assertEquals("SOURCE_NOT_FOUND", gone.first().code());
    assertEquals("volumes[0].source.cloudInit.userData.file", gone.first().path());
    engine.volumes.userData.put("/srv/user-data", making("/etc/north"));
    assertEquals(List.of(Change.Action.UPDATE), actions(changed));
    engine.volumes.userData.put("/srv/user-data", making("/etc/south"));
    assertEquals(List.of(Change.Action.REPLACE), actions(changed));
  }

  @Test
  void theFilesOfUserDataInAFileAreThereForEachStart() {
    engine.volumes.userData.put("/srv/user-data", making("/etc/a.conf"));
    await(engine.manager().create(cloudInit(IN_FILE, "")));
    assertTrue(runtime.liveSpec("web").contains("/etc/a.conf"));
    assertTrue(engine.volumes.ready.isEmpty(), "a program is handed no disk");
    await(engine.manager().delete("web", true, false));
    assertNothingIsLeft();
  }

  @Test
  void aGuestIsHandedADiskThatTellsWhoItIsAndWhatItsNetworkIs() {
    await(engine.manager().create(cloudInit("\"#!/bin/sh\"", ", options: {level: 8}")));
    CloudInit data = Objects.requireNonNull(engine.volumes.guestData.get("web"));
    assertEquals(new CloudInit.UserData.Text("#!/bin/sh"), data.userData());
    assertEquals("web", data.metaData().get("local-hostname"));
    assertTrue(data.networkConfig().orElseThrow().contains("addresses: [\"10.0.0.2/24\"]"));
    assertTrue(runtime.liveSpec("web").contains("/disks/seed"));
    await(engine.manager().delete("web", true, false));
    assertNothingIsLeft();

    TaskException refused = refusal(engine.manager().create(cloudInit("\"#!/bin/sh\"", "")));
    assertEquals("UNSUPPORTED", refused.first().code());
    assertNothingIsLeft();
  }

  @Test
  void noChangeShowsUserData() {
    await(engine.manager().create(cloudInit("TOKEN=secret1", "")));
    List<Change> changes =
        await(engine.manager().apply(List.of(cloudInit("TOKEN=secret2", "")), true, false, false));
    assertTrue(changes.toString().contains("volumes"), changes.toString());
    assertFalse(changes.toString().contains("secret"), changes.toString());
  }
}
