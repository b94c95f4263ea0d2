package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.assertRefused;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.read;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.write;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.CloudInitData;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.spi.task.View;

/** Disks with data of cloud-init, and user data in files of the node. */
class CloudInitDiskIT {

  private final VolumeFixture node = new VolumeFixture();
  private NodeVolumes volumes = node.volumes();

  @AfterEach
  void leaveNothing() {
    volumes.release("vm");
    volumes.release("other");
    assertEquals(List.of(), volumes.tasks());
    Path disks = node.state().resolve("volumes/.seeds");
    assertTrue(!Files.exists(disks) || VolumeFixture.names(disks).isEmpty());
    node.close();
  }

  private static VolumeConfig seed(UserData userData, Optional<String> network) {
    SortedMap<String, String> metaData = new TreeMap<>();
    metaData.put("instance-id", "i-1");
    metaData.put("local-hostname", "true");
    metaData.put("note", "a: \"b\"\n# c");
    return new VolumeConfig(
        "seed",
        new CloudInit(userData, metaData, network),
        Optional.empty(),
        false,
        Propagation.PRIVATE,
        Optional.empty());
  }

  private Path disk(String task, VolumeConfig volume) {
    volumes.prepare(task, volume, View.ISO9660);
    return volumes.path(task, "seed");
  }

  /** Taken apart by a program: a kernel need not know the file system. */
  @Test
  void aDiskHasTheLabelAndTheFilesThatCloudInitLooksFor() {
    String userData = "#cloud-config\nhostname: \u00e4\n";
    VolumeConfig volume = seed(new UserData.Text(userData), Optional.of("version: 2\n"));
    Path disk = disk("vm", volume);
    String about = VolumeFixture.run("blkid", "-p", "-o", "export", disk.toString());
    assertTrue(about.contains("LABEL=cidata\n"), about);
    assertTrue(about.contains("TYPE=iso9660\n"), about);
    Path content = node.directory().resolve("content");
    String unused =
        VolumeFixture.run(
            "xorriso",
            "-osirrox",
            "on",
            "-indev",
            disk.toString(),
            "-extract",
            "/",
            content.toString());
    assertEquals(List.of("meta-data", "network-config", "user-data"), VolumeFixture.names(content));
    assertEquals(userData, read(content.resolve("user-data")));
    assertEquals("version: 2\n", read(content.resolve("network-config")));
    assertEquals(
        "instance-id: i-1\nlocal-hostname: \"true\"\nnote: \"a: \\\"b\\\"\\n# c\"\n",
        read(content.resolve("meta-data")));
    assertThrows(IOException.class, () -> Files.writeString(disk, "x"));
  }

  @Test
  void equalDataMakeEqualDisksThatAreMadeOnce() throws IOException {
    VolumeConfig volume = seed(new UserData.Text("SITE=north"), Optional.empty());
    Path disk = disk("vm", volume);
    byte[] first = Files.readAllBytes(disk);
    Object made = Files.getAttribute(disk, "unix:ino");
    assertArrayEquals(first, Files.readAllBytes(disk("other", volume)));
    volumes = node.restart();
    assertEquals(made, Files.getAttribute(disk("vm", volume), "unix:ino"));
    volumes = node.reboot();
    assertArrayEquals(first, Files.readAllBytes(disk("vm", volume)));
    VolumeConfig changed = seed(new UserData.Text("SITE=south"), Optional.empty());
    assertFalse(Arrays.equals(first, Files.readAllBytes(disk("vm", changed))));
  }

  @Test
  void userDataAreReadFromFilesThatPolicyAllowsAndNoOthers() throws IOException {
    Path file = node.allowed().resolve("user-data");
    VolumeConfig volume = seed(new UserData.InFile(file.toString()), Optional.empty());
    assertRefused("SOURCE_NOT_FOUND", () -> volumes.userData("vm", volume, file.toString()));
    write(file, "SITE=north");
    assertEquals("SITE=north", volumes.userData("vm", volume, file.toString()));
    assertEquals(List.of(), volumes.check("vm", List.of(volume)));

    Files.delete(file);
    write(node.forbidden().resolve("secret"), "hidden");
    Files.createSymbolicLink(file, node.forbidden().resolve("secret"));
    assertRefused("SOURCE_NOT_ALLOWED", () -> volumes.userData("vm", volume, file.toString()));
    assertEquals("SOURCE_NOT_ALLOWED", volumes.check("vm", List.of(volume)).get(0).code());

    Files.delete(file);
    write(file, "x".repeat(CloudInitData.MAX_BYTES));
    assertEquals(CloudInitData.MAX_BYTES, volumes.userData("vm", volume, file.toString()).length());
    write(file, "x".repeat(CloudInitData.MAX_BYTES + 1));
    assertRefused("TOO_LARGE", () -> volumes.userData("vm", volume, file.toString()));
    Files.write(file, new byte[] {'a', (byte) 0xff});
    assertRefused("BAD_VALUE", () -> volumes.userData("vm", volume, file.toString()));
    Files.delete(file);
    Files.createDirectory(file);
    assertRefused("SOURCE_NOT_SUPPORTED", () -> volumes.userData("vm", volume, file.toString()));
  }
}
