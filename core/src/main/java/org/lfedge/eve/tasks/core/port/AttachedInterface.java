package org.lfedge.eve.tasks.core.port;

import java.util.List;

/**
 * An interface in the network namespace of a task, as it was made.
 *
 * @param name as the task sees it
 * @param network which one it is on
 * @param mac six bytes in lower-case hex, joined by colons
 * @param mtu in bytes
 * @param addresses each with the length of its prefix
 * @param gateways of IPv4 and IPv6, as far as there are any
 * @param dns servers for names
 */
public record AttachedInterface(
    String name,
    String network,
    String mac,
    int mtu,
    List<String> addresses,
    List<String> gateways,
    List<String> dns) {

  /** Keeps copies of the lists. */
  public AttachedInterface {
    addresses = List.copyOf(addresses);
    gateways = List.copyOf(gateways);
    dns = List.copyOf(dns);
  }
}
