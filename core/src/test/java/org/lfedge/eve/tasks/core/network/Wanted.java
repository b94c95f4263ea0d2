package org.lfedge.eve.tasks.core.network;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;

/** Interfaces and networks as tests want them. */
final class Wanted {

  private Wanted() {}

  static InterfaceConfig on(String network) {
    return new InterfaceConfig(
        "eth0",
        network,
        Optional.empty(),
        List.of(),
        OptionalInt.empty(),
        List.of(),
        List.of(),
        Optional.empty());
  }

  static InterfaceConfig publishing(InterfaceConfig config, PublishedPort... ports) {
    return new InterfaceConfig(
        config.name(),
        config.network(),
        config.mac(),
        config.addresses(),
        config.mtu(),
        config.dns(),
        List.of(ports),
        config.allow());
  }

  static InterfaceConfig allowing(InterfaceConfig config, AllowRule... rules) {
    return new InterfaceConfig(
        config.name(),
        config.network(),
        config.mac(),
        config.addresses(),
        config.mtu(),
        config.dns(),
        config.ports(),
        Optional.of(List.of(rules)));
  }

  static InterfaceConfig asking(String name, String network, String mac, String address, int mtu) {
    return new InterfaceConfig(
        name,
        network,
        Optional.of(mac).filter(text -> !text.isEmpty()),
        address.isEmpty() ? List.of() : List.of(address),
        mtu == 0 ? OptionalInt.empty() : OptionalInt.of(mtu),
        List.of(),
        List.of(),
        Optional.empty());
  }

  static NetworkConfig bridge(String name, String... subnets) {
    return new NetworkConfig(
        name,
        Kind.BRIDGE,
        Optional.empty(),
        Stream.of(subnets).map(text -> Cidr.parse(text).orElseThrow()).toList(),
        OptionalInt.empty(),
        List.of(Cidr.parseAddress("10.177.1.1").orElseThrow()),
        false,
        Optional.empty());
  }
}
