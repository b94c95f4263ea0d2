package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

/** Generated values of networks, all of them possible. */
final class NetworkArbitraries {

  private NetworkArbitraries() {}

  static Arbitrary<InetAddress> addresses() {
    Arbitrary<Integer> length = Arbitraries.of(4, 16);
    Arbitrary<Byte> bytes =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(1, Arbitraries.just((byte) 0)),
            net.jqwik.api.Tuple.of(2, Arbitraries.bytes()));
    return length
        .flatMap(size -> bytes.array(byte[].class).ofSize(size))
        .filter(NetworkArbitraries::isNoMappedAddress)
        .map(NetworkArbitraries::address);
  }

  /** Java makes an IPv4 address of these. */
  private static boolean isNoMappedAddress(byte[] bytes) {
    return bytes.length == 4 || !(bytes[10] == -1 && bytes[11] == -1);
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  static Arbitrary<Cidr> cidrs() {
    return addresses()
        .flatMap(
            address ->
                Arbitraries.integers()
                    .between(0, address.getAddress().length * 8)
                    .map(prefix -> new Cidr(address, prefix)));
  }

  static Arbitrary<Integer> ports() {
    return Arbitraries.integers().between(1, 65_535);
  }

  static Arbitrary<AllowRule> rules() {
    Arbitrary<Optional<Protocol>> protocol = Arbitraries.of(Protocol.values()).optional();
    return Combinators.combine(
            Arbitraries.of(Direction.values()), cidrs().optional(), ports().optional(), protocol)
        .as(
            (direction, cidr, port, used) ->
                new AllowRule(
                    direction,
                    cidr.map(Cidr::toString),
                    port.map(OptionalInt::of).orElse(OptionalInt.empty()),
                    used));
  }

  static Arbitrary<String> interfaceNames() {
    return Arbitraries.strings()
        .withCharRange('a', 'z')
        .withCharRange('0', '9')
        .ofMinLength(1)
        .ofMaxLength(15);
  }

  static Arbitrary<AccessRules.Guard> guards() {
    Arbitrary<AccessRules.Published> published =
        Combinators.combine(ports(), Arbitraries.of(Protocol.values()))
            .as(AccessRules.Published::new);
    return Combinators.combine(
            interfaceNames(),
            addresses().list().ofMaxSize(2),
            published.list().ofMaxSize(2),
            rules().list().ofMaxSize(4))
        .as(AccessRules.Guard::new);
  }

  private static Arbitrary<String> macs() {
    return Arbitraries.integers()
        .between(0, 255)
        .list()
        .ofSize(5)
        .map(
            bytes ->
                bytes.stream().map("%02x"::formatted).reduce("02", (all, one) -> all + ":" + one));
  }

  private static Arbitrary<InterfaceConfig> configs() {
    Arbitrary<PublishedPort> published =
        Combinators.combine(
                addresses().map(Cidr::text).optional(),
                ports(),
                ports(),
                Arbitraries.of(Protocol.values()))
            .as(PublishedPort::new);
    return Combinators.combine(
            interfaceNames(),
            macs().optional(),
            cidrs().map(Cidr::toString).list().ofMaxSize(2),
            ports().optional(),
            addresses().map(Cidr::text).list().ofMaxSize(2),
            published.list().ofMaxSize(2),
            rules().list().ofMaxSize(2).optional())
        .as(
            (name, mac, addresses, mtu, dns, published1, allow) ->
                new InterfaceConfig(
                    name,
                    "net-" + name,
                    mac,
                    addresses,
                    mtu.map(OptionalInt::of).orElse(OptionalInt.empty()),
                    dns,
                    published1,
                    allow));
  }

  private static Arbitrary<Attachment> attachments() {
    Arbitrary<NodeBridge> bridges =
        Combinators.combine(
                interfaceNames(), cidrs().list().ofMaxSize(2), interfaceNames().optional())
            .as((name, subnets, port) -> new NodeBridge("tm-" + name, name, 1500, port, subnets));
    Arbitrary<ObjectNode> results =
        macs()
            .map(
                mac ->
                    JsonNodeFactory.instance
                        .objectNode()
                        .put("cniVersion", "1.0.0")
                        .put("mac", mac));
    return Combinators.combine(
            configs(),
            bridges.optional(),
            rules().list().ofMaxSize(2).optional(),
            macs().optional(),
            results.optional(),
            Arbitraries.of(true, false))
        .as(
            (config, bridge, allow, mac, result, done) ->
                new Attachment(
                    config,
                    chain(config),
                    bridge,
                    allow,
                    config.addresses(),
                    mac,
                    result,
                    done ? Optional.of(attached(config)) : Optional.empty()));
  }

  private static CniConfig chain(InterfaceConfig config) {
    return BridgeConflist.write(
        new NetworkConfig(
            config.network(),
            Kind.BRIDGE,
            Optional.empty(),
            List.of(),
            config.mtu(),
            List.of(),
            false,
            Optional.empty()),
        "tm-x",
        Path.of("/leases"),
        config.mtu().orElse(1500),
        true,
        !config.ports().isEmpty());
  }

  private static AttachedInterface attached(InterfaceConfig config) {
    return new AttachedInterface(
        config.name(),
        config.network(),
        config.mac().orElse("02:00:00:00:00:01"),
        1500,
        config.addresses(),
        config.dns(),
        config.dns());
  }

  static Arbitrary<AttachmentRecord> records() {
    return Combinators.combine(
            interfaceNames(),
            Arbitraries.of(AttachmentRecord.State.values()),
            attachments().list().ofMaxSize(3))
        .as(
            (task, state, interfaces) ->
                new AttachmentRecord(task, task + "-0", "boot 1 then", state, interfaces));
  }
}
