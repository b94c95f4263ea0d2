package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.MIB;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.assertRefused;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.fill;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.names;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.read;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.readOnly;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.run;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.volume;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.write;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.StorageUse;
import org.lfedge.eve.tasks.spi.task.View;

/** Disks in files of the node, and the limited disks of roots, with real mounts. */
class DiskVolumesIT {

  private final VolumeFixture node = new VolumeFixture();
  private NodeVolumes volumes = node.volumes();

  @AfterEach
  void leaveNothing() {
    node.close();
  }

  /** A disk with a file system in which is a file. */
  private Path disk(String name) throws IOException {
    Path content = Files.createDirectories(node.directory().resolve("content"));
    write(content.resolve("file"), "from the disk");
    Path disk = node.allowed().resolve(name);
    run("mkfs.ext4", "-q", "-d", content.toString(), disk.toString(), "8M");
    return disk;
  }

  private static Source raw(Path disk) {
    return new Source.DiskFile(disk.toString(), Format.RAW);
  }

  private Path prepare(String task, VolumeConfig volume) {
    volumes.prepare(task, volume, View.FILESYSTEM);
    return volumes.path(task, volume.name());
  }

  @Test
  void aRawDiskIsMountedAndWhatIsWrittenIsInIt() throws IOException {
    Path disk = disk("disk.img");
    assertEquals(Set.of(View.FILESYSTEM, View.BLOCK), volumes.views(volume("data", raw(disk))));
    Path data = prepare("web", volume("data", raw(disk)));
    assertEquals("from the disk", read(data.resolve("file")));
    write(data.resolve("new"), "new");
    volumes.release("web");
    node.assertNoLoops();
    assertEquals("new", read(prepare("web", volume("data", raw(disk))).resolve("new")));
  }

  @Test
  void twoTasksShareADiskByWhateverPathTheyNameIt() throws IOException {
    Path disk = disk("disk.img");
    Path link = node.allowed().resolve("link.img");
    Files.createSymbolicLink(link, disk);
    Path web = prepare("web", volume("data", raw(disk)));
    Path db = prepare("db", volume("data", raw(link)));
    Path reader = prepare("reader", readOnly("data", raw(link)));
    write(web.resolve("new"), "new");
    assertEquals("new", read(db.resolve("new")));
    assertEquals("new", read(reader.resolve("new")));
    assertThrows(FileSystemException.class, () -> Files.createFile(reader.resolve("x")));
    assertEquals(1, node.loops().size(), node.loops().toString());
    assertRefused(
        "VOLUME_IN_USE", () -> volumes.prepare("vm", volume("data", raw(disk)), View.BLOCK));
  }

  @Test
  void aDiskForReadingIsNotWrittenToByTheKernelEither() throws IOException {
    Path disk = disk("disk.img");
    byte[] before = Files.readAllBytes(disk);
    Path data = prepare("web", readOnly("data", raw(disk)));
    assertEquals("from the disk", read(data.resolve("file")));
    assertThrows(FileSystemException.class, () -> Files.createFile(data.resolve("x")));
    volumes.prepare("vm", readOnly("data", raw(disk)), View.BLOCK);
    assertRefused("VOLUME_IN_USE", () -> prepare("db", volume("data", raw(disk))));
    volumes.release("web");
    volumes.release("vm");
    assertArrayEquals(before, Files.readAllBytes(disk));
    prepare("db", volume("data", raw(disk)));
  }

  @Test
  void aDiskThatIsNoFileSystemIsRefusedWithWhatItHolds() throws IOException {
    Path disk = node.allowed().resolve("parted.img");
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(4 * MIB);
      // One Linux partition of 2048 sectors from sector 2048 on, and the signature.
      file.seek(446);
      file.write(new byte[] {0, 0, 0, 0, (byte) 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0});
      file.seek(510);
      file.write(new byte[] {0x55, (byte) 0xAA});
    }
    TaskException refusal =
        assertThrows(TaskException.class, () -> prepare("web", volume("data", raw(disk))));
    assertEquals("DISK_NOT_MOUNTABLE", refusal.first().code());
    assertTrue(refusal.first().message().contains("partition table (dos)"), refusal.toString());
    write(disk, "nothing of the kind");
    refusal = assertThrows(TaskException.class, () -> prepare("web", volume("data", raw(disk))));
    assertEquals("DISK_NOT_MOUNTABLE", refusal.first().code());
    assertEquals(List.of(), volumes.tasks());
    assertEquals(1, node.mounts().size(), node.mounts().toString());
  }

  @Test
  void aGuestIsHandedTheDiskItself() throws IOException {
    Path disk = disk("disk.img");
    volumes.prepare("vm", volume("data", raw(disk)), View.BLOCK);
    Path file = volumes.path("vm", "data");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.writeByte('x');
    }
    assertEquals('x', Files.readAllBytes(disk)[0]);
  }

  @Test
  void aDiskThatWasNotUnmountedIsMendedWhenItIsMounted() throws IOException {
    prepare("web", volume("data", new Source.Blank(8 * MIB)));
    write(volumes.path("web", "data").resolve("file"), "here");
    run("sync", "-f", volumes.path("web", "data").toString());
    // The disk as it would be after a loss of power.
    Path disk = node.state().resolve("volumes/web.data/data.img");
    Path asItWas = node.directory().resolve("copy");
    Files.copy(disk, asItWas);
    volumes.release("web");
    node.assertNoLoops();
    Files.write(disk, Files.readAllBytes(asItWas));
    Path data = prepare("web", volume("data", new Source.Blank(8 * MIB)));
    assertEquals("here", read(data.resolve("file")));
    write(data.resolve("more"), "more");
  }

  @Test
  void theDiskOfARootHoldsNoMoreThanItsLimitAndGoesWithTheTask() throws IOException {
    Path root = volumes.prepareWritable("web", 8 * MIB);
    assertEquals(List.of("fs", "work"), names(root));
    long written = fill(root.resolve("fs"));
    assertTrue(written > 5 * MIB && written <= 8 * MIB, "written: " + written);
    StorageUse use = volumes.writableUse("web").orElseThrow();
    assertEquals(8 * MIB, use.limitBytes());
    assertTrue(
        use.usedBytes() > 8 * MIB - 64 * 1024 && use.usedBytes() <= 8 * MIB,
        use.usedBytes() + " bytes");
    assertEquals(List.of("web"), volumes.tasks());
    assertEquals(root, volumes.prepareWritable("web", 8 * MIB));
    volumes = node.reboot();
    assertEquals(Optional.empty(), volumes.writableUse("web"));
    assertEquals(List.of("web"), volumes.tasks());
    assertRefused("VOLUME_DIFFERS", () -> volumes.prepareWritable("web", 16 * MIB));
    assertEquals(List.of("filling"), names(volumes.prepareWritable("web", 8 * MIB).resolve("fs")));
    volumes.release("web");
    assertEquals(List.of(), volumes.tasks());
    assertEquals(List.of(), names(node.state().resolve("volumes/.writable")));
    assertEquals(List.of("fs", "work"), names(volumes.prepareWritable("web", 16 * MIB)));
  }
}
