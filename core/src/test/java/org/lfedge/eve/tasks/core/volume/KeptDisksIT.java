package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.MIB;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.assertRefused;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.names;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.read;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.readOnly;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.run;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.volume;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.write;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.containerd.ContainerdRuntime;
import org.lfedge.eve.tasks.core.containerd.ContainerdSandbox;
import org.lfedge.eve.tasks.core.containerd.SnapshotMounts;
import org.lfedge.eve.tasks.core.image.ImageTestBed;
import org.lfedge.eve.tasks.core.port.DiskContent;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.spi.task.View;

/** Volumes of the node that are made of disks, copied and converted, with real mounts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeptDisksIT {

  private final ImageTestBed bed;
  private final ContainerdSandbox sandbox;
  private VolumeFixture node;
  private NodeVolumes volumes;

  KeptDisksIT() throws IOException {
    bed = new ImageTestBed();
    ContainerdRuntime runtime = new ContainerdRuntime(bed.client());
    sandbox = new ContainerdSandbox(runtime, bed.directory().resolve("sandboxes"), "", "amd64");
  }

  @BeforeEach
  void makeNode() {
    node = new VolumeFixture(sandbox, bed.images(), new SnapshotMounts(bed.client()));
    volumes = node.volumes();
  }

  @AfterEach
  void leaveNothing() {
    Path unfinished = node.state().resolve("volumes/.unfinished");
    assertTrue(Files.notExists(unfinished) || names(unfinished).isEmpty());
    node.close();
  }

  @AfterAll
  void stop() throws IOException {
    bed.close();
  }

  /** With something at its start and at its end, and a hole between. */
  private Path raw(long bytes) throws IOException {
    Path file = node.allowed().resolve("disk.raw");
    byte[] some = new byte[1000];
    new Random(7).nextBytes(some);
    try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
      disk.setLength(bytes);
      disk.write(some);
      disk.seek(bytes - some.length);
      disk.write(some);
    }
    return file;
  }

  private Path converted(Path raw, String format) {
    Path disk = node.allowed().resolve("disk." + format);
    run("qemu-img", "convert", "-f", "raw", "-O", format, raw.toString(), disk.toString());
    run("chmod", "0600", disk.toString());
    run("chown", "1000:1000", disk.toString());
    return disk;
  }

  private static DiskContent of(Path file, Format format, String... digest) {
    return new DiskContent(
        new DiskContent.OfNode(file.toString(), Arrays.stream(digest).findFirst()), format);
  }

  private static DiskContent fetched(String digest, Format format, String url) {
    return new DiskContent(new DiskContent.Fetched(digest, url), format);
  }

  private static String sum(Path file) {
    return "sha256:" + run("sha256sum", file.toString()).split(" ", -1)[0];
  }

  private Path disk(String name) {
    return node.state().resolve("volumes").resolve(name).resolve("data.img");
  }

  private static VolumeConfig root(String name) {
    return volume(Volumes.ROOT, new Source.Named(name));
  }

  @Test
  void aRawDiskIsCopiedAndItsRoomIsTaken() throws IOException {
    Path raw = raw(5 * MIB + 512);
    StoredVolume made = volumes.createDisk("vm", of(raw, Format.RAW, sum(raw)), 0);
    assertEquals("disk", made.kind());
    assertEquals(5 * MIB + 512, made.limitBytes());
    assertEquals(Optional.of(raw.toString()), made.content());
    assertEquals(Optional.empty(), made.madeFor());
    assertEquals(-1, Files.mismatch(raw, disk("vm")));
    assertTrue(room("vm") >= 5 * MIB, "all of it is taken: " + room("vm"));
    assertRefused("VOLUME_EXISTS", () -> volumes.createDisk("vm", of(raw, Format.RAW), 0));
    volumes = node.reboot();
    assertEquals(made, volumes.find("vm").orElseThrow());
  }

  private long room(String name) {
    return Long.parseLong(run("stat", "-c", "%b", disk(name).toString()).strip()) * 512;
  }

  @Test
  void aDiskIsAsLargeAsItIsWantedAndItsContent() throws IOException {
    Path raw = raw(3 * MIB + 1);
    assertEquals(8 * MIB, volumes.createDisk("a", of(raw, Format.RAW), 8 * MIB).limitBytes());
    assertEquals(3 * MIB, Files.mismatch(raw, disk("a")) - 1);
    try (FileChannel file = FileChannel.open(disk("a"))) {
      assertEquals(8 * MIB, file.size());
    }
    assertEquals(3 * MIB + 512, volumes.createDisk("b", of(raw, Format.ISO), MIB).limitBytes());
    Path qcow2 = converted(raw(2 * MIB), "qcow2");
    assertEquals(4 * MIB, volumes.createDisk("c", of(qcow2, Format.QCOW2), 4 * MIB).limitBytes());
    assertEquals(2 * MIB, Files.mismatch(raw(2 * MIB), disk("c")));
    assertEquals(4 * MIB, Files.size(disk("c")));
    assertRefused("DISK_TOO_LARGE", () -> volumes.createDisk("d", of(raw, Format.RAW), -1));
    assertRefused("DISK_FULL", () -> volumes.createDisk("d", of(raw, Format.RAW), 1L << 43));
    assertRefused("DISK_FULL", () -> volumes.createDisk("d", of(qcow2, Format.QCOW2), 1L << 43));
    assertEquals(4 * MIB, volumes.diskBytes("vm", root("c")));
    assertEquals(List.of("a", "b", "c"), volumes.list().stream().map(StoredVolume::name).toList());
  }

  @Test
  void otherFormatsAreConverted() throws IOException {
    Path raw = raw(4 * MIB);
    for (Format format : List.of(Format.QCOW2, Format.VMDK, Format.VHDX)) {
      Path disk = converted(raw, format.word());
      String name = format.word();
      assertEquals(4 * MIB, volumes.createDisk(name, of(disk, format), 0).limitBytes());
      assertEquals(-1, Files.mismatch(raw, disk(name)), name);
      String checked = name + ".checked";
      StoredVolume made = volumes.createDisk(checked, of(disk, format, sum(disk)), 0);
      assertEquals(Optional.of(disk.toString()), made.content());
      assertEquals(-1, Files.mismatch(raw, disk(checked)), checked);
      assertEquals(
          List.of("data.img", "volume.json"), names(node.state().resolve("volumes/" + checked)));
      assertEquals(0, Files.getAttribute(disk(checked), "unix:uid"));
    }
  }

  @Test
  void aFileThatWasFetchedIsAContentLikeAnyOther() throws IOException {
    Path raw = raw(4 * MIB);
    Path qcow2 = converted(raw, "qcow2");
    Files.createDirectories(node.fetched());
    for (Path file : List.of(raw, qcow2)) {
      Files.copy(file, node.fetched().resolve(sum(file).substring(7)));
    }
    String url = "https://repo.example/disk";
    StoredVolume made = volumes.createDisk("a", fetched(sum(raw), Format.RAW, url), 0);
    assertEquals(Optional.of(url), made.content());
    var unused = volumes.createDisk("b", fetched(sum(qcow2), Format.QCOW2, url), 0);
    assertEquals(-1, Files.mismatch(raw, disk("a")));
    assertEquals(-1, Files.mismatch(raw, disk("b")));
    DiskContent gone = fetched("sha256:" + "0".repeat(64), Format.RAW, url);
    assertRefused("FILE_NOT_FOUND", () -> volumes.createDisk("c", gone, 0));
  }

  @Test
  void anotherContentOrAHostileOneMakesNoVolume() throws IOException {
    Path raw = raw(4 * MIB);
    Path qcow2 = converted(raw, "qcow2");
    String other = "sha256:" + "0".repeat(64);
    assertRefused("DIGEST_MISMATCH", () -> volumes.createDisk("a", of(raw, Format.RAW, other), 0));
    assertRefused(
        "DIGEST_MISMATCH", () -> volumes.createDisk("a", of(qcow2, Format.QCOW2, other), 0));
    assertRefused("DISK_UNREADABLE", () -> volumes.createDisk("a", of(raw, Format.QCOW2), 0));
    Path over = node.allowed().resolve("over.qcow2");
    run(
        "qemu-img",
        "create",
        "-q",
        "-u",
        "-f",
        "qcow2",
        "-F",
        "raw",
        "-b",
        "/etc/shadow",
        over.toString(),
        "8M");
    assertRefused("BACKING_FILE_REFUSED", () -> volumes.createDisk("a", of(over, Format.QCOW2), 0));
    assertRefused(
        "BACKING_FILE_REFUSED",
        () -> volumes.createDisk("a", of(over, Format.QCOW2, sum(over)), 0));
    Path empty = node.allowed().resolve("empty");
    write(empty, "");
    assertRefused("DISK_UNREADABLE", () -> volumes.createDisk("a", of(empty, Format.RAW), 0));
    Path outside = node.forbidden().resolve("disk.raw");
    write(outside, "x");
    assertRefused("SOURCE_NOT_ALLOWED", () -> volumes.createDisk("a", of(outside, Format.RAW), 0));
    assertRefused("VOLUME_NAME_INVALID", () -> volumes.createDisk("A", of(raw, Format.RAW), 0));
    assertThrows(IllegalArgumentException.class, () -> of(raw, Format.JAR));
    assertEquals(List.of(), volumes.list());
    assertEquals(1, node.mounts().size(), node.mounts().toString());
  }

  @Test
  void oneTaskAtATimeWritesToItsRootAndFindsItAgain() throws IOException {
    Path raw = raw(4 * MIB);
    var unused = volumes.createDisk("vm", of(raw, Format.RAW), 0);
    volumes.prepare("one", root("vm"), View.BLOCK);
    byte[] written = {1, 2, 3};
    try (RandomAccessFile disk =
        new RandomAccessFile(volumes.path("one", Volumes.ROOT).toFile(), "rw")) {
      disk.write(written);
    }
    assertEquals(List.of("one"), volumes.find("vm").orElseThrow().usedBy());
    assertRefused("VOLUME_IN_USE", () -> volumes.remove("vm"));
    assertRefused("VOLUME_IN_USE", () -> volumes.prepare("two", root("vm"), View.BLOCK));
    VolumeConfig reading = readOnly(Volumes.ROOT, new Source.Named("vm"));
    assertRefused("VOLUME_IN_USE", () -> volumes.prepare("two", reading, View.BLOCK));
    volumes = node.reboot();
    volumes.prepare("two", reading, View.BLOCK);
    volumes.prepare("three", reading, View.BLOCK);
    byte[] kept = Files.readAllBytes(volumes.path("two", Volumes.ROOT));
    assertArrayEquals(written, Arrays.copyOf(kept, written.length));
    assertEquals(4 * MIB, kept.length);
    assertRefused("VOLUME_IN_USE", () -> volumes.prepare("one", root("vm"), View.BLOCK));
    volumes.release("two");
    volumes.release("three");
    volumes.purge("two");
    volumes.remove("vm");
    assertRefused("VOLUME_NOT_FOUND", () -> volumes.prepare("one", root("vm"), View.BLOCK));
    assertEquals(
        List.of("VOLUME_NOT_FOUND volumes[0].source"),
        volumes.check("one", List.of(root("vm"))).stream()
            .map(problem -> problem.code() + " " + problem.path())
            .toList());
  }

  @Test
  void aContainerHasTheFileSystemOnADiskIfThereIsOne() throws IOException {
    Path disk = node.allowed().resolve("disk.ext4");
    run("mkfs.ext4", "-q", disk.toString(), "8M");
    var unused = volumes.createDisk("data", of(disk, Format.RAW), 0);
    var unusedToo = volumes.createDisk("none", of(raw(4 * MIB), Format.RAW), 0);
    volumes.prepare("web", volume("data", new Source.Named("data")), View.FILESYSTEM);
    write(volumes.path("web", "data").resolve("file"), "here");
    assertRefused("VOLUME_IN_USE", () -> volumes.prepare("vm", root("data"), View.BLOCK));
    VolumeConfig none = volume("none", new Source.Named("none"));
    assertRefused("DISK_NOT_MOUNTABLE", () -> volumes.prepare("web", none, View.FILESYSTEM));
    volumes.release("web");
    volumes.prepare("web", volume("data", new Source.Named("data")), View.FILESYSTEM);
    assertEquals("here", read(volumes.path("web", "data").resolve("file")));
  }
}
