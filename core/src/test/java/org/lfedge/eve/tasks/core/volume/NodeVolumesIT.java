package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.MIB;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.assertRefused;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.fill;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.names;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.read;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.readOnly;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.tree;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.volume;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.write;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Owner;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.spi.task.View;

/** Volumes that the node keeps, with real mounts. */
class NodeVolumesIT {

  private static final VolumeConfig BLANK = volume("data", new Source.Blank(64 * MIB));

  private final VolumeFixture node = new VolumeFixture();
  private NodeVolumes volumes = node.volumes();

  @AfterEach
  void leaveNothing() {
    node.close();
  }

  private Path prepare(String task, VolumeConfig volume) {
    volumes.prepare(task, volume, View.FILESYSTEM);
    return volumes.path(task, volume.name());
  }

  private static VolumeConfig named(String volume) {
    return volume("data", new Source.Named(volume));
  }

  @Test
  void aBlankVolumeHoldsWhatItIsSaidToAndNoMore() {
    Path data = prepare("web", BLANK);
    assertEquals(List.of(), names(data));
    long written = fill(data);
    assertTrue(written > 55 * MIB && written <= 64 * MIB, "written: " + written);
    StoredVolume stored = volumes.find("web.data").orElseThrow();
    assertEquals(64 * MIB, stored.limitBytes());
    assertTrue(
        stored.usedBytes() > 64 * MIB - 256 * 1024 && stored.usedBytes() <= 64 * MIB,
        stored.usedBytes() + " bytes");
    assertEquals(List.of("web"), stored.usedBy());
    assertEquals(Optional.of("web"), stored.madeFor());
    assertEquals("blank", stored.kind());
  }

  @Test
  void itsRoomIsTakenWhenItIsMade() throws IOException {
    Path data = prepare("web", BLANK);
    Path disk = node.state().resolve("volumes/web.data/data.img");
    String blocks = VolumeFixture.run("stat", "-c", "%b", disk.toString()).strip();
    assertTrue(Long.parseLong(blocks) * 512 >= 64 * MIB, blocks + " blocks of 512 bytes");
    assertTrue(Files.isWritable(data));
  }

  @Test
  void whatIsWrittenStaysOverReleaseAndRebootUntilItIsPurged() {
    write(prepare("web", BLANK).resolve("file"), "here");
    volumes.release("web");
    assertEquals(List.of(), volumes.tasks());
    assertEquals(List.of(), volumes.find("web.data").orElseThrow().usedBy());
    assertEquals("here", read(prepare("web", BLANK).resolve("file")));
    volumes = node.reboot();
    assertTrue(volumes.find("web.data").orElseThrow().usedBytes() < 16 * MIB);
    assertEquals("here", read(prepare("web", BLANK).resolve("file")));
    volumes.release("web");
    volumes.purge("web");
    assertEquals(List.of(), volumes.list());
    assertEquals(List.of(), names(prepare("web", BLANK)));
  }

  @Test
  void aDaemonThatCrashedLeavesItReadyAndTheNextOneGoesOn() {
    Path data = prepare("web", BLANK);
    write(data.resolve("file"), "here");
    List<String> mounts = node.mounts();
    volumes = node.restart();
    assertEquals(List.of("web"), volumes.tasks());
    prepare("web", BLANK);
    assertEquals(mounts, node.mounts());
    assertEquals("here", read(data.resolve("file")));
    volumes.release("web");
    assertEquals(1, node.mounts().size(), node.mounts().toString());
  }

  @Test
  void whatACrashLeftHalfMadeIsRemoved() throws IOException {
    Path unfinished = node.state().resolve("volumes/.unfinished/4711");
    Files.createDirectories(unfinished);
    write(unfinished.resolve("data.img"), "x");
    Path staged = node.runtime().resolve("volumes/.staged/4711");
    Files.createDirectories(staged);
    VolumeFixture.run("mount", "--bind", node.allowed().toString(), staged.toString());
    write(node.allowed().resolve("kept"), "x");
    volumes = node.restart();
    assertFalse(Files.exists(unfinished));
    assertFalse(Files.exists(staged));
    assertEquals(List.of("kept"), names(node.allowed()));
    assertEquals(List.of(), volumes.list());
  }

  @Test
  void aVolumeForReadingCannotBeWrittenTo() {
    write(prepare("web", BLANK).resolve("file"), "here");
    volumes.release("web");
    Path data = prepare("web", readOnly("data", BLANK.source()));
    assertEquals("here", read(data.resolve("file")));
    assertThrows(FileSystemException.class, () -> Files.createFile(data.resolve("new")));
  }

  @Test
  void noDeviceAndNoSetUserIdCountsOnAVolume() {
    Path data = prepare("web", BLANK);
    Path host = prepare("db", volume("srv", new Source.HostPath(node.allowed().toString())));
    for (Path path : List.of(data, host)) {
      String line =
          node.mounts().stream()
              .filter(mount -> mount.contains(" " + path + " "))
              .findFirst()
              .orElseThrow();
      assertTrue(line.contains("nosuid,nodev"), line);
    }
  }

  @Test
  void aVolumeBelongsToTheOwnerThatItWasMadeFor() throws IOException {
    VolumeConfig owned =
        new VolumeConfig(
            "data",
            new Source.Blank(4 * MIB),
            Optional.empty(),
            false,
            Propagation.PRIVATE,
            Optional.of(new Owner(33, 34)));
    Path data = prepare("web", owned);
    assertEquals(33, Files.getAttribute(data, "unix:uid"));
    assertEquals(34, Files.getAttribute(data, "unix:gid"));
  }

  @Test
  void twoTasksShareAVolumeByName() {
    volumes.create("shared", 8 * MIB, Optional.empty(), Optional.empty());
    Path web = prepare("web", named("shared"));
    Path db = prepare("db", named("shared"));
    write(web.resolve("from-web"), "1");
    write(db.resolve("from-db"), "2");
    assertEquals("2", read(web.resolve("from-db")));
    assertEquals("1", read(db.resolve("from-web")));
    assertEquals(List.of("db", "web"), volumes.find("shared").orElseThrow().usedBy());
    assertRefused("VOLUME_IN_USE", () -> volumes.remove("shared"));
    volumes.release("web");
    assertEquals("1", read(db.resolve("from-web")));
    volumes.release("db");
    node.assertNoLoops();
    volumes.remove("shared");
    assertEquals(Optional.empty(), volumes.find("shared"));
    assertRefused("VOLUME_NOT_FOUND", () -> volumes.remove("shared"));
    assertRefused("VOLUME_NOT_FOUND", () -> prepare("web", named("shared")));
  }

  @Test
  void aDiskIsHandedOutAsADiskOrMountedButNotBoth() {
    volumes.create("disk", 8 * MIB, Optional.empty(), Optional.empty());
    volumes.prepare("vm", named("disk"), View.BLOCK);
    Path file = volumes.path("vm", "data");
    assertTrue(Files.isRegularFile(file));
    assertRefused("VOLUME_IN_USE", () -> prepare("web", named("disk")));
    assertRefused("VOLUME_IN_USE", () -> volumes.prepare("vm2", named("disk"), View.BLOCK));
    assertRefused("VOLUME_IN_USE", () -> volumes.remove("disk"));
    assertEquals(List.of("vm"), volumes.tasks());
    volumes.release("vm");
    Path web = prepare("web", named("disk"));
    assertRefused("VOLUME_IN_USE", () -> volumes.prepare("vm", named("disk"), View.BLOCK));
    assertEquals(List.of(), names(web));
    volumes.release("web");
    VolumeConfig reading = readOnly("data", new Source.Named("disk"));
    volumes.prepare("vm", reading, View.BLOCK);
    volumes.prepare("vm2", reading, View.BLOCK);
    assertEquals(List.of("vm", "vm2"), volumes.find("disk").orElseThrow().usedBy());
  }

  @Test
  void aVolumeInAnotherViewIsMadeAnew() {
    volumes.create("disk", 8 * MIB, Optional.empty(), Optional.empty());
    prepare("vm", named("disk"));
    volumes.prepare("vm", named("disk"), View.BLOCK);
    assertTrue(Files.isRegularFile(volumes.path("vm", "data")));
    prepare("vm", named("disk"));
    assertTrue(Files.isDirectory(volumes.path("vm", "data")));
  }

  @Test
  void aVolumeThatCannotBeMadeIsRefusedAndNothingIsLeft() {
    List<String> before = tree(node.directory());
    assertRefused(
        "VOLUME_TOO_SMALL", () -> volumes.create("a", MIB, Optional.empty(), Optional.empty()));
    assertRefused(
        "DISK_FULL", () -> volumes.create("a", 1L << 50, Optional.empty(), Optional.empty()));
    for (String name : List.of("", "A", "..", ".a", "a/b", "a..b", "a".repeat(128))) {
      assertRefused(
          "VOLUME_NAME_INVALID",
          () -> volumes.create(name, 4 * MIB, Optional.empty(), Optional.empty()));
    }
    assertEquals(before, tree(node.directory()));
    volumes.create("a", 2 * MIB, Optional.empty(), Optional.empty());
    assertRefused(
        "VOLUME_EXISTS", () -> volumes.create("a", 4 * MIB, Optional.empty(), Optional.empty()));
  }

  @Test
  void aVolumeThatWasMadeOtherwiseIsNotTaken() {
    prepare("web", BLANK);
    volumes.release("web");
    assertRefused(
        "VOLUME_DIFFERS", () -> prepare("web", volume("data", new Source.Blank(32 * MIB))));
    volumes.create("web.other", 4 * MIB, Optional.empty(), Optional.empty());
    assertRefused(
        "VOLUME_DIFFERS", () -> prepare("web", volume("other", new Source.Blank(4 * MIB))));
    assertEquals(List.of(), volumes.tasks());
  }

  @Test
  void aCheckNamesEveryProblemWithItsPlace() {
    List<Problem> problems =
        volumes.check(
            "web",
            List.of(
                BLANK,
                volume("a", new Source.Blank(1)),
                volume("b", new Source.HostPath("/etc")),
                volume("c", new Source.HostPath(node.allowed() + "/no")),
                volume("d", new Source.Named("no"))));
    assertEquals(
        List.of(
            "VOLUME_TOO_SMALL volumes[1].source",
            "SOURCE_NOT_ALLOWED volumes[2].source",
            "SOURCE_NOT_FOUND volumes[3].source",
            "VOLUME_NOT_FOUND volumes[4].source"),
        problems.stream().map(one -> one.code() + " " + one.path()).toList());
    assertEquals(List.of(), volumes.check("web", List.of(BLANK)));
  }

  @Test
  void aDamagedRecordHidesNoOtherVolume() {
    volumes.create("a", 2 * MIB, Optional.empty(), Optional.empty());
    volumes.create("b", 2 * MIB, Optional.empty(), Optional.empty());
    write(node.state().resolve("volumes/a/volume.json"), "{");
    assertEquals(List.of("b"), volumes.list().stream().map(StoredVolume::name).toList());
    assertRefused("VOLUME_UNREADABLE", () -> volumes.find("a"));
  }

  @Test
  void afterManyTasksNothingIsLeft() {
    volumes.create("shared", 4 * MIB, Optional.empty(), Optional.empty());
    List<String> mounts = node.mounts();
    List<String> files = tree(node.directory());
    List<VolumeConfig> all =
        List.of(
            volume("blank", new Source.Blank(4 * MIB)),
            volume("shared", new Source.Named("shared")),
            volume("host", new Source.HostPath(node.allowed().toString())));
    for (int i = 0; i < 30; i++) {
      String task = "task" + i % 3;
      all.forEach(volume -> prepare(task, volume));
      assertEquals(List.of(task), volumes.tasks());
      volumes.release(task);
      volumes.release(task);
      volumes.purge(task);
      assertEquals(mounts, node.mounts());
    }
    node.assertNoLoops();
    List<String> left = tree(node.directory());
    left = left.stream().filter(path -> !path.matches("locks.*|.*/\\.[a-z]+|run|state")).toList();
    assertEquals(
        files.stream().filter(path -> !path.matches("locks.*|.*/\\.[a-z]+|run|state")).toList(),
        left);
  }

  @Test
  void tasksThatComeAndGoAtOnceShareWhatTheyAreToShare() throws Exception {
    volumes.create("shared", 8 * MIB, Optional.empty(), Optional.empty());
    write(prepare("keeper", named("shared")).resolve("file"), "here");
    volumes.release("keeper");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<String>> results = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String task = "task" + i;
        results.add(
            threads.submit(
                () -> {
                  StringBuilder read = new StringBuilder();
                  for (int round = 0; round < 8; round++) {
                    read.append(read(prepare(task, named("shared")).resolve("file")));
                    volumes.release(task);
                  }
                  return read.toString();
                }));
      }
      for (Future<String> result : results) {
        assertEquals("here".repeat(8), result.get(60, TimeUnit.SECONDS));
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(1, node.mounts().size(), node.mounts().toString());
    node.assertNoLoops();
  }

  @Test
  void aTaskOnTheNodesRootHoldsNoVolume() throws IOException {
    prepare("web", BLANK);
    Path copy = Files.createDirectory(node.directory().resolve("copy"));
    VolumeFixture.run("mount", "--rbind", node.runtime().toString(), copy.toString());
    try {
      volumes.release("web");
      node.assertNoLoops();
      assertEquals(List.of(), volumes.tasks());
    } finally {
      VolumeFixture.run("umount", "--recursive", copy.toString());
    }
  }
}
