package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.lfedge.eve.tasks.core.network.Wanted.allowing;
import static org.lfedge.eve.tasks.core.network.Wanted.asking;
import static org.lfedge.eve.tasks.core.network.Wanted.bridge;
import static org.lfedge.eve.tasks.core.network.Wanted.on;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
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
import org.lfedge.eve.tasks.core.port.NetworkNamespaces.Kind;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Attachment.Form;
import org.lfedge.eve.tasks.spi.seed.Join;

/**
 * Guests whose interface a hypervisor makes, on a node of its own. The guest is a namespace; what
 * the hypervisor makes is a pair of links, one in there, one on the bridge that the core made.
 */
class GuestBridgesIT {

  private static final String GATEWAY = "10.177.1.1";
  private static final String MAC = "02:16:3e:00:00:01";
  private static final String ADDRESS = "10.177.1.50";

  /** Of the node, behind the gateway. */
  private static final String FAR = "10.178.0.1";

  private static final InterfaceConfig OPEN = asking("eth0", "bn1", MAC, ADDRESS + "/24", 1400);

  private static final InterfaceConfig GUARDED =
      allowing(
          OPEN,
          new AllowRule(
              Direction.EGRESS,
              Optional.of(GATEWAY + "/32"),
              OptionalInt.empty(),
              Optional.empty()));

  private static final String OURS =
      "ip -o link show group 29805 | sed 's/^[0-9]*: \\([^:@]*\\)[:@].*/\\1/' | sort | xargs";

  @TempDir Path temporary;
  private SeparateNode node;
  private Path state;
  private Networks networks;
  private SortedMap<String, String> traces;

  @BeforeEach
  void make() throws IOException {
    node = new SeparateNode(temporary);
    state = Files.createDirectories(temporary.resolve("state"));
    assertEquals("", node.shell("ip addr add " + FAR + "/32 dev lo"));
    networks = networks(script -> script);
    traces = node.traces(state);
  }

  private Networks networks(UnaryOperator<String> changed) {
    NodeNetworks config =
        new NodeNetworks(
            new TreeMap<>(Map.of("bn1", bridge("bn1", "10.177.1.0/24"))),
            temporary.resolve("net.d"),
            NodeNetworks.DEFAULT.pluginDirectories());
    return new CniNetworks(
        config,
        state,
        node.namespaces,
        (task, purpose, command) ->
            node.helper.run(task, purpose, command.stream().map(changed).toList()),
        temporary.resolve("links"));
  }

  @AfterEach
  void close() {
    node.close();
  }

  private static Attachment attachment(Join join, Form form) {
    return new Attachment("eth0", "guest0", 0, join, form);
  }

  private AttachedInterface attach(InterfaceConfig config) {
    node.namespaces.pin("vm", Kind.OWN);
    return networks.attach("vm", List.of(config)).get(0);
  }

  private void join(Join join) {
    networks.join("vm", List.of(attachment(join, Form.BRIDGE)));
  }

  /** As a hypervisor does for a guest that starts. */
  private void startGuest() {
    Path guest = node.namespaces.pin("guest", Kind.OWN);
    assertEquals(
        "",
        node.shell(
            "vm",
            """
            mtu=$(ip -o link show dev guest0 | sed 's/.* mtu \\([0-9]*\\) .*/\\1/')
            ip link add vif7.0 mtu $mtu type veth \
                peer name eth0 address %s mtu $mtu netns %s || exit
            ip link set vif7.0 master guest0 up
            """
                .formatted(MAC, guest)));
    assertEquals(
        "",
        node.shell(
            "guest",
            "ip addr add %s/24 dev eth0 && ip link set eth0 up && ip route add default via %s"
                .formatted(ADDRESS, GATEWAY)));
  }

  /** The links first, as a namespace ends later than it seems. */
  private void endGuest() {
    assertEquals("", node.shell("vm", "ip link del vif7.0 2>/dev/null || true"));
    node.namespaces.unpin("guest");
  }

  private void remove() throws IOException {
    endGuest();
    networks.detach("vm");
    node.namespaces.unpin("vm");
    assertEquals(traces, node.traces(state));
  }

  private static String ping(String address) {
    return "busybox ping -c1 -W1 " + address + " >/dev/null 2>&1 && echo reached || echo lost";
  }

  private void assertReaches(String... addresses) {
    for (String address : addresses) {
      assertReached("guest", address);
    }
  }

  /** A link that has just come up may lose a packet. */
  private void assertReached(String task, String address) {
    assertEquals("reached", node.ask(task, ping(address) + " | grep reached"), address);
  }

  @ParameterizedTest
  @EnumSource(Join.class)
  void aGuestOnTheBridgeHasTheMacAndTheAddressOfTheInterface(Join join) throws IOException {
    AttachedInterface made = attach(OPEN);
    join(join);
    startGuest();
    assertReaches(FAR, GATEWAY);
    assertReached("", ADDRESS);
    assertHttpBothWays();
    assertEquals(List.of(made), networks.attached("vm"));
    assertEquals(
        "",
        node.shell("vm", "ip -o -6 addr | grep ' guest0 \\| near0 \\| far0 \\| br0 ' || true"),
        "addresses of our links");

    // It stays for the next start, by the next daemon as well, and with what is on it.
    String links = node.shell("vm", "ip -o link");
    networks = networks(script -> script);
    networks.attach("vm", List.of(OPEN));
    join(join);
    assertEquals(links, node.shell("vm", "ip -o link"));
    assertReaches(FAR);

    // A guest that is started again.
    endGuest();
    join(join);
    startGuest();
    assertReaches(FAR);
    remove();
  }

  /** With more than fits into a packet. */
  private void assertHttpBothWays() throws IOException {
    Path pages = Files.createDirectories(temporary.resolve("pages"));
    Files.write(pages.resolve("page"), new byte[300_000]);
    String[] server = {"busybox", "httpd", "-f", "-p", "80", "-h", pages.toString()};
    // A part of it is no answer.
    String count = "curl -s -f http://%s/page | wc -c | grep -x 300000";
    node.serve("guest", server);
    assertEquals("300000", node.ask("", count.formatted(ADDRESS)));
    node.namespaces.pin("web", Kind.OWN);
    AttachedInterface web = networks.attach("web", List.of(on("bn1"))).get(0);
    node.serve("web", server);
    String address = web.addresses().get(0).replaceAll("/.*", "");
    assertEquals("300000", node.ask("guest", count.formatted(address)));
    networks.detach("web");
    node.namespaces.unpin("web");
  }

  /** Counts what comes to a namespace on a port of UDP. */
  private void count(String task) throws IOException {
    Path rules = temporary.resolve("count");
    Files.writeString(
        rules,
        """
        table inet seen {
          chain seen {
            type filter hook input priority 0
            udp dport 9000 counter
          }
        }
        """);
    assertEquals("", node.shell(task, "nft -f " + rules));
  }

  private int counted(String task) {
    return Integer.parseInt(
        node.shell(task, "nft list table inet seen && nft delete table inet seen")
            .replaceAll("(?s).*counter packets (\\d+) .*", "$1"));
  }

  private static String send(String from, int fromPort, String to, int toPort) {
    return "perl -MIO::Socket::INET -e 'IO::Socket::INET->new(Proto => \"udp\", LocalAddr => \""
        + from
        + "\", LocalPort => "
        + fromPort
        + ", PeerAddr => \""
        + to
        + "\", PeerPort => "
        + toPort
        + ")->send(\"x\")'";
  }

  /** What is dropped on its way out opens no way in for what looks like its answer. */
  private int answersToWhatIsNotAllowed() throws IOException {
    count("guest");
    assertEquals("", node.shell("guest", send(ADDRESS, 9000, FAR, 7000)));
    assertEquals("", node.shell(send(FAR, 7000, ADDRESS, 9000)));
    // That came after it.
    assertReaches(GATEWAY);
    return counted("guest");
  }

  @ParameterizedTest
  @EnumSource(Join.class)
  void theRulesOfAnInterfaceHoldForAGuestOnTheBridge(Join join) throws IOException {
    attach(GUARDED);
    join(join);
    startGuest();
    assertReaches(GATEWAY);
    assertEquals("lost", node.shell("guest", ping(FAR)));
    assertEquals("lost", node.shell(ping(ADDRESS)));
    assertEquals(0, answersToWhatIsNotAllowed());
    endGuest();
    // With other rules, the interface is made anew in the namespace that is there.
    attach(OPEN);
    join(join);
    startGuest();
    assertReaches(FAR);
    assertEquals(1, answersToWhatIsNotAllowed());
    assertEquals("", node.shell("vm", "nft list ruleset"));
    remove();
  }

  @Test
  void whatIsThereIsMadeAnewInTheOtherForm() throws IOException {
    attach(OPEN);
    networks.join("vm", List.of(attachment(Join.REDIRECT, Form.TAP)));
    assertEquals("guest0", node.shell("vm", OURS));
    join(Join.REDIRECT);
    assertEquals("far0 guest0 near0", node.shell("vm", OURS));
    startGuest();
    assertReaches(FAR);
    networks.join("vm", List.of(attachment(Join.BRIDGE, Form.TAP)));
    assertEquals("br0 guest0", node.shell("vm", OURS));
    remove();
  }

  /** As when the daemon and its helper are killed, at one of many places. */
  @ParameterizedTest
  @EnumSource(Join.class)
  void whatIsHalfMadeIsMadeAnew(Join join) throws IOException {
    attach(OPEN);
    for (String place :
        List.of("quiet \"$1\"", "quiet \"$far\"", "quiet \"$near\"", "for bridge in $bridges")) {
      Networks dying = networks(script -> script.replace(place, "kill -9 $$; " + place));
      TaskException failure =
          assertThrows(
              TaskException.class, () -> dying.join("vm", List.of(attachment(join, Form.BRIDGE))));
      assertEquals("HELPER_FAILED", failure.first().code(), place);
    }
    join(join);
    startGuest();
    assertReaches(FAR);
    remove();
  }

  @Test
  void ofABridgeThatCannotBeMadeNothingIsLeft() throws IOException {
    attach(GUARDED);
    assertEquals("", node.shell("vm", "ip link add far0 type veth peer name other"));
    String links = node.shell("vm", "ip -o link");
    TaskException failure = assertThrows(TaskException.class, () -> join(Join.BRIDGE));
    assertEquals("HELPER_FAILED", failure.first().code());
    assertEquals(links, node.shell("vm", "ip -o link"));
    assertEquals("", node.shell("vm", "nft list ruleset | grep guests || true"));
    assertEquals("", node.shell("vm", "ip link del far0"));
    join(Join.BRIDGE);
    assertEquals("br0 far0 guest0 near0", node.shell("vm", OURS));
    remove();
  }
}
