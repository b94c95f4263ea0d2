package org.lfedge.eve.tasks.core.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A network interface of a task document, checked as far as that needs no network.
 *
 * @param name as the task sees it, such as {@code eth0}; unique in its task
 * @param network the name of a network of the node
 * @param mac six bytes in lower-case hex, joined by colons; empty for one that the network gives
 * @param addresses each with the length of its prefix, {@code 10.1.0.5/24}; those that the network
 *     is asked for, at most one of IPv4 and one of IPv6
 * @param mtu 68 to 65535; empty for that of the network
 * @param dns servers for names, instead of the network's; none for those
 * @param ports of the node that lead to the task
 * @param allow what may pass; empty for the default of the network
 */
public record InterfaceConfig(
    String name,
    String network,
    Optional<String> mac,
    List<String> addresses,
    OptionalInt mtu,
    List<String> dns,
    List<PublishedPort> ports,
    Optional<List<AllowRule>> allow) {

  /** Keeps copies of the lists. */
  public InterfaceConfig {
    addresses = List.copyOf(addresses);
    dns = List.copyOf(dns);
    ports = List.copyOf(ports);
    allow = allow.map(List::copyOf);
  }

  /** What a port belongs to. */
  public enum Protocol {
    TCP,
    UDP;

    /** In lower case, as in documents. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A port of the node that leads to one of the task.
   *
   * @param hostAddress of the node, a literal; empty for all of them
   * @param hostPort 1 to 65535
   * @param taskPort 1 to 65535
   */
  public record PublishedPort(
      Optional<String> hostAddress, int hostPort, int taskPort, Protocol protocol) {

    /** As documents write it: {@code 8080:80/tcp}, {@code [::1]:8080:80/tcp}. */
    @Override
    public String toString() {
      String address =
          hostAddress.map(text -> text.contains(":") ? "[" + text + "]:" : text + ":").orElse("");
      return address + hostPort + ":" + taskPort + "/" + protocol;
    }
  }

  /** Which way a connection is opened. */
  public enum Direction {
    /** By the task. */
    EGRESS,
    /** To the task. */
    INGRESS
  }

  /**
   * Connections that may be opened; answers to them may pass as well.
   *
   * @param cidr of the other side, such as {@code 10.0.0.0/8}; empty for everybody
   * @param port of the side that is connected to; empty for every port
   * @param protocol empty for every protocol; given where a port is
   */
  public record AllowRule(
      Direction direction, Optional<String> cidr, OptionalInt port, Optional<Protocol> protocol) {}
}
