package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfinementTest {

  private static final String NODE =
      """
      1 0 8:1 / / rw - ext4 a rw
      2 1 8:2 / /srv/disk rw - ext4 b rw
      3 1 0:5 / /run rw - tmpfs t rw
      4 3 0:5 /tm/volumes /run/tm/volumes rw - tmpfs t rw
      5 1 8:3 / /home rw - ext4 c rw
      """;

  private static final Confinement SRV =
      new Confinement(List.of("/srv", "/data/in"), List.of("/var/lib/tm", "/run/tm"));

  private static final String POINT = "/run/tm/volumes/.staged/1";

  /** What is said of a mount of a place at a path of ours. */
  private static Optional<String> refusal(Confinement confinement, String device, String path) {
    return confinement.refusal(
        MountTable.parse(NODE + "9 4 " + device + " " + path + " " + POINT + " rw - ext4 a rw\n"),
        POINT);
  }

  @Test
  void whatLiesInAnAllowedDirectoryIsAllowed() {
    assertEquals(Optional.empty(), refusal(SRV, "8:1", "/srv"));
    assertEquals(Optional.empty(), refusal(SRV, "8:1", "/srv/web/html"));
    assertEquals(Optional.empty(), refusal(SRV, "8:1", "/data/in/x"));
  }

  @Test
  void whatLiesOnAFileSystemThatIsMountedThereIsAllowed() {
    assertEquals(Optional.empty(), refusal(SRV, "8:2", "/"));
    assertEquals(Optional.empty(), refusal(SRV, "8:2", "/deep"));
  }

  @Test
  void everythingElseIsRefusedWithThePathOfIt() {
    assertEquals(Optional.of("/"), refusal(SRV, "8:1", "/"));
    assertEquals(Optional.of("/etc"), refusal(SRV, "8:1", "/etc"));
    assertEquals(Optional.of("/srvx"), refusal(SRV, "8:1", "/srvx"));
    assertEquals(Optional.of("/data"), refusal(SRV, "8:1", "/data"));
    assertEquals(Optional.of("/home/me"), refusal(SRV, "8:3", "/me"));
    assertEquals(Optional.of("/x on device 0:99"), refusal(SRV, "0:99", "/x"));
  }

  @Test
  void whatWasRemovedMeanwhileIsRefused() {
    assertTrue(refusal(SRV, "8:1", "/srv/web//deleted").isPresent());
  }

  @Test
  void theDaemonsOwnFilesAreRefusedWhateverIsAllowed() {
    Confinement all = new Confinement(List.of("/"), List.of("/var/lib/tm", "/run/tm"));
    assertEquals(Optional.empty(), refusal(all, "8:1", "/etc"));
    assertEquals(Optional.empty(), refusal(all, "0:5", "/other"));
    assertTrue(refusal(all, "8:1", "/").isPresent());
    assertTrue(refusal(all, "8:1", "/var").isPresent());
    assertTrue(refusal(all, "8:1", "/var/lib/tm").isPresent());
    assertTrue(refusal(all, "8:1", "/var/lib/tm/volumes/a/data.img").isPresent());
    assertTrue(refusal(all, "0:5", "/").isPresent());
    assertTrue(refusal(all, "0:5", "/tm/volumes/web").isPresent());
  }

  @Test
  void volumesOfOtherTasksAreRefusedWhateverIsAllowed() {
    Confinement all = new Confinement(List.of("/"), List.of("/var/lib/tm", "/run/tm"));
    MountTable table =
        MountTable.parse(
            NODE
                + "7 4 7:0 / /run/tm/volumes/web/data rw - ext4 l rw\n"
                + "9 4 7:0 / "
                + POINT
                + " rw - ext4 l rw\n");
    assertTrue(all.refusal(table, POINT).isPresent());
  }

  @Test
  void aVolumeOfTheSameSourceIsNoReasonToRefuse() {
    MountTable table =
        MountTable.parse(
            NODE
                + "7 4 8:1 /srv/a /run/tm/volumes/web/data rw - ext4 l rw\n"
                + "9 4 8:1 /srv/a "
                + POINT
                + " rw - ext4 l rw\n");
    assertEquals(Optional.empty(), SRV.refusal(table, POINT));
  }

  @Test
  void whatCameAlongBelowIsHeldToTheSame() {
    String along = NODE + "9 4 8:1 /srv " + POINT + " rw - ext4 a rw\n";
    assertEquals(
        Optional.empty(),
        SRV.refusal(
            MountTable.parse(along + "10 9 8:2 / " + POINT + "/disk rw - ext4 a rw\n"), POINT));
    assertEquals(
        Optional.of("/home"),
        SRV.refusal(
            MountTable.parse(along + "10 9 8:3 / " + POINT + "/x rw - ext4 a rw\n"), POINT));
  }

  @Test
  void anAllowedDirectoryIsWhereItsPathLeadsNow() {
    MountTable table =
        MountTable.parse(
            NODE
                + "6 1 8:3 /exports /data rw - ext4 c rw\n"
                + "9 4 8:1 /data/in "
                + POINT
                + " rw - ext4 l rw\n");
    assertTrue(SRV.refusal(table, POINT).isPresent());
  }

  @Test
  void aPathMayBeNamedIfItsTextLeadsThere() {
    assertTrue(SRV.mayName("/srv"));
    assertTrue(SRV.mayName("/srv//a/./b"));
    assertFalse(SRV.mayName("/srv/../etc"));
    assertFalse(SRV.mayName("/srvx"));
    assertFalse(SRV.mayName("srv"));
  }
}
