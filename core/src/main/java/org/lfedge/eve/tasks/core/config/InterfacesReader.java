package org.lfedge.eve.tasks.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;

/**
 * What a task document says of network interfaces. One reader for each document: it remembers
 * names, MACs and ports.
 */
final class InterfacesReader {

  private static final int MAX_INTERFACES = 64;
  private static final String EXAMPLE = "{network: bn1, ports: [\"8080:80\"]}";
  private static final int MAX_SERVERS = 16;
  private static final int MAX_PORT = 65_535;
  private static final int MIN_MTU = 68;
  private static final int MAX_MTU = 65_535;

  /** With less, Linux has no IPv6 on an interface. */
  private static final int MIN_MTU_V6 = 1280;

  /**
   * What Linux takes, within ASCII, but for {@code lo}, which every task has, for {@code %}, which
   * stands for a number there, and for what programs would take for an option.
   */
  static final TextForm NAME =
      new TextForm(
          15,
          "(?!lo$|\\.{1,2}$|-)[!-$&-.0-9;-~]+",
          "BAD_NAME",
          "the name of a network interface such as eth0: neither lo nor one with spaces, '/', ':',"
              + " '%' or a leading '-'");

  /** As CNI has it. */
  static final TextForm NETWORK =
      new TextForm(
          63,
          "[A-Za-z0-9][A-Za-z0-9_.-]*",
          "BAD_NAME",
          "the name of a network of the node: letters, digits, '_', '.' and '-'");

  /** The network of the node itself, and none at all; either stands alone. */
  static final String HOST = "host";

  static final String NONE = "none";

  private static final TextForm MAC =
      new TextForm(
          17,
          "[0-9A-Fa-f]{2}((:[0-9A-Fa-f]{2}){5}|(-[0-9A-Fa-f]{2}){5})",
          "BAD_VALUE",
          "a MAC of six bytes in hex, such as \"02:16:3e:00:00:01\"");

  private static final String NO_MAC = "00:00:00:00:00:00";

  private final SortedMap<String, Integer> names = new TreeMap<>();
  private final SortedMap<String, Integer> macs = new TreeMap<>();
  private final PublishedPorts ports = new PublishedPorts();

  /** Which of the networks that stand alone is named. */
  private Optional<String> alone = Optional.empty();

  /** {@code interfaces:}. */
  List<InterfaceConfig> read(DocumentObject task) {
    return task.list(
        "interfaces",
        MAX_INTERFACES,
        (index, v) -> v.object(EXAMPLE, i -> networkInterface(index, v, i)));
  }

  /** Whether the task is on the network of the node; known when the interfaces were read. */
  boolean isHost() {
    return alone.equals(Optional.of(HOST));
  }

  private Optional<InterfaceConfig> networkInterface(
      int index, DocumentValue v, DocumentObject object) {
    Optional<String> network = object.required("network", n -> n.text(NETWORK));
    boolean standsAlone = network.filter(of -> of.equals(HOST) || of.equals(NONE)).isPresent();
    if (alone.isPresent() || (standsAlone && !names.isEmpty())) {
      return v.refuse(
          "CONFLICT",
          "stands beside network "
              + (standsAlone ? network : alone).orElseThrow()
              + ", with which a task has no interface at all; keep one of them");
    }
    if (standsAlone) {
      alone = network;
      for (String key : List.of("name", "mac", "addresses", "mtu", "dns", "ports", "allow")) {
        var unused =
            object.optional(
                key,
                k ->
                    k.refuse(
                        "CONFLICT",
                        "has no meaning on network " + network.orElseThrow() + "; remove it"));
      }
      return Optional.empty();
    }
    Optional<String> name = name(index, v, object);
    Optional<String> mac = object.optional("mac", m -> mac(index, m));
    List<IpPrefix> addresses = addresses(object);
    OptionalInt mtu = number(object.optional("mtu", m -> m.whole(MIN_MTU, MAX_MTU)));
    if (mtu.isPresent()
        && mtu.getAsInt() < MIN_MTU_V6
        && addresses.stream().anyMatch(prefix -> prefix.address().isV6())) {
      object.refuseKey(
          "mtu",
          "CONFLICT",
          "must be at least " + MIN_MTU_V6 + " on an interface with an address of IPv6");
    }
    List<String> dns = distinct(object, "dns", MAX_SERVERS, InterfacesReader::server);
    return name.flatMap(
        called ->
            network.map(
                of ->
                    new InterfaceConfig(
                        called,
                        of,
                        mac,
                        addresses.stream().map(IpPrefix::toString).toList(),
                        mtu,
                        dns,
                        object.list("ports", DocumentValue.MAX_LIST, ports::read),
                        object.optional("allow", InterfacesReader::allow))));
  }

  private Optional<String> name(int index, DocumentValue v, DocumentObject object) {
    boolean given = !object.present("name").isEmpty();
    Optional<String> name =
        given ? object.optional("name", n -> n.text(NAME)) : Optional.of("eth" + index);
    Integer other = name.map(text -> names.putIfAbsent(text, index)).orElse(null);
    if (other == null) {
      return name;
    }
    String message = "interfaces[" + other + "] has this name, too; give one of them another";
    if (given) {
      object.refuseKey("name", "CONFLICT", message);
      return Optional.empty();
    }
    return v.refuse("CONFLICT", "is eth" + index + " by its position, and " + message);
  }

  private Optional<String> mac(int index, DocumentValue v) {
    return v.text(MAC)
        .map(text -> text.toLowerCase(Locale.ROOT).replace('-', ':'))
        .flatMap(
            mac -> {
              if (mac.equals(NO_MAC)) {
                return v.refuse("BAD_VALUE", "is no address of an interface; choose another");
              }
              // The lowest bit of the first byte is that of groups.
              if (Character.digit(mac.charAt(1), 16) % 2 == 1) {
                return v.refuse(
                    "MAC_MULTICAST",
                    "is the address of a group; the second digit must be even, as in"
                        + " 02:16:3e:00:00:01");
              }
              Integer other = macs.putIfAbsent(mac, index);
              return other == null
                  ? Optional.of(mac)
                  : v.refuse(
                      "CONFLICT",
                      "interfaces[" + other + "] has this MAC, too; give one of them another");
            });
  }

  private static List<IpPrefix> addresses(DocumentObject object) {
    List<IpPrefix> seen = new ArrayList<>();
    return object.list(
        "addresses",
        DocumentValue.MAX_LIST,
        (index, v) -> v.text().flatMap(t -> address(v, t, seen)));
  }

  private static Optional<IpPrefix> address(DocumentValue v, String text, List<IpPrefix> seen) {
    Optional<IpPrefix> prefix = IpPrefix.parse(text);
    if (prefix.isEmpty()) {
      return v.refuse(
          "BAD_VALUE",
          "must be an IP address with the length of its prefix, such as 10.1.0.5/24 or"
              + " 2001:db8::5/64");
    }
    IpAddress address = prefix.get().address();
    if (address.isUnspecified() || address.isLoopback() || address.isMulticast()) {
      return v.refuse("BAD_VALUE", "is no address that an interface can have; choose another");
    }
    if (seen.stream().anyMatch(other -> other.address().isV6() == address.isV6())) {
      return v.refuse(
          "CONFLICT",
          "is another address of "
              + (address.isV6() ? "IPv6" : "IPv4")
              + "; an interface is given one of each at most");
    }
    seen.add(prefix.get());
    return prefix;
  }

  private static Optional<String> server(DocumentValue v, String text) {
    return IpAddress.parse(text)
        .filter(address -> !address.isUnspecified() && !address.isMulticast())
        .map(IpAddress::toString)
        .or(() -> v.refuse("BAD_VALUE", "must be the IP address of a server, such as 10.1.0.1"));
  }

  /** A list of texts, none of them twice. */
  private static List<String> distinct(
      DocumentObject object,
      String key,
      int max,
      BiFunction<DocumentValue, String, Optional<String>> reader) {
    SortedSet<String> seen = new TreeSet<>();
    return object.list(
        key,
        max,
        (index, v) ->
            v.text()
                .flatMap(text -> reader.apply(v, text))
                .flatMap(
                    read ->
                        seen.add(read)
                            ? Optional.of(read)
                            : v.refuse("CONFLICT", "is there already; remove it")));
  }

  private static Optional<List<AllowRule>> allow(DocumentValue v) {
    return Optional.of(
        v.list(DocumentValue.MAX_LIST, (index, rule) -> rule.object(InterfacesReader::allowRule)));
  }

  private static Optional<AllowRule> allowRule(DocumentObject rule) {
    Optional<Direction> direction =
        rule.required("direction", v -> SupervisionReader.choice(v, Direction.values()));
    Optional<String> cidr = rule.optional("cidr", v -> v.text().flatMap(t -> network(v, t)));
    OptionalInt port = number(rule.optional("port", v -> v.whole(1, MAX_PORT)));
    Optional<Protocol> protocol =
        rule.optional("protocol", v -> SupervisionReader.choice(v, Protocol.values()));
    if (port.isPresent() && rule.present("protocol").isEmpty()) {
      rule.refuseKey("protocol", "MISSING", "is required beside a port: tcp or udp; add it");
    }
    return direction.map(way -> new AllowRule(way, cidr, port, protocol));
  }

  private static Optional<String> network(DocumentValue v, String text) {
    Optional<IpPrefix> prefix = IpPrefix.parse(text);
    if (prefix.isEmpty()) {
      return v.refuse(
          "BAD_VALUE",
          "must be addresses that begin alike, such as 10.0.0.0/8 or 2001:db8::/32; a single one"
              + " has /32 or /128");
    }
    IpPrefix network = prefix.get().network();
    return network.equals(prefix.get())
        ? Optional.of(network.toString())
        : v.refuse("BAD_VALUE", "has bits beyond its prefix; did you mean " + network + "?");
  }

  private static OptionalInt number(Optional<Long> number) {
    return number.map(n -> OptionalInt.of(n.intValue())).orElse(OptionalInt.empty());
  }
}
