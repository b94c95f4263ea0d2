package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.network.Wanted.asking;
import static org.lfedge.eve.tasks.core.network.Wanted.bridge;
import static org.lfedge.eve.tasks.core.network.Wanted.on;
import static org.lfedge.eve.tasks.core.network.Wanted.publishing;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.Network;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.spi.seed.Namespace;

/** What is known of networks and found wrong with interfaces before any helper is run. */
class NetworkChecksTest {

  private static final String MACVLAN =
      "{\"cniVersion\": \"0.3.1\", \"name\": \"mac\", \"type\": \"macvlan\","
          + " \"ipam\": {\"type\": \"host-local\", \"subnet\": \"10.5.0.0/16\"}}";

  @TempDir Path temporary;
  private Path configs;

  @BeforeEach
  void makeDirectories() throws IOException {
    configs = Files.createDirectories(temporary.resolve("net.d"));
    for (String plugin : List.of("bridge", "host-local", "portmap", "macvlan")) {
      Path file = temporary.resolve("bin").resolve(plugin);
      Files.createDirectories(temporary.resolve("bin"));
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }
  }

  private CniNetworks networks(NetworkConfig... own) {
    TreeMap<String, NetworkConfig> named = new TreeMap<>();
    for (NetworkConfig network : own) {
      named.put(network.name(), network);
    }
    NetworkNamespaces none =
        new NetworkNamespaces() {
          @Override
          public Path pin(String task, Kind kind) {
            throw new AssertionError(task);
          }

          @Override
          public Path path(String task) {
            return temporary.resolve(task);
          }

          @Override
          public Path users(String task) {
            throw new AssertionError(task);
          }

          @Override
          public Path ofNode(Namespace namespace) {
            throw new AssertionError(namespace);
          }

          @Override
          public void unpin(String task) {
            throw new AssertionError(task);
          }

          @Override
          public List<String> pinned() {
            return List.of();
          }
        };
    return new CniNetworks(
        new NodeNetworks(named, configs, List.of(temporary.resolve("bin"))),
        temporary.resolve("state"),
        none,
        (task, purpose, command) -> {
          throw new AssertionError(purpose);
        },
        temporary.resolve("links"));
  }

  private static List<Problem> problems(CniNetworks networks, InterfaceConfig... interfaces) {
    return networks.check("web", List.of(interfaces));
  }

  private static List<String> places(List<Problem> problems) {
    return problems.stream().map(problem -> problem.code() + " " + problem.path()).toList();
  }

  @Test
  void allNetworksAreListedAndABrokenOneDisturbsNoOther() throws IOException {
    Files.writeString(configs.resolve("10-mac.conf"), MACVLAN);
    Files.writeString(configs.resolve("20-again.json"), MACVLAN);
    Files.writeString(configs.resolve("30-own.conflist"), MACVLAN.replace("\"mac\"", "\"bn1\""));
    Files.writeString(configs.resolve("40-half.conf"), MACVLAN.substring(0, 40));
    Files.writeString(
        configs.resolve("50-old.conf"),
        MACVLAN.replace("0.3.1", "0.2.0").replace("\"mac\"", "\"old\""));
    Files.writeString(
        configs.resolve("60-evil.conf"),
        MACVLAN.replace("\"macvlan\"", "\"../../bin/sh\"").replace("\"mac\"", "\"evil\""));
    Files.writeString(
        configs.resolve("70-alien.conf"),
        MACVLAN.replace("\"macvlan\"", "\"alien\"").replace("\"mac\"", "\"alien-net\""));
    Files.writeString(configs.resolve("readme.txt"), "no config");
    List<Network> all = networks(bridge("bn1", "10.177.1.0/24"), switchAt("lan", "eth9")).list();
    assertEquals(
        List.of(
            "40-half cni true",
            "alien-net cni true",
            "bn1 bridge false",
            "bn1 cni true",
            "evil cni true",
            "host host false",
            "lan switch true",
            "mac cni false",
            "mac cni true",
            "none none false",
            "old cni true"),
        all.stream()
            .map(one -> one.name() + " " + one.type() + " " + one.problem().isPresent())
            .toList());
    Network mac = all.get(7);
    assertEquals(List.of("macvlan"), mac.plugins());
    assertEquals(List.of("10.5.0.0/16"), mac.subnets());
    assertEquals(Optional.of(configs.resolve("10-mac.conf").toString()), mac.source());
    assertEquals(List.of("bridge", "portmap"), all.get(2).plugins());
  }

  private static NetworkConfig switchAt(String name, String port) {
    return new NetworkConfig(
        name,
        Kind.SWITCH,
        Optional.of(port),
        List.of(),
        OptionalInt.empty(),
        List.of(),
        false,
        Optional.empty());
  }

  @Test
  void switchesThatAreDeclaredLaterHaveTheirPortsToo() {
    CniNetworks networks = networks(bridge("bn1", "10.177.1.0/24"), switchAt("lan", "eth9"));
    assertEquals(Map.of("eth9", "lan"), networks.switchPorts());
    SortedMap<String, NetworkConfig> declared = new TreeMap<>();
    declared.put("plant", switchAt("plant", "eth7"));
    assertEquals(Set.of("plant"), networks.declare(declared));
    assertEquals(Map.of("eth9", "lan", "eth7", "plant"), networks.switchPorts());
    assertEquals(Set.of(), networks.declare(new TreeMap<>()));
    assertEquals(Map.of("eth9", "lan"), networks.switchPorts());
  }

  @Test
  void everyProblemIsNamedAtOnceWithItsPlace() throws IOException {
    Files.writeString(configs.resolve("10-mac.conf"), MACVLAN);
    Files.writeString(configs.resolve("40-half.conf"), "{");
    CniNetworks networks = networks(bridge("bn1", "10.177.1.0/24", "fd00:177::/64"));
    List<Problem> problems =
        problems(
            networks,
            on("bn2"),
            on("40-half"),
            asking("eth4", "bn1", "", "10.178.1.5/24", 0),
            asking("eth5", "bn1", "", "10.177.1.5/16", 0),
            asking("eth6", "bn1", "", "10.177.1.1/24", 0),
            asking("eth7", "bn1", "", "10.177.1.255/24", 0),
            asking("eth8", "bn1", "", "fd00:177::/64", 0),
            asking("eth9", "bn1", "02:16:3e:00:00:01", "10.177.1.9/24", 0),
            asking("eth10", "bn1", "02:16:3e:00:00:01", "10.177.1.9/24", 0),
            publishing(on("mac"), new PublishedPort(Optional.empty(), 80, 80, Protocol.TCP)));
    assertEquals(
        List.of(
            "NETWORK_NOT_FOUND interfaces[0].network",
            "NETWORK_BROKEN interfaces[1].network",
            "ADDRESS_OUTSIDE_SUBNET interfaces[2].addresses[0]",
            "ADDRESS_OUTSIDE_SUBNET interfaces[3].addresses[0]",
            "ADDRESS_OUTSIDE_SUBNET interfaces[4].addresses[0]",
            "ADDRESS_OUTSIDE_SUBNET interfaces[5].addresses[0]",
            "ADDRESS_OUTSIDE_SUBNET interfaces[6].addresses[0]",
            "PORTS_NOT_SUPPORTED interfaces[9].ports",
            "ADDRESS_TAKEN interfaces[8].addresses[0]",
            "MAC_TAKEN interfaces[8].mac"),
        places(problems));
    assertTrue(problems.get(0).message().contains("did you mean bn1?"), problems::toString);
    assertTrue(problems.get(1).message().contains("40-half.conf"), problems::toString);
  }

  @Test
  void whatAnotherTaskHasOnRecordIsTaken() throws IOException {
    InterfaceConfig theirs =
        publishing(
            asking("eth0", "bn1", "", "", 0),
            new PublishedPort(Optional.of("127.0.0.1"), 8080, 80, Protocol.TCP));
    AttachedInterface made =
        new AttachedInterface(
            "eth0",
            "bn1",
            "02:16:3e:00:00:09",
            1500,
            List.of("10.177.1.7/24"),
            List.of(),
            List.of());
    AttachmentRecord record =
        new AttachmentRecord(
            "other",
            "other-1",
            "a former boot",
            AttachmentRecord.State.ATTACHED,
            List.of(
                Attachment.of(
                        theirs,
                        CniConfig.parse(new ObjectMapper().readTree(MACVLAN)),
                        Optional.empty(),
                        Optional.empty())
                    .as(made)));
    new AttachmentStore(temporary.resolve("state").resolve("tasks")).save(record);
    CniNetworks networks = networks(bridge("bn1", "10.177.1.0/24"), bridge("bn2", "10.178.1.0/24"));
    assertEquals(List.of(made), networks.attached("other"));
    InterfaceConfig same =
        publishing(
            asking("eth0", "bn1", "02:16:3e:00:00:09", "10.177.1.7/24", 0),
            new PublishedPort(Optional.empty(), 8080, 90, Protocol.TCP),
            new PublishedPort(Optional.of("127.0.0.2"), 8080, 91, Protocol.TCP));
    assertEquals(
        List.of(
            "ADDRESS_TAKEN interfaces[0].addresses[0]",
            "MAC_TAKEN interfaces[0].mac",
            "PORT_IN_USE interfaces[0].ports[0]",
            "PORT_IN_USE interfaces[0].ports[1]"),
        places(problems(networks, same)));
    assertEquals(List.of(), networks.check("other", List.of(theirs)));
    // Another protocol is another port.
    assertEquals(
        List.of(),
        problems(
            networks,
            publishing(on("bn2"), new PublishedPort(Optional.empty(), 8080, 80, Protocol.UDP))));
  }

  @Test
  void aPortThatAProgramOfTheNodeHasIsInUse() throws IOException {
    CniNetworks networks = networks(bridge("bn1", "10.177.1.0/24"));
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket tcp = new ServerSocket(0, 1, loopback);
        DatagramSocket udp = new DatagramSocket(0, loopback)) {
      InterfaceConfig both =
          publishing(
              on("bn1"),
              new PublishedPort(Optional.empty(), tcp.getLocalPort(), 1, Protocol.TCP),
              new PublishedPort(Optional.of("127.0.0.1"), udp.getLocalPort(), 2, Protocol.UDP));
      assertEquals(
          List.of("PORT_IN_USE interfaces[0].ports[0]", "PORT_IN_USE interfaces[0].ports[1]"),
          places(problems(networks, both)));
    }
  }

  @Test
  void aFullSubnetIsExhausted() throws IOException {
    CniNetworks networks = networks(bridge("bn1", "10.177.1.0/29"));
    Path leases = Files.createDirectories(temporary.resolve("state/leases/bn1"));
    for (Map.Entry<String, String> lease : Map.of("2", "a", "3", "b", "4", "c").entrySet()) {
      Files.writeString(
          leases.resolve("10.177.1." + lease.getKey()), lease.getValue() + "\r\neth0");
    }
    Files.writeString(leases.resolve("last_reserved_ip.0"), "10.177.1.4");
    InterfaceConfig first = on("bn1");
    InterfaceConfig second = asking("eth1", "bn1", "", "", 0);
    InterfaceConfig third = asking("eth2", "bn1", "", "", 0);
    assertEquals(List.of(), problems(networks, first, second));
    assertEquals(
        List.of("SUBNET_EXHAUSTED interfaces[2].network"),
        places(problems(networks, first, second, third)));
  }
}
