package org.lfedge.eve.tasks.core.network;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;

/**
 * A network of the node's config.
 *
 * @param name unique on the node
 * @param kind what it is made of
 * @param port of the node that a switch joins; empty for a bridge
 * @param subnets that addresses are given from, at most one of IPv4 and one of IPv6
 * @param mtu in bytes; empty for 1500
 * @param dns servers for names of tasks that name none
 * @param names whether tasks on it can ask a task of the network for names and addresses; a
 *     bridge's alone
 * @param allow what may pass for interfaces that say nothing of it; empty for everything
 */
public record NetworkConfig(
    String name,
    Kind kind,
    Optional<String> port,
    List<Cidr> subnets,
    OptionalInt mtu,
    List<InetAddress> dns,
    boolean names,
    Optional<List<AllowRule>> allow) {

  private static final int DEFAULT_MTU = 1500;

  /** Keeps copies of the lists. */
  public NetworkConfig {
    subnets = List.copyOf(subnets);
    dns = List.copyOf(dns);
    allow = allow.map(List::copyOf);
  }

  /** What a network is made of. */
  public enum Kind {
    /** A bridge inside the node, with the node as the gateway, which translates addresses. */
    BRIDGE,
    /** A bridge that a port of the node belongs to, so that tasks are on the network outside. */
    SWITCH;

    /** In lower case, as in configs. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  int mtuOrDefault() {
    return mtu.orElse(DEFAULT_MTU);
  }

  NetworkConfig withSubnets(List<Cidr> given) {
    return new NetworkConfig(name, kind, port, given, mtu, dns, names, allow);
  }

  NetworkConfig withDns(List<InetAddress> given) {
    return new NetworkConfig(name, kind, port, subnets, mtu, given, names, allow);
  }
}
