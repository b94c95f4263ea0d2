package org.lfedge.eve.tasks.core.volume;

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
import org.lfedge.eve.tasks.core.image.ImageTestBed;
import org.lfedge.eve.tasks.core.port.StoredVolume;
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
    volumes.prepare("vm", of(disk, Format.QCOW2), View.BLOCK);
    assertEquals(-1, Files.mismatch(disk, volumes.path("vm", "data")));
    assertEquals(List.of(), volumes.list());
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
    assertRefused("DISK_FULL", () -> prepare("web", of(huge, Format.QCOW2)));
    Path empty = node.allowed().resolve("empty.qcow2");
    run("qemu-img", "create", "-q", "-f", "qcow2", empty.toString(), "4M");
    assertRefused("DISK_NOT_MOUNTABLE", () -> prepare("web", of(empty, Format.QCOW2)));
    assertLeftNothing();
  }

  private void assertLeftNothing() {
    assertEquals(List.of(), volumes.list());
    assertEquals(List.of(), volumes.tasks());
    assertEquals(List.of(), names(node.state().resolve("volumes/.unfinished")));
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
    var unused = bed.images().importFrom(archive);
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
    bed.images().list().forEach(image -> bed.images().remove(image));
    assertEquals("", bed.kept());
  }
}
