package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.network.Wanted.allowing;
import static org.lfedge.eve.tasks.core.network.Wanted.asking;
import static org.lfedge.eve.tasks.core.network.Wanted.bridge;
import static org.lfedge.eve.tasks.core.network.Wanted.on;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces.Kind;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Join;

/** Guests on taps, on a node of its own. The guest is a small program that speaks Ethernet. */
class GuestTapsIT {

  private static final int OWNER = 4711;
  private static final String GATEWAY = "10.177.1.1";

  /** Of the node, behind the gateway. */
  private static final String FAR = "10.178.0.1";

  @TempDir Path temporary;
  private SeparateNode node;
  private Path state;
  private Path guest;
  private Networks networks;
  private SortedMap<String, String> traces;

  @BeforeEach
  void make() throws IOException {
    node = new SeparateNode(temporary);
    state = Files.createDirectories(temporary.resolve("state"));
    guest = temporary.resolve("guest.pl");
    try (InputStream script =
        Objects.requireNonNull(GuestTapsIT.class.getResourceAsStream("guest.pl"))) {
      Files.copy(script, guest);
    }
    assertEquals("", node.shell("ip addr add " + FAR + "/32 dev lo"));
    networks = networks(node.helper);
    traces = node.traces(state);
  }

  private Networks networks(HelperCommand helper) {
    NodeNetworks config =
        new NodeNetworks(
            new TreeMap<>(Map.of("bn1", bridge("bn1", "10.177.1.0/24"))),
            temporary.resolve("net.d"),
            NodeNetworks.DEFAULT.pluginDirectories());
    return new CniNetworks(config, state, node.namespaces, helper, temporary.resolve("links"));
  }

  @AfterEach
  void close() {
    node.close();
  }

  private static Attachment tap(Join join) {
    return new Attachment("eth0", "tap0", OWNER, join);
  }

  private AttachedInterface attach(InterfaceConfig config) {
    node.namespaces.pin("vm", Kind.OWN);
    return networks.attach("vm", List.of(config)).get(0);
  }

  private void remove() throws IOException {
    networks.detach("vm");
    node.namespaces.unpin("vm");
    assertEquals(traces, node.traces(state));
  }

  /** What a guest says that pings the far address of the node and then the gateway. */
  private List<String> guest(AttachedInterface on, int uid, boolean pinged) {
    return node.shell(
            "vm",
            String.join(
                " ",
                "perl",
                guest.toString(),
                Integer.toString(uid),
                "tap0",
                on.mac(),
                on.addresses().get(0).replaceAll("/.*", ""),
                GATEWAY,
                pinged ? node.namespace.toString() : "''",
                FAR,
                "2>&1",
                "|| true"))
        .lines()
        .toList();
  }

  /** Counts, from now on, what comes to bridges of the node with the tag of a VLAN. */
  private void countTagged() throws IOException {
    Path rules = temporary.resolve("tagged");
    Files.writeString(
        rules,
        """
        table bridge tagged {
          chain seen {
            type filter hook prerouting priority 0
            ether type vlan counter
          }
        }
        """);
    assertEquals("", node.shell("nft -f " + rules));
  }

  private int tagged() {
    String counted = node.shell("nft list table bridge tagged && nft delete table bridge tagged");
    return Integer.parseInt(counted.replaceAll("(?s).*counter packets (\\d+) .*", "$1"));
  }

  private String macOfBridge() {
    return node.shell("ip -o link show type bridge | sed 's/.*link.ether \\([0-9a-f:]*\\).*/\\1/'");
  }

  private String insideLinks() {
    return node.shell(
        "vm",
        "ip -o link | sed 's/ state [A-Z]*//; s/ qlen 1000//; s/ *\\\\/ /; s/,*LOWER_UP//; s/NO-CARRIER,//'");
  }

  @ParameterizedTest
  @EnumSource(Join.class)
  void aGuestHasTheMacAndTheAddressOfItsInterface(Join join) throws IOException {
    AttachedInterface made =
        attach(asking("eth0", "bn1", "02:16:3e:00:00:01", "10.177.1.50/24", 1400));
    networks.join("vm", List.of(tap(join)));
    countTagged();
    List<String> all = List.of("arp " + macOfBridge(), "8 " + GATEWAY, "0 " + FAR, "0 " + GATEWAY);
    assertEquals(all, guest(made, OWNER, true));
    assertEquals(1, tagged(), "frames with the tag of a VLAN");
    assertEquals(
        List.of("TUNSETIFF: Operation not permitted"), guest(made, OWNER + 1, false), "a stranger");
    assertTrue(node.shell("vm", "ip -o link show dev tap0").contains(" mtu 1400 "));
    assertEquals(List.of(made), networks.attached("vm"));

    // They stay as they are for the next start, by the next daemon as well.
    String links = insideLinks();
    networks = networks(node.helper);
    networks.attach(
        "vm", List.of(asking("eth0", "bn1", "02:16:3e:00:00:01", "10.177.1.50/24", 1400)));
    networks.join("vm", List.of(tap(join)));
    assertEquals(links, insideLinks());

    // As after a reboot.
    node.namespaces.unpin("vm");
    made = attach(asking("eth0", "bn1", "02:16:3e:00:00:01", "10.177.1.50/24", 1400));
    networks.join("vm", List.of(tap(join)));
    assertEquals(all, guest(made, OWNER, true));
    remove();
  }

  private static InterfaceConfig guarded() {
    return allowing(
        on("bn1"),
        new AllowRule(
            Direction.EGRESS, Optional.of(GATEWAY + "/32"), OptionalInt.empty(), Optional.empty()));
  }

  @ParameterizedTest
  @EnumSource(Join.class)
  void theRulesOfAnInterfaceHoldForItsGuest(Join join) throws IOException {
    AttachedInterface made = attach(guarded());
    networks.join("vm", List.of(tap(join)));
    assertRulesHold(made);
    // With other rules, the interface is made anew in the namespace that is there.
    made = attach(on("bn1"));
    networks.join("vm", List.of(tap(join)));
    assertTrue(guest(made, OWNER, false).contains("0 " + FAR));
    assertEquals("", node.shell("vm", "nft list ruleset"));
    remove();
  }

  private void assertRulesHold(AttachedInterface made) throws IOException {
    countTagged();
    assertEquals(List.of("arp " + macOfBridge(), "0 " + GATEWAY), guest(made, OWNER, true));
    assertEquals(0, tagged(), "frames with the tag of a VLAN");
  }

  @Test
  void whereTheKernelCannotKeepRulesForGuestsTheyAreRefused() throws IOException {
    networks =
        networks(
            (task, purpose, command) ->
                node.helper.run(
                    task,
                    purpose,
                    command.stream()
                        .map(word -> word.replace("/proc/sys/net/bridge/", "/no/such/"))
                        .toList()));
    AttachedInterface made = attach(guarded());
    String links = insideLinks();
    try {
      networks.join("vm", List.of(tap(Join.REDIRECT)));
      // There is another way on this kernel.
      assertRulesHold(made);
    } catch (TaskException e) {
      assertEquals("RULES_UNSUPPORTED", e.first().code());
      assertEquals(links, insideLinks());
    }
    remove();
  }

  @Test
  void ofTapsThatCannotAllBeMadeNoneIsLeft() throws IOException {
    node.namespaces.pin("vm", Kind.OWN);
    List<InterfaceConfig> interfaces =
        List.of(guarded(), asking("eth1", "bn1", "", "", 0), asking("br0", "bn1", "", "", 0));
    networks.attach("vm", interfaces);
    assertEquals("", node.shell("vm", "ip link add tap2 type veth peer name other"));
    String links = insideLinks();
    String queues = node.shell("vm", "tc qdisc show");
    List<Attachment> wanted =
        List.of(
            tap(Join.BRIDGE),
            new Attachment("eth1", "tap1", OWNER, Join.REDIRECT),
            new Attachment("br0", "tap2", OWNER, Join.REDIRECT));
    TaskException failure = assertThrows(TaskException.class, () -> networks.join("vm", wanted));
    assertEquals("HELPER_FAILED", failure.first().code());
    assertEquals(links, insideLinks());
    assertEquals(queues, node.shell("vm", "tc qdisc show"));
    assertEquals("", node.shell("vm", "nft list ruleset | grep guests || true"));
    assertEquals("", node.shell("vm", "ip link del tap2"));
    networks.join("vm", wanted);
    assertEquals(
        "tap0 br1 tap1 tap2",
        node.shell(
            "vm", "ip -o link show group 29805 | sed 's/^[0-9]*: \\([^:]*\\):.*/\\1/' | xargs"));
    remove();
  }
}
