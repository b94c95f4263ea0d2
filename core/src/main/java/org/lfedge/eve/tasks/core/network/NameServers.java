package org.lfedge.eve.tasks.core.network;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.port.NameService;

/** Which tasks serve the names of networks, and at which addresses. */
final class NameServers {

  private static final String PREFIX = "names.";
  private static final int DIGITS = 10;

  /** Names of networks are freer than those of tasks. */
  private static final Pattern FITS = Pattern.compile("(?=.{1,57}$)[a-z0-9]+([.-][a-z0-9]+)*");

  private final Supplier<NodeNetworks> node;
  private final AttachmentStore store;

  NameServers(Supplier<NodeNetworks> node, AttachmentStore store) {
    this.node = node;
    this.store = store;
  }

  private static String task(String network) {
    return PREFIX + (FITS.matcher(network).matches() ? network : Digests.hex(network, DIGITS));
  }

  List<NameService> all() {
    return node.get().networks().values().stream()
        .filter(NetworkConfig::names)
        .map(network -> new NameService(network.name(), task(network.name())))
        .toList();
  }

  /**
   * A network as a task sees it: if names are served on it, by the task that does so alone. That
   * one asks the servers of the network itself. A resolver that asks several servers at once could
   * get the wrong answer of another one first.
   */
  NetworkConfig serving(NetworkConfig network, String task) {
    Optional<NameService> service =
        all().stream()
            .filter(one -> one.network().equals(network.name()) && !one.task().equals(task))
            .findFirst();
    List<InetAddress> servers =
        service
            .flatMap(one -> store.find(one.task()))
            .map(AttachmentRecord::attached)
            .orElse(List.of())
            .stream()
            .filter(one -> one.network().equals(network.name()))
            .flatMap(one -> one.addresses().stream())
            .flatMap(address -> Cidr.parse(address).stream())
            .map(Cidr::address)
            .toList();
    return servers.isEmpty() ? network : network.withDns(servers);
  }
}
