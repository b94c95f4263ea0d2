package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.network.Wanted.allowing;
import static org.lfedge.eve.tasks.core.network.Wanted.asking;
import static org.lfedge.eve.tasks.core.network.Wanted.bridge;
import static org.lfedge.eve.tasks.core.network.Wanted.on;
import static org.lfedge.eve.tasks.core.network.Wanted.publishing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Networks;

/** With the plugins of CNI that Debian has, on a node of its own. */
class CniNetworksIT {

  /** Echoes datagrams; a program of every Debian. */
  private static final String UDP_ECHO =
      "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 80, Proto => 'udp');"
          + " my $d; while (1) { $s->recv($d, 100); $s->send($d); }";

  @TempDir Path temporary;
  private SeparateNode node;
  private Path state;
  private Path configs;
  private Networks networks;
  private SortedMap<String, String> traces;

  @BeforeEach
  void make() throws IOException {
    node = new SeparateNode(temporary);
    state = Files.createDirectories(temporary.resolve("state"));
    configs = Files.createDirectories(temporary.resolve("net.d"));
    networks = networks();
    traces = node.traces(state);
  }

  /** As the next daemon has it. */
  private Networks networks() {
    SortedMap<String, NetworkConfig> own = new TreeMap<>();
    own.put("bn1", bridge("bn1", "10.177.1.0/24", "fd00:177:1::/64"));
    own.put("bn2", bridge("bn2", "10.177.2.0/24"));
    own.put("tiny", bridge("tiny", "10.177.3.0/30"));
    own.put(
        "lan",
        new NetworkConfig(
            "lan",
            Kind.SWITCH,
            Optional.of("uplink"),
            List.of(),
            OptionalInt.empty(),
            List.of(),
            false,
            Optional.empty()));
    return networks(new NodeNetworks(own, configs, plugins()));
  }

  private List<Path> plugins() {
    return Stream.concat(
            Stream.of(temporary.resolve("plugins")),
            NodeNetworks.DEFAULT.pluginDirectories().stream())
        .toList();
  }

  private Networks networks(NodeNetworks config) {
    Path links = temporary.resolve("links");
    try {
      Files.createDirectories(links.resolve("uplink"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return new CniNetworks(config, state, node.namespaces, node.helper, links);
  }

  @AfterEach
  void close() {
    node.close();
  }

  private List<AttachedInterface> attach(String task, InterfaceConfig... interfaces) {
    node.namespaces.pin(task, NetworkNamespaces.Kind.OWN);
    assertEquals(List.of(), networks.check(task, List.of(interfaces)));
    return networks.attach(task, List.of(interfaces));
  }

  private void remove(String task) {
    networks.detach(task);
    node.namespaces.unpin(task);
  }

  private void assertNothingIsLeft() throws IOException {
    assertEquals(traces, node.traces(state));
  }

  private static String ip(AttachedInterface one, int index) {
    String address = one.addresses().get(index);
    return address.substring(0, address.indexOf('/'));
  }

  private boolean reaches(String task, String address) {
    return node.shell(task, "busybox ping -c1 -W2 " + address + " >/dev/null 2>&1; echo $?")
        .equals("0");
  }

  @Test
  void tasksOnOneBridgeReachEachOtherAndTheGatewayAndThoseOfAnotherReachNeither()
      throws IOException {
    AttachedInterface a = attach("a", on("bn1")).get(0);
    AttachedInterface b = attach("b", on("bn1")).get(0);
    AttachedInterface c = attach("c", on("bn2")).get(0);
    assertEquals(List.of("10.177.1.2/24", "fd00:177:1::2/64"), a.addresses());
    assertEquals(List.of("10.177.1.1", "fd00:177:1::1"), a.gateways());
    assertEquals(List.of("10.177.1.1"), a.dns());
    assertEquals(1500, a.mtu());
    for (int i = 0; i < 2; i++) {
      assertTrue(reaches("a", ip(b, i)), ip(b, i));
      assertTrue(reaches("a", a.gateways().get(i)), a.gateways().get(i));
    }
    assertTrue(reaches("c", c.gateways().get(0)));
    assertFalse(reaches("c", ip(a, 0)));
    assertFalse(reaches("a", ip(c, 0)));
    assertFalse(reaches("c", a.gateways().get(0)));
    assertEquals(List.of("a", "b", "c"), networks.tasks());
    assertEquals(List.of(a), networks.attached("a"));
    List.of("a", "b", "c").forEach(this::remove);
    assertNothingIsLeft();
  }

  @Test
  void whatIsThereIsTakenAsItIsByTheNextDaemonToo() throws IOException {
    List<AttachedInterface> made = attach("a", on("bn1"));
    String links = node.shell("a", "ip -o link");
    Networks next =
        new CniNetworks(
            new NodeNetworks(
                new TreeMap<>(Map.of("bn1", bridge("bn1", "10.177.1.0/24", "fd00:177:1::/64"))),
                configs,
                plugins()),
            state,
            node.namespaces,
            (task, purpose, command) -> {
              throw new AssertionError("a helper for " + purpose);
            });
    assertEquals(made, next.attach("a", List.of(on("bn1"))));
    assertEquals(made, next.attached("a"));
    assertEquals(links, node.shell("a", "ip -o link"));
    remove("a");
    assertNothingIsLeft();
  }

  @Test
  void publishedPortsAnswerOnLoopbackByTcpAndUdp() throws IOException {
    InterfaceConfig web =
        publishing(
            on("bn1"),
            new PublishedPort(Optional.empty(), 18080, 80, Protocol.TCP),
            new PublishedPort(Optional.of("127.0.0.1"), 18080, 80, Protocol.UDP));
    attach("web", web);
    node.serve("web", "busybox", "nc", "-ll", "-p", "80", "-e", "/bin/echo", "hello");
    node.serve("web", "perl", "-e", UDP_ECHO);
    assertEquals("hello", node.ask("", "cat </dev/tcp/127.0.0.1/18080"));
    String udp = "exec 3<>/dev/udp/127.0.0.1/18080; echo ping >&3; dd bs=100 count=1 <&3";
    assertEquals("ping", node.ask("", udp));
    // Another task may not have the same, and is told so before and, at the latest, at the
    // attaching.
    node.namespaces.pin("other", NetworkNamespaces.Kind.OWN);
    List<Problem> refused = networks.check("other", List.of(web));
    assertEquals(
        List.of("PORT_IN_USE interfaces[0].ports[0]", "PORT_IN_USE interfaces[0].ports[1]"),
        places(refused));
    assertEquals(
        places(refused),
        places(assertThrows(TaskException.class, () -> networks.attach("other", List.of(web)))));
    // From another network by the node's address there: published is published.
    attach("c", on("bn2"));
    assertEquals("hello", node.ask("c", "cat </dev/tcp/10.177.2.1/18080"));
    remove("c");
    remove("web");
    assertNothingIsLeft();
  }

  private static List<String> places(TaskException e) {
    return places(e.problems());
  }

  private static List<String> places(List<Problem> problems) {
    return problems.stream().map(problem -> problem.code() + " " + problem.path()).toList();
  }

  @Test
  void whatNoRuleAllowsIsRefusedAndEverythingElsePasses() throws IOException {
    AttachedInterface server = attach("server", on("bn1")).get(0);
    AllowRule toServer =
        new AllowRule(
            Direction.EGRESS,
            Optional.of(ip(server, 0) + "/32"),
            OptionalInt.of(80),
            Optional.of(Protocol.TCP));
    attach("client", allowing(on("bn1"), toServer));
    for (String port : List.of("80", "81")) {
      node.serve("server", "busybox", "nc", "-ll", "-p", port, "-e", "/bin/echo", "hello");
      assertEquals("hello", node.ask("server", "cat </dev/tcp/127.0.0.1/" + port));
    }
    assertEquals("hello", node.ask("client", "cat </dev/tcp/" + ip(server, 0) + "/80"));
    String refused =
        node.shell("client", "cat </dev/tcp/" + ip(server, 0) + "/81 2>&1 | tail -n1; true");
    assertFalse(refused.contains("hello"), refused);
    assertFalse(reaches("client", ip(server, 0)), "ping is not allowed");
    // Nothing may come in either, not even along the way that is open outwards.
    assertFalse(
        reaches("server", networks.attached("client").get(0).addresses().get(0).split("/")[0]));
    assertTrue(reaches("server", server.gateways().get(0)), "others are free");
    remove("client");
    remove("server");
    assertNothingIsLeft();
  }

  @Test
  void eightInterfacesHaveTheirNamesMacsAndMtusInOrder() throws IOException {
    List<InterfaceConfig> wanted = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      wanted.add(
          asking(
              "net" + (7 - i),
              i % 2 == 0 ? "bn1" : "bn2",
              "02:16:3e:00:00:0" + i,
              "10.177." + (1 + i % 2) + "." + (50 + i) + "/24",
              i == 3 ? 1400 : 0));
    }
    List<AttachedInterface> made = attach("many", wanted.toArray(InterfaceConfig[]::new));
    for (int i = 0; i < 8; i++) {
      AttachedInterface one = made.get(i);
      assertEquals(wanted.get(i).name(), one.name());
      assertEquals(wanted.get(i).mac(), Optional.of(one.mac()));
      assertEquals(wanted.get(i).addresses().get(0), one.addresses().get(0));
      assertEquals(i == 3 ? 1400 : 1500, one.mtu());
    }
    assertEquals(
        "lo net7 net6 net5 net4 net3 net2 net1 net0",
        node.shell("many", "ip -o link | sed 's/^[0-9]*: \\([a-z0-9]*\\).*/\\1/' | xargs"));
    assertEquals("1", node.shell("many", "ip -o link show dev net4 | grep -c 'mtu 1400 '"));
    assertEquals(
        "1500",
        node.shell("ip -o link show type bridge | sed 's/.* mtu \\([0-9]*\\) .*/\\1/' | sort -u"));
    remove("many");
    assertNothingIsLeft();
  }

  @Test
  void addressesAndMacsAreKeptWhenTheNamespaceIsMadeAnew() throws IOException {
    attach("first", on("bn1"));
    List<AttachedInterface> made = attach("a", on("bn1"), asking("eth1", "bn2", "", "", 1400));
    remove("first");
    node.namespaces.unpin("a");
    networks = networks();
    node.namespaces.pin("a", NetworkNamespaces.Kind.OWN);
    assertEquals(
        made, networks.attach("a", List.of(on("bn1"), asking("eth1", "bn2", "", "", 1400))));
    assertTrue(reaches("a", made.get(1).gateways().get(0)));
    // A change of the document keeps what it does not speak of.
    AttachedInterface same =
        networks
            .attach(
                "a",
                List.of(
                    publishing(
                        on("bn1"), new PublishedPort(Optional.empty(), 18081, 80, Protocol.TCP))))
            .get(0);
    assertEquals(made.get(0), same);
    // Its namespace vanishes, and it is deleted then.
    node.namespaces.unpin("a");
    networks.detach("a");
    networks.detach("a");
    assertNothingIsLeft();
  }

  @Test
  void anExhaustedSubnetAndATakenAddressAreToldByThePluginToo() throws IOException {
    attach("a", on("tiny"));
    node.namespaces.pin("b", NetworkNamespaces.Kind.OWN);
    assertEquals(
        List.of("SUBNET_EXHAUSTED interfaces[0].network"),
        places(networks.check("b", List.of(on("tiny")))));
    TaskException failure =
        assertThrows(TaskException.class, () -> networks.attach("b", List.of(on("tiny"))));
    assertEquals("SUBNET_EXHAUSTED", failure.first().code());
    assertEquals(List.of("a"), networks.tasks());
    remove("a");
    assertNothingIsLeft();
    // An address that somebody else holds, of whom there is no record.
    Path lease = Files.createDirectories(state.resolve("leases/bn2")).resolve("10.177.2.9");
    Files.writeString(lease, "stranger\r\neth0");
    failure =
        assertThrows(
            TaskException.class,
            () -> networks.attach("b", List.of(asking("eth0", "bn2", "", "10.177.2.9/24", 0))));
    assertEquals("ADDRESS_TAKEN", failure.first().code());
  }

  @Test
  void aSwitchTakesAPortWithoutAddressesAndGivesItBack() throws IOException {
    String unused =
        node.shell(
            "ip link add uplink type veth peer name outside && ip link set outside up"
                + " && ip addr add 10.177.9.1/24 dev outside && ip addr add 10.99.0.1/24 dev uplink");
    node.namespaces.pin("a", NetworkNamespaces.Kind.OWN);
    InterfaceConfig wanted = asking("eth0", "lan", "", "10.177.9.7/24", 0);
    TaskException refused =
        assertThrows(TaskException.class, () -> networks.attach("a", List.of(wanted)));
    assertEquals("NETWORK_BROKEN", refused.first().code());
    assertTrue(refused.first().message().contains("10.99.0.1"), refused.toString());
    assertEquals(List.of(), networks.tasks());
    assertEquals("", node.shell("ip addr flush dev uplink"));
    traces = node.traces(state);
    AttachedInterface made = attach("a", wanted).get(0);
    assertEquals(List.of("10.177.9.7/24"), made.addresses());
    assertTrue(reaches("a", "10.177.9.1"));
    remove("a");
    assertNothingIsLeft();
    assertEquals("0", node.shell("ip -o link show dev uplink | grep -c master || true"));
  }

  @Test
  void nothingIsLeftAfterManyTasks() throws IOException {
    InterfaceConfig published =
        publishing(on("bn1"), new PublishedPort(Optional.empty(), 18082, 80, Protocol.TCP));
    for (int i = 0; i < 20; i++) {
      attach("cycle", i % 5 == 0 ? published : on("bn1"));
      remove("cycle");
    }
    assertNothingIsLeft();
  }
}
