package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
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
}
