package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.network.Cidr;
import org.lfedge.eve.tasks.core.network.NetworkConfig;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.network.NodeNetworks;

class NetworksConfigTest {

  private final List<Problem> problems = new ArrayList<>();

  private NodeNetworks read(String text) {
    try {
      ConfigSection root = new ConfigSection(new YAMLMapper().readTree(text), problems);
      NodeNetworks networks = NetworksConfig.read(root);
      root.refuseOtherKeys();
      return networks;
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  private List<String> places(String text) {
    read(text);
    return problems.stream().map(problem -> problem.code() + " " + problem.path()).toList();
  }

  @Test
  void withoutTheSectionsTheDefaultHolds() {
    for (String text : List.of("{}", "networks:", "{networks: {}, cni: {}}")) {
      assertEquals(NodeNetworks.DEFAULT, read(text), text);
    }
    assertEquals(List.of(), problems);
  }

  @Test
  void everyKeyIsRead() {
    NodeNetworks networks =
        read(
            """
            networks:
              bn1:
                type: bridge
                subnets: [10.77.0.0/24, "fd00:77::/64"]
                mtu: 1400
                dns: [10.77.0.1]
                allow: [{direction: egress, cidr: 10.0.0.0/8, port: 443, protocol: tcp}, {direction: ingress}]
              lan: {type: switch, port: eth1}
            cni: {configDirectory: /c, pluginDirectories: [/p, /q]}
            """);
    assertEquals(List.of(), problems);
    assertEquals(Path.of("/c"), networks.configDirectory());
    assertEquals(List.of(Path.of("/p"), Path.of("/q")), networks.pluginDirectories());
    assertEquals(
        new NetworkConfig(
            "bn1",
            Kind.BRIDGE,
            Optional.empty(),
            List.of(
                Cidr.parse("10.77.0.0/24").orElseThrow(), Cidr.parse("fd00:77::/64").orElseThrow()),
            OptionalInt.of(1400),
            List.of(Cidr.parseAddress("10.77.0.1").orElseThrow()),
            false,
            Optional.of(
                List.of(
                    new AllowRule(
                        Direction.EGRESS,
                        Optional.of("10.0.0.0/8"),
                        OptionalInt.of(443),
                        Optional.of(Protocol.TCP)),
                    new AllowRule(
                        Direction.INGRESS,
                        Optional.empty(),
                        OptionalInt.empty(),
                        Optional.empty())))),
        networks.networks().get("bn1"));
    assertEquals(
        new NetworkConfig(
            "lan",
            Kind.SWITCH,
            Optional.of("eth1"),
            List.of(),
            OptionalInt.empty(),
            List.of(),
            false,
            Optional.empty()),
        networks.networks().get("lan"));
  }

  @Test
  void aBridgeWithoutSubnetsGetsOneByItsNameThatNoOtherHas() {
    NetworkConfig alone = network(read("networks: {bn1: {type: bridge}}"), "bn1");
    assertEquals(1, alone.subnets().size());
    Cidr subnet = alone.subnets().get(0);
    assertEquals(alone, network(read("networks: {bn1: {type: bridge}}"), "bn1"));
    NodeNetworks both =
        read("networks: {bn1: {type: bridge}, a: {type: bridge, subnets: [" + subnet + "]}}");
    assertEquals(false, network(both, "bn1").subnets().get(0).overlaps(subnet));
    assertEquals(List.of(), problems);
  }

  @Test
  void namesAreServedOnBridgesIfThereIsSomethingThatServesThem() {
    NodeNetworks served =
        read(
            """
            networks:
              a: {type: bridge}
              b: {type: bridge, names: false}
              c: {type: switch, port: eth1}
            nameService: {layout: /srv/names.tar}
            """);
    assertEquals(
        List.of(true, false, false),
        Stream.of("a", "b", "c").map(name -> network(served, name).names()).toList());
    problems.clear();
    assertEquals(
        List.of("WRONG_VALUE networks.a.names", "WRONG_VALUE networks.c.names"),
        places(
            "networks: {a: {type: bridge, names: true},"
                + " c: {type: switch, port: eth1, names: false}}"));
  }

  private static NetworkConfig network(NodeNetworks networks, String name) {
    return Optional.ofNullable(networks.networks().get(name)).orElseThrow();
  }

  @Test
  void subnetsThatOverlapAreRefused() {
    assertEquals(
        List.of("WRONG_VALUE networks.b.subnets"),
        places(
            """
            networks:
              a: {type: bridge, subnets: [10.77.0.0/16]}
              b: {type: bridge, subnets: [10.77.5.0/24]}
              c: {type: bridge, subnets: [10.78.0.0/16]}
            """));
  }

  @Test
  void allFaultsAreNamedAtOnceWithTheirPlaces() {
    assertEquals(
        List.of(
            "WRONG_VALUE networks.-x",
            "WRONG_VALUE networks.a.type",
            "WRONG_VALUE networks.a.subnets[0]",
            "WRONG_VALUE networks.a.subnets[1]",
            "WRONG_VALUE networks.a.subnets[2]",
            "WRONG_VALUE networks.a.mtu",
            "WRONG_VALUE networks.a.dns[0]",
            "WRONG_VALUE networks.a.allow[0].cidr",
            "WRONG_VALUE networks.a.allow[0].port",
            "WRONG_VALUE networks.a.allow[1].direction",
            "WRONG_VALUE networks.a.allow[1].port",
            "WRONG_VALUE networks.a.allow[1].protocol",
            "UNKNOWN_KEY networks.a.allow[1].ports",
            "UNKNOWN_KEY networks.a.vlan",
            "WRONG_VALUE networks.b.port",
            "WRONG_VALUE networks.c.port",
            "WRONG_VALUE networks.c.subnets",
            "WRONG_VALUE networks.host",
            "WRONG_VALUE networks.host.type",
            "WRONG_VALUE cni.configDirectory",
            "WRONG_VALUE cni.pluginDirectories[0]",
            "UNKNOWN_KEY cni.plugins"),
        places(
            """
            networks:
              -x: {type: bridge}
              a:
                type: vlan
                subnets: [10.77.0.1/24, 10.77.0.0/31, example.org/24]
                mtu: 9
                dns: [dns.example.org]
                allow:
                  - {direction: egress, cidr: 10.0.0.0, port: 443}
                  - {port: 0, protocol: icmp, ports: 7}
                vlan: 7
              b: {type: switch}
              c: {type: bridge, port: eth1, subnets: [10.1.0.0/24, 10.2.0.0/24]}
              host: {}
            cni: {configDirectory: net.d, pluginDirectories: [bin], plugins: []}
            """));
  }
}
