package org.lfedge.eve.tasks.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.network.PinnedNetworkNamespaces;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces.Kind;

/** Cards are moved out of a network namespace that stands for that of the node, and back. */
class MovedCardsIT {

  @TempDir Path directory;
  private Path node;
  private HelperCommand outside;
  private PinnedNetworkNamespaces namespaces;
  private MovedCards cards;

  @BeforeEach
  void makeNode() throws IOException {
    outside = new LockedHelperCommand(directory.resolve("locks"), Duration.ofSeconds(60));
    node = Files.createFile(directory.resolve("node"));
    run("unshare", "--net=" + node, "true");
    HelperCommand helper =
        (task, purpose, command) ->
            outside.run(
                task,
                purpose,
                Stream.concat(Stream.of("nsenter", "--net=" + node), command.stream()).toList());
    namespaces = new PinnedNetworkNamespaces(directory.resolve("netns"), helper);
    namespaces.isolate();
    cards = new MovedCards(directory.resolve("nics"), namespaces, helper);
    namespaces.pin("web", Kind.OWN);
    for (String card : List.of("card0", "card1")) {
      onNode("ip link add " + card + " type veth peer name of" + card);
    }
  }

  @AfterEach
  void removeNode() {
    namespaces.release();
    run("umount", node.toString());
  }

  private String run(String... command) {
    return outside.run("look", "look", List.of(command));
  }

  private String onNode(String script) {
    return run("nsenter", "--net=" + node, "sh", "-c", script);
  }

  private String inside(String script) {
    return run("nsenter", "--net=" + namespaces.path("web"), "sh", "-c", script);
  }

  /** The other ends of the pairs stay where they are. */
  private static final String NAMES =
      "ip -o link | cut -d: -f2 | cut -d@ -f1 | grep -v ofcard | sort | xargs";

  @Test
  void cardsAreInTheTaskUnderTheirNamesAndComeBack() {
    cards.moveIn("web", List.of("card0", "card1"));
    assertEquals("card0 card1 lo", inside(NAMES));
    assertEquals("lo", onNode(NAMES));
    assertTrue(inside("ip -o link show card0").contains(",UP"));
    assertTrue(cards.has("web", "card0"));
    assertFalse(cards.has("web", "card2"));
    cards.moveIn("web", List.of("card0", "card1"));
    assertEquals(List.of("web"), cards.tasks());
    cards.moveBack("web");
    namespaces.unpin("web");
    assertEquals("card0 card1 lo", onNode(NAMES));
    assertEquals(List.of(), cards.tasks());
    cards.moveBack("web");
  }

  @Test
  void whatATaskDoesToNamesAndAddressesIsUndone() {
    cards.moveIn("web", List.of("card0", "card1"));
    inside(
        "ip addr add 192.0.2.7/24 dev card0; ip link set card0 down; ip link set card1 down;"
            + " ip link set card0 name x; ip link set card1 name card0; ip link set x name card1;"
            + " ip link set card1 up");
    inside("ip link add extra type bridge");
    String mac = inside("ip -o link show card1 | sed 's/.*ether \\([^ ]*\\) .*/\\1/'");
    cards.moveBack("web");
    assertEquals("card0 card1 lo", onNode(NAMES));
    assertTrue(onNode("ip -o link show card0").contains(mac));
    assertFalse(onNode("ip -o addr show card0").contains("192.0.2.7"));
    assertEquals("extra lo", inside(NAMES));
  }

  @Test
  void aCardUnderAnotherNameHasItsOwnAtTheNextStart() {
    cards.moveIn("web", List.of("card0"));
    inside("ip link set card0 down; ip link set card0 name mine");
    cards.moveIn("web", List.of("card0"));
    assertEquals("card0 lo", inside(NAMES));
  }

  @Test
  void whatWasCutShortIsUndone() throws IOException {
    assertThrows(TaskException.class, () -> cards.moveIn("web", List.of("card0", "none")));
    assertEquals("card0 lo", inside(NAMES));
    cards.moveBack("web");
    assertEquals("card0 card1 lo", onNode(NAMES));
    // On record, and not moved; then moved, and its number not on record.
    Files.writeString(directory.resolve("nics/web"), "- card0\n- card1\n");
    onNode("ip link set card1 netns " + namespaces.path("web"));
    cards.moveBack("web");
    assertEquals("card0 card1 lo", onNode(NAMES));
  }

  @Test
  void oneThatCannotComeBackHoldsUpNoOtherAndIsTriedAgain() {
    cards.moveIn("web", List.of("card0", "card1"));
    onNode("ip link add card0 type bridge");
    assertThrows(TaskException.class, () -> cards.moveBack("web"));
    assertEquals(List.of("web"), cards.tasks());
    assertEquals("card0 lo", inside(NAMES));
    onNode("ip link delete card0");
    cards.moveBack("web");
    assertEquals("card0 card1 lo", onNode(NAMES));
  }

  @Test
  void aNamespaceThatIsGoneHoldsNothingUp() {
    cards.moveIn("web", List.of("card0"));
    namespaces.unpin("web");
    cards.moveBack("web");
    assertEquals(List.of(), cards.tasks());
  }
}
