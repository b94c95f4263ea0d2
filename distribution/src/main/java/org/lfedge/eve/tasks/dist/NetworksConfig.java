package org.lfedge.eve.tasks.dist;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.network.Cidr;
import org.lfedge.eve.tasks.core.network.NetworkConfig;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.network.NodeNetworks;

/** Reads {@code networks} and {@code cni} of the node's config; every key may be left out. */
final class NetworksConfig {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");
  private static final Pattern PORT = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}");
  private static final List<String> RESERVED = List.of("host", "none");
  private static final int MIN_MTU = 68;
  private static final int MAX_NUMBER = 65_535;

  /** With fewer addresses, none is left beside the node's own. */
  private static final int MIN_HOST_BITS = 2;

  private static final SortedMap<String, Kind> KINDS = words(Kind.values());
  private static final SortedMap<String, Direction> DIRECTIONS = words(Direction.values());
  private static final SortedMap<String, Protocol> PROTOCOLS = words(Protocol.values());

  private NetworksConfig() {}

  private static <T extends Enum<T>> SortedMap<String, T> words(T[] values) {
    SortedMap<String, T> words = new TreeMap<>();
    for (T value : values) {
      words.put(value.name().toLowerCase(Locale.ROOT), value);
    }
    return words;
  }

  /** Reads both sections; what is wrong is noted there. */
  static NodeNetworks read(ConfigSection root) {
    ConfigSection named = root.section("networks");
    SortedMap<String, NetworkConfig> networks = new TreeMap<>();
    for (Map.Entry<String, ConfigSection> entry : root.named("networks").entrySet()) {
      String name = entry.getKey();
      if (!NAME.matcher(name).matches()) {
        named.conflict(name, "the key must be a name: letters, digits, '_', '.' and '-', up to 63");
      } else if (RESERVED.contains(name)) {
        named.conflict(name, "this name has a meaning of its own; choose another one");
      }
      networks.put(name, network(name, entry.getValue(), networks, root.has("nameService")));
    }
    ConfigSection cni = root.section("cni");
    NodeNetworks result =
        new NodeNetworks(
            networks,
            cni.path("configDirectory").orElse(NodeNetworks.DEFAULT.configDirectory()),
            cni.has("pluginDirectories")
                ? cni.paths("pluginDirectories").stream().map(Path::of).toList()
                : NodeNetworks.DEFAULT.pluginDirectories());
    cni.refuseOtherKeys();
    return result;
  }

  /** What of some networks can be made, and what is wrong with the others. */
  record Declared(
      SortedMap<String, NetworkConfig> networks, SortedMap<String, List<Problem>> problems) {}

  /**
   * Reads networks that are declared beside those of the node's config, each by itself.
   *
   * @param sections by name
   * @param named whether names can be served
   */
  static Declared declared(
      SortedMap<String, JsonNode> sections, NodeNetworks configured, boolean named) {
    SortedMap<String, NetworkConfig> all = new TreeMap<>(configured.networks());
    Declared declared = new Declared(new TreeMap<>(), new TreeMap<>());
    sections.forEach(
        (name, section) -> {
          List<Problem> problems = new ArrayList<>();
          NetworkConfig network = network(name, new ConfigSection(section, problems), all, named);
          if (problems.isEmpty()) {
            all.put(name, network);
            declared.networks().put(name, network);
          } else {
            declared.problems().put(name, problems.stream().map(one -> of(name, one)).toList());
          }
        });
    return declared;
  }

  private static Problem of(String network, Problem problem) {
    return new Problem(
        problem.code(),
        problem.kind(),
        "networks." + network + "." + problem.path(),
        problem.value(),
        problem.message());
  }

  private static NetworkConfig network(
      String name, ConfigSection section, SortedMap<String, NetworkConfig> others, boolean named) {
    Kind kind = section.choice("type", KINDS).orElse(Kind.BRIDGE);
    if (!section.has("type")) {
      section.conflict("type", "is missing; it is one of " + String.join(", ", KINDS.keySet()));
    }
    Optional<String> port = section.text("port", PORT, "the name of a port of the node, as eth1");
    if (kind == Kind.SWITCH && !section.has("port")) {
      section.conflict("port", "is missing; a switch joins tasks to a port of the node");
    }
    if (kind == Kind.BRIDGE && section.has("port")) {
      section.conflict("port", "belongs to type switch; a bridge is inside the node");
    }
    List<Cidr> subnets = subnets(section);
    others.forEach((other, config) -> refuseOverlap(section, subnets, other, config.subnets()));
    OptionalInt mtu = section.number("mtu", MIN_MTU, MAX_NUMBER);
    List<InetAddress> dns =
        section.parsed("dns", Cidr::parseAddress, "an address of IPv4 or IPv6, not a name");
    if (kind == Kind.SWITCH && section.has("names")) {
      section.conflict("names", "belongs to type bridge; a switch has the servers of its port");
    }
    if (section.flag("names").orElse(false) && !named) {
      section.conflict("names", "needs nameService, which says what serves them");
    }
    boolean names = named && kind == Kind.BRIDGE && section.flag("names").orElse(true);
    Optional<List<AllowRule>> allow =
        section.has("allow") ? Optional.of(rules(section)) : Optional.empty();
    section.refuseOtherKeys();
    return new NetworkConfig(name, kind, port, subnets, mtu, dns, names, allow);
  }

  private static List<Cidr> subnets(ConfigSection section) {
    List<Cidr> subnets =
        section.parsed(
            "subnets",
            text -> Cidr.parse(text).filter(NetworksConfig::isSubnet),
            "a subnet with room for tasks, as 10.77.0.0/24 or fd00:77::/64");
    List<Boolean> families = subnets.stream().map(Cidr::isIpv4).toList();
    if (families.size() != families.stream().distinct().count()) {
      section.conflict("subnets", "must be one of IPv4, one of IPv6, or one of each");
    }
    return subnets;
  }

  private static boolean isSubnet(Cidr cidr) {
    int bits = cidr.isIpv4() ? Integer.SIZE : 2 * Long.SIZE;
    return cidr.equals(cidr.subnet()) && bits - cidr.prefix() >= MIN_HOST_BITS;
  }

  private static void refuseOverlap(
      ConfigSection section, List<Cidr> subnets, String other, List<Cidr> theirs) {
    for (Cidr subnet : subnets) {
      if (theirs.stream().anyMatch(subnet::overlaps)) {
        section.conflict("subnets", subnet + " overlaps with a subnet of network " + other);
      }
    }
  }

  private static List<AllowRule> rules(ConfigSection section) {
    List<AllowRule> rules = new ArrayList<>();
    for (ConfigSection item : section.sections("allow")) {
      Optional<Direction> direction = item.choice("direction", DIRECTIONS);
      if (!item.has("direction")) {
        item.conflict(
            "direction", "is missing; it is one of " + String.join(", ", DIRECTIONS.keySet()));
      }
      Optional<String> cidr = item.text("cidr");
      if (cidr.isPresent() && cidr.flatMap(Cidr::parse).isEmpty()) {
        item.conflict("cidr", "must be a range of addresses, as 10.0.0.0/8");
      }
      OptionalInt port = item.number("port", 1, MAX_NUMBER);
      Optional<Protocol> protocol = item.choice("protocol", PROTOCOLS);
      if (item.has("port") && !item.has("protocol")) {
        item.conflict("port", "needs protocol as well, tcp or udp");
      }
      item.refuseOtherKeys();
      direction.ifPresent(way -> rules.add(new AllowRule(way, cidr, port, protocol)));
    }
    return rules;
  }
}
