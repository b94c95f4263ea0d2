package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces.Kind;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

class PinnedNetworkNamespacesIT {

  @TempDir Path temporary;
  private HelperCommand helper;
  private PinnedNetworkNamespaces namespaces;

  @BeforeEach
  void make() {
    helper = new LockedHelperCommand(temporary.resolve("locks"), Duration.ofSeconds(30));
    namespaces = new PinnedNetworkNamespaces(temporary.resolve("netns"), helper);
    namespaces.isolate();
  }

  @AfterEach
  void unpinAll() {
    namespaces.release();
  }

  private static Object inode(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino");
  }

  @Test
  void aPinnedNamespaceIsItsOwnAndItsLoopbackIsUp() throws IOException {
    Path web = namespaces.pin("web", Kind.OWN);
    Path db = namespaces.pin("db", Kind.OWN);
    assertNotEquals(inode(web), inode(db));
    assertNotEquals(inode(web), inode(Path.of("/proc/self/ns/net")));
    assertEquals(1, links(web).lines().count(), links(web));
    assertTrue(links(web).contains("LOOPBACK,UP"), links(web));
    assertEquals(List.of("db", "web"), namespaces.pinned());
  }

  @Test
  void pinningAgainKeepsTheNamespace() throws IOException {
    Object first = inode(namespaces.pin("web", Kind.OWN));
    assertEquals(first, inode(namespaces.pin("web", Kind.OWN)));
  }

  @Test
  void theLoopbackOfANamespaceWhoseMakingWasCutShortIsSetUp() throws IOException {
    Path web = namespaces.pin("web", Kind.OWN);
    Object first = inode(web);
    helper.run(
        "web", "undo", List.of("nsenter", "--net=" + web, "ip", "link", "set", "lo", "down"));
    PinnedNetworkNamespaces next = new PinnedNetworkNamespaces(temporary.resolve("netns"), helper);
    assertEquals(first, inode(next.pin("web", Kind.OWN)));
    assertTrue(links(web).contains("LOOPBACK,UP"), links(web));
  }

  private String links(Path namespace) {
    return helper.run("web", "look", List.of("nsenter", "--net=" + namespace, "ip", "-o", "link"));
  }

  @Test
  void nothingIsLeftOfAnUnpinnedNamespace() throws IOException {
    Path web = namespaces.pin("web", Kind.OWN);
    namespaces.unpin("web");
    namespaces.unpin("web");
    assertTrue(Files.notExists(web));
    assertEquals(0, mountsOf(web));
  }

  @Test
  void aCopyOfTheNodesRootHoldsNoPin() throws IOException {
    namespaces.pin("web", Kind.OWN);
    Path copy = Files.createDirectories(temporary.resolve("copy"));
    helper.run("web", "copy", List.of("mount", "--rbind", temporary.toString(), copy.toString()));
    try {
      namespaces.pin("db", Kind.OWN);
      namespaces.unpin("web");
      namespaces.unpin("db");
      assertEquals(List.of(), namespaces.pinned());
    } finally {
      helper.run("web", "remove the copy", List.of("umount", "--recursive", copy.toString()));
    }
  }

  /**
   * A helper of a daemon that was killed waits for the lock while the next daemon looks, and has it
   * before that one's own helper.
   */
  @Test
  void whatAnEarlierHelperPinnedMeanwhileIsRemovedWithTheRest() throws IOException {
    HelperCommand late =
        (task, purpose, command) -> {
          String unused = helper.run(task, purpose, command);
          return helper.run(task, purpose, command);
        };
    Path web = new PinnedNetworkNamespaces(temporary.resolve("netns"), late).pin("web", Kind.OWN);
    assertTrue(mountsOf(web) > 0);
    namespaces.unpin("web");
    assertEquals(0, mountsOf(web));
  }

  @Test
  void whatAnEarlierHelperPinnedMeanwhileIsRemoved() throws IOException {
    Path web = Files.createFile(namespaces.path("web"));
    HelperCommand late =
        (task, purpose, command) -> {
          Path unused = namespaces.pin(task, Kind.OWN);
          return helper.run(task, purpose, command);
        };
    new PinnedNetworkNamespaces(temporary.resolve("netns"), late).unpin("web");
    assertEquals(0, mountsOf(web));
    assertTrue(Files.notExists(web));
  }

  @Test
  void namespacesOfTheNodeArePinnedOnceAndOfNoTask() throws IOException {
    SortedSet<Namespace> all = SortedCopies.setOf(List.of(Namespace.values()));
    namespaces.pinOfNode(all);
    namespaces.pinOfNode(all);
    for (Namespace namespace : all) {
      Path pin = namespaces.ofNode(namespace);
      String word = pin.getFileName().toString().substring(1);
      assertEquals(inode(Path.of("/proc/self/ns", word)), inode(pin));
      assertEquals(1, mountsOf(pin), word);
    }
    assertEquals(List.of(), namespaces.pinned());
    namespaces.release();
    assertTrue(Files.notExists(namespaces.ofNode(Namespace.NETWORK)));
  }

  /** As where the node is a container, whose files stay, and which was started again. */
  @Test
  void whatIsPinnedOfAnotherNodeIsPinnedAnew() throws IOException {
    Path pin = namespaces.ofNode(Namespace.NETWORK);
    helper.run("", "pin another", List.of("unshare", "--net=" + Files.createFile(pin), "true"));
    Object other = inode(pin);
    namespaces.pinOfNode(SortedCopies.setOf(List.of(Namespace.NETWORK)));
    assertNotEquals(other, inode(pin));
    assertEquals(1, mountsOf(pin));
  }

  private static long mountsOf(Path pin) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .filter(line -> line.contains(" " + pin + " "))
        .count();
  }

  @Test
  void aUserNamespaceOwnsTheNetworkAndHasAllUsers() throws IOException {
    Path web = namespaces.pin("web", Kind.OWN_WITH_USERS);
    Path users = namespaces.users("web");
    assertNotEquals(inode(users), inode(Path.of("/proc/self/ns/user")));
    assertEquals(
        Files.readString(Path.of("/proc/self/uid_map")).strip().replaceAll("\\s+", " "),
        within(web, "cat", "/proc/self/uid_map").strip().replaceAll("\\s+", " "));
    assertEquals(
        Files.readString(Path.of("/proc/self/gid_map")).strip().replaceAll("\\s+", " "),
        within(web, "cat", "/proc/self/gid_map").strip().replaceAll("\\s+", " "));
    assertTrue(within(web, "ip", "-o", "link").contains("LOOPBACK,UP"));
    assertEquals(List.of("web"), namespaces.pinned());
    Object first = inode(web);
    Object firstUsers = inode(users);
    PinnedNetworkNamespaces next = new PinnedNetworkNamespaces(temporary.resolve("netns"), helper);
    assertEquals(first, inode(next.pin("web", Kind.OWN_WITH_USERS)));
    assertEquals(firstUsers, inode(users));
    namespaces.unpin("web");
    assertTrue(Files.notExists(users));
    assertEquals(0, mountsOf(web) + mountsOf(users));
    assertEquals(List.of(), namespaces.pinned());
  }

  /** Joins both namespaces, as the runtime does for a program inside of a task. */
  private String within(Path namespace, String... command) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "nsenter",
                "--user=" + namespaces.users("web"),
                "--preserve-credentials",
                "--net=" + namespace));
    all.addAll(List.of(command));
    return helper.run("web", "look", all);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void halfOfAPairOfACrashedDaemonIsMadeAnew(boolean usersLost) throws IOException {
    Path web = namespaces.pin("web", Kind.OWN_WITH_USERS);
    Path users = namespaces.users("web");
    helper.run(
        "web", "lose one", List.of("umount", "--no-mtab", (usersLost ? users : web).toString()));
    PinnedNetworkNamespaces next = new PinnedNetworkNamespaces(temporary.resolve("netns"), helper);
    Path unused = next.pin("web", Kind.OWN_WITH_USERS);
    assertTrue(within(web, "ip", "-o", "link").contains("LOOPBACK,UP"));
    assertEquals(2, mountsOf(web) + mountsOf(users));
  }

  @Test
  void anEmptyPinOfACrashedDaemonIsTakenUp() throws IOException {
    Files.createFile(namespaces.path("web"));
    assertNotEquals(inode(Path.of("/proc/self/ns/net")), inode(namespaces.pin("web", Kind.OWN)));
    assertEquals("nsfs", Files.getFileStore(namespaces.path("web")).type());
  }
}
