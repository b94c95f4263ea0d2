package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.volume.MountTable.Location;
import org.lfedge.eve.tasks.core.volume.MountTable.Mount;

class MountTableTest {

  private static final String NODE =
      """
      27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
      30 27 0:21 / /proc rw,relatime - proc proc rw
      31 27 8:1 / /srv rw,noexec - ext4 /dev/sda1 rw
      32 31 8:2 /data /srv/disk rw - xfs /dev/sda2 rw
      33 27 254:0 /home/x /mnt rw,nosuid,nodev shared:7 master:3 - ext4 /dev/vda rw
      34 33 0:40 / /mnt rw - tmpfs tmpfs rw
      """;

  private static MountTable table() {
    return MountTable.parse(NODE);
  }

  @Test
  void aLineIsReadAsTheKernelWritesIt() {
    assertEquals(
        new Mount(
            33,
            27,
            new Location("254:0", "/home/x"),
            "/mnt",
            new TreeSet<>(List.of("rw", "nosuid", "nodev")),
            List.of("shared:7", "master:3")),
        table().mounts().get(4));
    assertTrue(Mount.parse("1 0 0:1 / /a ro,nodev - tmpfs - rw").readOnly());
    assertFalse(Mount.parse("1 0 0:1 / /a rw - tmpfs - ro").readOnly());
    assertTrue(Mount.parse("1 0 0:1 /x//deleted /a rw - tmpfs - ro").removed());
    assertFalse(Mount.parse("1 0 0:1 /x/deleted /a rw - tmpfs - ro").removed());
  }

  @Test
  void aPathIsLocatedInTheMountThatItComesTo() {
    assertEquals(Optional.of(new Location("254:0", "/")), table().locate("/"));
    assertEquals(Optional.of(new Location("254:0", "/srvx")), table().locate("/srvx"));
    assertEquals(Optional.of(new Location("8:1", "/")), table().locate("/srv"));
    assertEquals(Optional.of(new Location("8:1", "/a/b")), table().locate("/srv/a/b"));
    assertEquals(Optional.of(new Location("8:2", "/data")), table().locate("/srv/disk"));
    assertEquals(Optional.of(new Location("8:2", "/data/x")), table().locate("/srv/disk/x"));
  }

  @Test
  void ofTwoMountsAtOnePlaceTheUpperOneCounts() {
    assertEquals(Optional.of(new Location("0:40", "/x")), table().locate("/mnt/x"));
    assertEquals(34, table().at("/mnt").orElseThrow().id());
  }

  @Test
  void aMountThatAnotherHidesIsNotComeTo() {
    MountTable over = MountTable.parse(NODE + "35 31 0:50 / /srv rw - tmpfs t rw\n");
    assertEquals(Optional.of(new Location("0:50", "/disk")), over.locate("/srv/disk"));
    assertEquals(Optional.empty(), over.at("/srv/disk"));
  }

  @Test
  void whatIsNoMountPointIsNone() {
    assertEquals(Optional.empty(), table().at("/srv/a"));
    assertEquals(Optional.empty(), new MountTable(List.of()).holding("/"));
  }

  @Test
  void theMountsWithinAPathAreThoseAtItAndBelow() {
    assertEquals(List.of(31, 32), table().within("/srv").stream().map(Mount::id).toList());
  }

  @Property
  void anyNameComesBackFromTheKernelsSpelling(@ForAll @NotEmpty String name) {
    String path = "/" + name.replace("\0", "").replaceAll("[\\ud800-\\udfff]", "");
    StringBuilder spelled = new StringBuilder();
    for (byte unit : path.getBytes(StandardCharsets.UTF_8)) {
      char character = (char) (unit & 0xFF);
      if (" \t\n\\#".indexOf(character) >= 0) {
        spelled.append('\\').append("%03o".formatted((int) character));
      } else {
        spelled.append(character);
      }
    }
    String line = "1 0 0:1 " + spelled + " " + spelled + " rw - t s o\n";
    Mount mount = MountTable.parse(line + line).mounts().get(1);
    assertEquals(path, mount.point());
    assertEquals(path, mount.location().path());
  }

  @Test
  void aNameThatIsNotUtf8KeepsNobodyFromReadingTheOthers() {
    MountTable table = MountTable.parse(NODE + "36 27 0:9 / /\u00ff\u00fe rw - tmpfs t rw\n");
    assertEquals(7, table.mounts().size());
    assertEquals(Optional.of(new Location("8:1", "/a")), table.locate("/srv/a"));
  }

  @Test
  void thisNodesTableCanBeRead() {
    assertEquals("/", MountTable.read().holding("/").orElseThrow().point());
  }
}
