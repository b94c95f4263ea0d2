package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.port.DiskContent;
import org.lfedge.eve.tasks.core.port.StoredVolume;

/** Volumes of the node that are disks, and tasks that have them as their root, on fakes. */
class DiskVolumesTest extends EngineTest {

  private static final String DIGEST = "sha256:" + "1".repeat(64);
  private static final FileOrigin.Url URL =
      new FileOrigin.Url("https://repo.example/vm.qcow2", DIGEST);

  private static TaskDocument guest(String... parts) {
    return document(
        "{name: vm, executor: emulator, resources: {memory: 64MiB}, stop: {grace: 100ms},"
            + " restart: {policy: never}, "
            + String.join(", ", parts)
            + "}");
  }

  private static String place(Problem problem) {
    return problem.code() + " " + problem.path();
  }

  private String refused(String root) {
    return place(refusal(engine.manager().create(guest(root))).first());
  }

  @Test
  void aVolumeIsMadeOfAFileThatIsFetchedAndGoesThen() {
    StoredVolume made = await(engine.manager().createDisk("vm", URL, Format.QCOW2, 1 << 30));
    assertEquals(Optional.of(URL.url()), made.content());
    assertEquals(1 << 30, made.limitBytes());
    assertEquals(
        Map.of("vm", new DiskContent(new DiskContent.Fetched(DIGEST, URL.url()), Format.QCOW2)),
        engine.volumes.disks);
    assertEquals(Set.of(), Set.copyOf(engine.fetched.here));
  }

  @Test
  void aFileThatATaskHasAsWellStays() {
    String root = "root: {jar: {url: 'https://repo.example/x.jar', digest: '" + DIGEST + "'}}";
    await(engine.manager().create(guest(root)));
    await(engine.manager().createDisk("disk", URL, Format.RAW, 0));
    assertEquals(Set.of(DIGEST), Set.copyOf(engine.fetched.here));
  }

  @Test
  void aVolumeIsMadeOfAFileOfTheNode() {
    await(engine.manager().createDisk("vm", "/srv/vm.vmdk", Optional.of(DIGEST), Format.VMDK, 0));
    assertEquals(
        Map.of(
            "vm",
            new DiskContent(
                new DiskContent.OfNode("/srv/vm.vmdk", Optional.of(DIGEST)), Format.VMDK)),
        engine.volumes.disks);
    assertEquals(List.of(), engine.fetched.fetches);
  }

  @Test
  void nothingIsFetchedForAVolumeThatCannotBeMade() {
    await(engine.manager().createDisk("vm", "/srv/vm", Optional.empty(), Format.RAW, 0));
    assertEquals(
        "VOLUME_EXISTS",
        refusal(engine.manager().createDisk("vm", URL, Format.RAW, 0)).first().code());
    assertEquals(
        "VOLUME_EXISTS",
        refusal(engine.manager().createDisk("vm", "/a", Optional.empty(), Format.RAW, 0))
            .first()
            .code());
    assertEquals(
        "VOLUME_NAME_INVALID",
        refusal(engine.manager().createDisk("../vm", URL, Format.RAW, 0)).first().code());
    assertEquals(List.of(), engine.fetched.fetches);
  }

  @Test
  void whatCannotBeFetchedMakesNoVolume() {
    FileOrigin.Url broken = new FileOrigin.Url("https://repo.example/broken", DIGEST);
    assertEquals(
        "DOWNLOAD_UNREACHABLE",
        refusal(engine.manager().createDisk("vm", broken, Format.RAW, 0)).first().code());
    assertEquals(List.of(), engine.volumes.list());
  }

  @Test
  void aTaskHasAVolumeOfTheNodeAsItsRootAndLeavesItWhenItGoes() {
    await(engine.manager().createDisk("vm.disk", "/srv/vm", Optional.empty(), Format.QCOW2, 0));
    await(engine.manager().create(guest("root: {volume: vm.disk}")));
    assertEquals(Map.of("vm", "vm.disk as BLOCK"), engine.volumes.roots);
    String spec = runtime.liveSpec("vm");
    assertTrue(spec.contains("\"source\":\"/run/volumes/vm/root.\""), spec);
    assertTrue(spec.contains("{bytes=1073741824, format=raw}"), spec);
    await(engine.manager().start("vm", false));
    await(engine.manager().stop("vm", false));
    engine.restart();
    await(engine.manager().start("vm", false));
    await(engine.manager().delete("vm", true, true));
    assertNothingIsLeft();
    assertTrue(engine.volumes.find("vm.disk").isPresent());
  }

  @Test
  void aRootThatIsAnotherVolumeOrForReadingTakesAnotherAnchor() {
    await(engine.manager().createDisk("one", "/srv/vm", Optional.empty(), Format.RAW, 0));
    await(engine.manager().createDisk("two", "/srv/vm", Optional.empty(), Format.RAW, 0));
    await(engine.manager().create(guest("root: {volume: one}")));
    TaskView before = only();
    await(engine.manager().revise(guest("root: {volume: one}", "displayName: again")));
    assertEquals(before.anchor(), only().anchor());
    await(engine.manager().revise(guest("root: {volume: two}")));
    assertEquals("two as BLOCK", engine.volumes.roots.get("vm"));
    await(engine.manager().revise(guest("root: {volume: two, readOnly: true}")));
    assertEquals("two as BLOCK ro", engine.volumes.roots.get("vm"));
  }

  @Test
  void aVolumeThatIsNotThereOrNoDiskIsRefusedAtItsPlace() {
    assertEquals("VOLUME_NOT_FOUND root.volume", refused("root: {volume: vm.disk}"));
    engine.volumes.put("web.data", "image", 0, Optional.of("web"), Optional.of("web:1"));
    assertEquals("VOLUME_NOT_A_DISK root.volume", refused("root: {volume: web.data}"));
    assertNothingIsLeft();
  }
}
