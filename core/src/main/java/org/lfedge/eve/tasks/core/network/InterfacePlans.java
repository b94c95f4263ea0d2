package org.lfedge.eve.tasks.core.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.network.AttachmentRecord.State;
import org.lfedge.eve.tasks.core.network.NetworkCatalog.Definition;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.network.NodeBridges.Joined;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

/**
 * Works out how interfaces are to be made, from what the document, the network and the past say.
 */
final class InterfacePlans {

  private final Supplier<NodeNetworks> node;
  private final NodeBridges bridges;
  private final Leases leases;
  private final NameServers names;

  InterfacePlans(
      Supplier<NodeNetworks> node, NodeBridges bridges, Leases leases, NameServers names) {
    this.names = names;
    this.node = node;
    this.bridges = bridges;
    this.leases = leases;
  }

  /** Asks no helper: a start of a task is to cost no more than it must. */
  boolean isAsWanted(AttachmentRecord record, String namespace, List<InterfaceConfig> interfaces) {
    if (record.state() != State.ATTACHED
        || !record.namespace().equals(namespace)
        || !interfaces.equals(record.interfaces().stream().map(Attachment::config).toList())) {
      return false;
    }
    return record.interfaces().stream()
        .allMatch(
            one ->
                node.get().networks().values().stream()
                    .filter(network -> network.kind() == Kind.BRIDGE)
                    .filter(network -> network.name().equals(one.config().network()))
                    .map(network -> names.serving(network, record.task()))
                    .map(network -> planned(one.config(), network, bridges.inside(network)))
                    .allMatch(one::isMadeLike));
  }

  private Attachment planned(InterfaceConfig config, NetworkConfig network, Joined joined) {
    return Attachment.of(
        config,
        BridgeConflist.write(
            network,
            joined.name(),
            leases.directory(),
            config.mtu().orElse(network.mtuOrDefault()),
            !config.addresses().isEmpty(),
            !config.ports().isEmpty()),
        joined.own(),
        config.allow().or(network::allow));
  }

  /**
   * What an interface is to be.
   *
   * @throws TaskException if the port of a switch cannot be used
   */
  Attachment plan(
      String task,
      InterfaceConfig config,
      List<Definition> networks,
      Optional<AttachmentRecord> before) {
    Definition definition =
        networks.stream()
            .filter(network -> network.description().name().equals(config.network()))
            .findFirst()
            .orElseThrow();
    Attachment plan =
        definition
            .own()
            .map(network -> names.serving(network, task))
            .map(network -> planned(config, network, bridges.join(task, network)))
            .orElseGet(
                () ->
                    Attachment.of(
                        config, definition.cni().orElseThrow(), Optional.empty(), config.allow()));
    return before
        .flatMap(record -> record.find(config.name(), config.network()))
        .map(former -> askAgain(plan, former, definition.subnets()))
        .orElse(plan);
  }

  /**
   * For what the interface had, where the document leaves it open and the subnet still allows it.
   */
  private static Attachment askAgain(Attachment plan, Attachment former, List<Cidr> subnets) {
    List<String> addresses = new ArrayList<>(plan.config().addresses());
    List<String> had =
        former.attached().map(AttachedInterface::addresses).orElse(former.askedAddresses());
    for (String text : had) {
      Optional<Cidr> address = Cidr.parse(text);
      boolean known =
          address.isPresent()
              && subnets.stream().anyMatch(one -> one.equals(address.get().subnet()));
      boolean open =
          addresses.stream()
              .flatMap(asked -> Cidr.parse(asked).stream())
              .noneMatch(asked -> asked.isIpv4() == address.map(Cidr::isIpv4).orElse(false));
      if (known && open) {
        addresses.add(text);
      }
    }
    Optional<String> mac =
        plan.config()
            .mac()
            .or(() -> former.attached().map(AttachedInterface::mac))
            .or(former::askedMac);
    return plan.asking(addresses, mac);
  }
}
