package org.lfedge.eve.tasks.core.volume;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Owner;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.containerd.ContainerdRuntime;
import org.lfedge.eve.tasks.core.containerd.ContainerdSandbox;
import org.lfedge.eve.tasks.core.containerd.SnapshotMounts;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.image.ImageTestBed;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.spi.task.View;

/** Volumes that take containerd to make: converted disks, copied content, images. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SandboxedVolumesIT {

  private static final String IMAGE = "registry.example/layers:1";

  private final ImageTestBed bed;
  private final ContainerdSandbox sandbox;
  private VolumeFixture node;
  private NodeVolumes volumes;

  SandboxedVolumesIT() throws IOException {
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
    node.close();
  }

  @AfterAll
  void stop() throws IOException {
    bed.close();
  }

  private Path prepare(String task, VolumeConfig volume) {
    volumes.prepare(task, volume, View.FILESYSTEM);
    return volumes.path(task, volume.name());
  }

  /** A disk in another format with a file system in which is a file. */
  private Path disk(String format) throws IOException {
    Path content = Files.createDirectories(node.directory().resolve("content"));
    write(content.resolve("file"), "from the disk");
    Path raw = node.directory().resolve("disk.raw");
    run("mkfs.ext4", "-q", "-F", "-d", content.toString(), raw.toString(), "8M");
    Path disk = node.allowed().resolve("disk." + format);
    run("qemu-img", "convert", "-f", "raw", "-O", format, raw.toString(), disk.toString());
    run("chmod", "0600", disk.toString());
    return disk;
  }

  private static VolumeConfig of(Path disk, Format format) {
    return volume("data", new Source.DiskFile(disk.toString(), format));
  }

  @Test
  void aDiskInAnotherFormatIsConvertedOnceAndWritesStayInTheCopy() throws IOException {
    Path disk = disk("qcow2");
    run("chown", "1000:1000", disk.toString());
    byte[] before = Files.readAllBytes(disk);
    Path data = prepare("web", of(disk, Format.QCOW2));
    assertEquals("from the disk", read(data.resolve("file")));
    write(data.resolve("new"), "new");
    volumes.release("web");
    assertEquals("new", read(prepare("web", of(disk, Format.QCOW2)).resolve("new")));
    assertEquals(List.of("file", "lost+found"), names(prepare("db", of(disk, Format.QCOW2))));
    assertTrue(Arrays.equals(before, Files.readAllBytes(disk)));
    StoredVolume stored = volumes.find("web.data").orElseThrow();
    assertEquals("disk", stored.kind());
    assertEquals(8 * MIB, stored.limitBytes());
    assertEquals(Optional.of(disk.toString()), stored.content());
    volumes.release("web");
    volumes.purge("web");
    assertEquals(List.of("db.data"), volumes.list().stream().map(StoredVolume::name).toList());
  }

  @Test
  void otherFormatsAreConvertedLikewise() throws IOException {
    assertEquals(
        "from the disk", read(prepare("a", of(disk("vmdk"), Format.VMDK)).resolve("file")));
    assertEquals(
        "from the disk", read(prepare("b", of(disk("vhdx"), Format.VHDX)).resolve("file")));
  }

  @Test
  void aGuestIsHandedADiskInAnotherFormatAsItIs() throws IOException {
    Path disk = disk("qcow2");
    VolumeConfig root = volume(Volumes.ROOT, new Source.DiskFile(disk.toString(), Format.QCOW2));
    assertEquals(8 * MIB, volumes.diskBytes("vm", root));
    assertLeftNothing();
    volumes.prepare("vm", root, View.BLOCK);
    assertEquals(-1, Files.mismatch(disk, volumes.path("vm", Volumes.ROOT)));
    assertEquals(List.of(), volumes.list());
    assertRefused("VOLUME_IN_USE", () -> volumes.prepare("db", root, View.BLOCK));
    Process guest = use(disk);
    try {
      assertEquals(8 * MIB, volumes.diskBytes("vm", root));
    } finally {
      guest.destroyForcibly().onExit().join();
    }
  }

  /** A program that has a disk open for writing, as an emulator has. */
  private static Process use(Path disk) throws IOException {
    Process program =
        new ProcessBuilder("qemu-io", "-f", "qcow2", disk.toString())
            .redirectErrorStream(true)
            .start();
    program.getOutputStream().write("length\n".getBytes(StandardCharsets.UTF_8));
    program.getOutputStream().flush();
    // It answers when the disk is open.
    int unused = program.getInputStream().read();
    return program;
  }

  @Test
  void aDiskIsAsLargeAsItsFormatSays() throws IOException {
    for (Format format : List.of(Format.VMDK, Format.VHDX)) {
      assertEquals(8 * MIB, volumes.diskBytes("vm", of(disk(format.word()), format)));
    }
    assertEquals(3 * MIB, volumes.diskBytes("vm", volume("a", new Source.Blank(3 * MIB))));
    var unused = volumes.create("kept", 4 * MIB, Optional.empty(), Optional.empty());
    assertEquals(4 * MIB, volumes.diskBytes("vm", volume("a", new Source.Named("kept"))));
    volumes.remove("kept");
    Path raw = node.allowed().resolve("disk.raw");
    run("truncate", "-s", "5M", raw.toString());
    assertEquals(5 * MIB, volumes.diskBytes("vm", of(raw, Format.RAW)));
    run("truncate", "-s", "0", raw.toString());
    assertRefused("DISK_UNREADABLE", () -> volumes.diskBytes("vm", of(raw, Format.RAW)));
    assertLeftNothing();
  }

  /** Neither what is asked about it nor what it is handed over for makes a difference. */
  private void assertHostile(String code, Path disk, Format format) {
    assertRefused(code, () -> volumes.diskBytes("vm", of(disk, format)));
    assertRefused(code, () -> volumes.prepare("vm", of(disk, format), View.BLOCK));
    assertLeftNothing();
  }

  @Test
  void aHostileDiskIsHandedToNobody() throws IOException {
    Path disk = node.allowed().resolve("hostile");
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
        disk.toString(),
        "8M");
    assertHostile("BACKING_FILE_REFUSED", disk, Format.QCOW2);
    run("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), "2000T");
    assertHostile("DISK_TOO_LARGE", disk, Format.QCOW2);
    for (String extent :
        List.of("FLAT \"/etc/shadow\" 0", "FLAT \"/usr/bin/env\" 0", "SPARSE \"/etc/shadow\"")) {
      write(
          disk,
          """
          # Disk DescriptorFile
          version=1
          CID=fffffffe
          parentCID=ffffffff
          createType="monolithicFlat"
          RW 16 %s
          ddb.adapterType = "ide"
          """
              .formatted(extent));
      TaskException refused =
          assertThrows(TaskException.class, () -> volumes.diskBytes("vm", of(disk, Format.VMDK)));
      assertTrue(
          List.of("BACKING_FILE_REFUSED", "DISK_UNREADABLE").contains(refused.first().code()),
          refused.toString());
      assertHostile(refused.first().code(), disk, Format.VMDK);
    }
    write(disk, "nothing of the kind");
    assertHostile("DISK_UNREADABLE", disk, Format.VHDX);
  }

  @Test
  void theRootOfATaskKeepsWhatIsWrittenUntilItIsReleased() throws IOException {
    importImage();
    String chainId = bed.images().unpack(bed.images().find(IMAGE).orElseThrow()).chainId();
    volumes.prepareRoot("vm", chainId, false, false);
    Path root = volumes.path("vm", Volumes.ROOT);
    assertEquals(List.of("one", "three", "two"), names(root));
    write(root.resolve("two"), "changed");
    volumes.prepareRoot("vm", chainId, false, false);
    volumes = node.reboot();
    assertEquals(List.of("vm"), volumes.tasks());
    volumes.prepareRoot("vm", chainId, false, false);
    assertEquals("changed", read(root.resolve("two")));
    volumes.prepareRoot("reader", chainId, true, false);
    Path reader = volumes.path("reader", Volumes.ROOT);
    assertEquals("two", read(reader.resolve("two")));
    assertThrows(FileSystemException.class, () -> Files.createFile(reader.resolve("x")));
    volumes.release("vm");
    volumes.release("reader");
    assertLeftNothing();
    volumes.prepareRoot("vm", chainId, false, false);
    assertEquals("two", read(root.resolve("two")));
    volumes.release("vm");
    removeImages();
  }

  @Test
  void whatIsWrittenToTheRootOfATaskCanHaveALimit() throws IOException {
    importImage();
    String chainId = bed.images().unpack(bed.images().find(IMAGE).orElseThrow()).chainId();
    var unused = volumes.prepareWritable("vm", 8 * MIB);
    volumes.prepareRoot("vm", chainId, false, true);
    Path root = volumes.path("vm", Volumes.ROOT);
    assertEquals(List.of("one", "three", "two"), names(root));
    long written = fill(root);
    assertTrue(written > 5 * MIB && written <= 8 * MIB, "written: " + written);
    volumes = node.reboot();
    var unusedToo = volumes.prepareWritable("vm", 8 * MIB);
    volumes.prepareRoot("vm", chainId, false, true);
    assertEquals(List.of("filling", "one", "three", "two"), names(root));
    volumes.release("vm");
    assertLeftNothing();
    removeImages();
  }

  /** Nothing keeps their layers any more. */
  private void removeImages() {
    bed.images().list().forEach(image -> bed.images().remove(image));
    assertEquals("", bed.kept());
  }

  @Test
  void aDiskThatIsNotWholeIsRefused() throws IOException {
    Path disk = disk("qcow2");
    write(node.forbidden().resolve("secret"), "secret");
    Path over = node.allowed().resolve("over.qcow2");
    for (Path backing : List.of(disk, node.forbidden().resolve("secret"))) {
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
          backing.toString(),
          over.toString(),
          "8M");
      assertRefused("BACKING_FILE_REFUSED", () -> prepare("web", of(over, Format.QCOW2)));
    }
    Path external = node.allowed().resolve("external.qcow2");
    run(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + node.allowed() + "/data.raw,data_file_raw=on",
        external.toString(),
        "4M");
    assertThrows(RuntimeException.class, () -> prepare("web", of(external, Format.QCOW2)));
    assertLeftNothing();
  }

  @Test
  void aDiskThatIsNotWhatItIsSaidToBeIsRefused() throws IOException {
    Path text = node.allowed().resolve("text.qcow2");
    write(text, "nothing of the kind");
    assertRefused("DISK_UNREADABLE", () -> prepare("web", of(text, Format.QCOW2)));
    Path huge = node.allowed().resolve("huge.qcow2");
    run("qemu-img", "create", "-q", "-f", "qcow2", huge.toString(), "1000T");
    assertRefused("DISK_TOO_LARGE", () -> prepare("web", of(huge, Format.QCOW2)));
    Path empty = node.allowed().resolve("empty.qcow2");
    run("qemu-img", "create", "-q", "-f", "qcow2", empty.toString(), "4M");
    assertRefused("DISK_NOT_MOUNTABLE", () -> prepare("web", of(empty, Format.QCOW2)));
    assertLeftNothing();
  }

  private void assertLeftNothing() {
    assertEquals(List.of(), volumes.list());
    assertEquals(List.of(), volumes.tasks());
    Path unfinished = node.state().resolve("volumes/.unfinished");
    assertTrue(Files.notExists(unfinished) || names(unfinished).isEmpty());
    assertEquals(1, node.mounts().size(), node.mounts().toString());
  }

  @Test
  void aVolumeIsFilledFromADirectoryOnce() throws IOException {
    Path content = Files.createDirectories(node.allowed().resolve("site/sub"));
    write(content.resolve("page"), "hello");
    run("chown", "-R", "33:34", content.toString());
    Files.createSymbolicLink(content.resolve("link"), Path.of("page"));
    String source = node.allowed().resolve("site").toString();
    StoredVolume made =
        volumes.create("site", 8 * MIB, Optional.of(source), Optional.of(new Owner(7, 8)));
    assertEquals(Optional.of(source), made.content());
    Path data = prepare("web", volume("data", new Source.Named("site")));
    assertEquals(List.of("sub"), names(data));
    assertEquals("hello", read(data.resolve("sub/link")));
    assertEquals(33, Files.getAttribute(data.resolve("sub/page"), "unix:uid"));
    assertEquals(7, Files.getAttribute(data, "unix:uid"));
  }

  @Test
  void aVolumeThatCannotBeFilledIsNotMade() throws IOException {
    Path content = Files.createDirectory(node.allowed().resolve("large"));
    Files.write(content.resolve("file"), new byte[(int) (8 * MIB)]);
    assertRefused(
        "VOLUME_TOO_SMALL",
        () -> volumes.create("a", 4 * MIB, Optional.of(content.toString()), Optional.empty()));
    assertRefused(
        "SOURCE_NOT_ALLOWED",
        () ->
            volumes.create(
                "a", 4 * MIB, Optional.of(node.forbidden().toString()), Optional.empty()));
    assertLeftNothing();
  }

  /** An image of two layers, so that its file system is an overlay. */
  private void importImage() throws IOException {
    Path work = Files.createDirectory(node.directory().resolve("image"));
    String layout = work.resolve("layout").toString();
    run("umoci", "init", "--layout", layout);
    run("umoci", "new", "--image", layout + ":1");
    String bundle = work.resolve("bundle").toString();
    for (String layer : List.of("one", "two", "three")) {
      run("umoci", "unpack", "--image", layout + ":1", bundle);
      write(Path.of(bundle, "rootfs", layer), layer);
      run("umoci", "repack", "--image", layout + ":1", bundle);
      run("rm", "-r", bundle);
    }
    Path archive = work.resolve("image.tar");
    run("skopeo", "copy", "oci:" + layout + ":1", "oci-archive:" + archive + ":" + IMAGE);
    var unused = bed.images().importFrom(archive, PlatformChoice.usual());
  }

  @Test
  void anImageIsAVolumeThatIsReadByAllWhoNameItAndWrittenToByOne() throws IOException {
    VolumeConfig writable = volume("data", new Source.Image(IMAGE));
    assertRefused("IMAGE_NOT_FOUND", () -> prepare("web", writable));
    assertEquals(List.of(), volumes.list());
    assertEquals(List.of(), volumes.tasks());
    importImage();
    VolumeConfig reading = readOnly("data", new Source.Image(IMAGE));
    Path reader = prepare("reader", reading);
    assertEquals(List.of("one", "three", "two"), names(reader));
    assertThrows(FileSystemException.class, () -> Files.createFile(reader.resolve("x")));
    Path data = prepare("web", writable);
    write(data.resolve("two"), "changed");
    assertEquals("two", read(reader.resolve("two")));
    volumes.release("web");
    volumes.release("reader");
    assertEquals(List.of(), volumes.tasks());
    volumes = node.reboot();
    assertEquals("changed", read(prepare("web", writable).resolve("two")));
    StoredVolume stored = volumes.find("web.data").orElseThrow();
    assertEquals("image", stored.kind());
    assertEquals(List.of("web"), stored.usedBy());
    assertRefused("VOLUME_IN_USE", () -> volumes.remove("web.data"));
    volumes.release("web");
    volumes.purge("web");
    removeImages();
  }
}
