package org.lfedge.eve.tasks.core.network;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.port.Network;

/**
 * All networks of the node: those that are always there, those of the node's config, and those that
 * others have put into the directory of CNI, which is read anew each time.
 */
final class NetworkCatalog {

  static final String NONE = "none";
  static final String HOST = "host";

  private final Supplier<NodeNetworks> node;
  private final CniPlugins plugins;
  private final Path links;

  /**
   * Finds networks.
   *
   * @param links where the kernel lists the ports of the node
   */
  NetworkCatalog(Supplier<NodeNetworks> node, CniPlugins plugins, Path links) {
    this.node = node;
    this.plugins = plugins;
    this.links = links;
  }

  /**
   * A network, and how it is made.
   *
   * @param own of the node's config
   * @param cni of the directory of CNI
   */
  record Definition(Network description, Optional<NetworkConfig> own, Optional<CniConfig> cni) {

    boolean takesPorts() {
      return own.map(network -> network.kind() == Kind.BRIDGE).orElse(false)
          || cni.map(config -> config.declares("portMappings")).orElse(false);
    }

    List<Cidr> subnets() {
      return own.map(NetworkConfig::subnets)
          .or(() -> cni.map(CniConfig::subnets))
          .orElse(List.of());
    }
  }

  /** All of them as {@link #all}, and whether any is at odds with the addresses of the node. */
  List<Definition> examined() {
    return all(nodeAddresses());
  }

  /** All of them, by name; of those with the same name, the first one is meant by it. */
  List<Definition> all() {
    return all(List.of());
  }

  private List<Definition> all(List<NodeAddress> nodeAddresses) {
    List<Definition> all = new ArrayList<>();
    all.add(builtIn(NONE));
    all.add(builtIn(HOST));
    node.get().networks().values().forEach(network -> all.add(own(network, nodeAddresses)));
    for (CniConfigDirectory.Found found : CniConfigDirectory.read(node.get().configDirectory())) {
      Optional<String> twice =
          all.stream()
              .filter(other -> other.description().name().equals(found.name()))
              .findFirst()
              .map(
                  other ->
                      "its name is already that of "
                          + other.description().source().orElse("a network of the node's config"));
      all.add(found(found, twice));
    }
    all.sort(Comparator.comparing(definition -> definition.description().name()));
    return all;
  }

  private static Definition builtIn(String name) {
    return new Definition(
        new Network(name, name, List.of(), List.of(), Optional.empty(), Optional.empty()),
        Optional.empty(),
        Optional.empty());
  }

  private Definition own(NetworkConfig network, List<NodeAddress> nodeAddresses) {
    CniConfig chain =
        BridgeConflist.write(
            network,
            "",
            Path.of("/"),
            network.mtuOrDefault(),
            false,
            network.kind() == Kind.BRIDGE);
    Optional<String> problem =
        missing(chain)
            .or(
                () ->
                    network
                        .port()
                        .filter(port -> Files.notExists(links.resolve(port)))
                        .map(port -> "the node has no port " + port))
            .or(() -> overlap(network, nodeAddresses));
    return new Definition(
        new Network(
            network.name(),
            network.kind().toString(),
            chain.types(),
            network.subnets().stream().map(Cidr::toString).toList(),
            Optional.empty(),
            problem),
        Optional.of(network),
        Optional.empty());
  }

  private Definition found(CniConfigDirectory.Found found, Optional<String> twice) {
    return new Definition(
        new Network(
            found.name(),
            "cni",
            found.config().map(CniConfig::types).orElse(List.of()),
            found.config().stream()
                .flatMap(config -> config.subnets().stream())
                .map(Cidr::toString)
                .toList(),
            Optional.of(found.file().toString()),
            found.problem().or(() -> twice).or(() -> found.config().flatMap(this::missing))),
        Optional.empty(),
        found.config());
  }

  private Optional<String> missing(CniConfig config) {
    return config.programs().stream()
        .filter(program -> plugins.find(program).isEmpty())
        .findFirst()
        .map(
            program ->
                "its plugin "
                    + program
                    + " is not in "
                    + plugins.searched()
                    + " (Debian: containernetworking-plugins)");
  }

  /** With an address of the node in its subnet, the node would lose what that one leads to. */
  private static Optional<String> overlap(NetworkConfig network, List<NodeAddress> nodeAddresses) {
    return nodeAddresses.stream()
        .flatMap(
            node ->
                network.subnets().stream()
                    .filter(subnet -> subnet.contains(node.address()))
                    .map(
                        subnet ->
                            "the node's own address "
                                + Cidr.text(node.address())
                                + " on "
                                + node.port()
                                + " lies in its subnet "
                                + subnet))
        .findFirst();
  }

  private record NodeAddress(String port, InetAddress address) {}

  private static List<NodeAddress> nodeAddresses() {
    try {
      return NetworkInterface.networkInterfaces()
          .filter(port -> !port.getName().startsWith(NodeBridge.PREFIX))
          .flatMap(
              port ->
                  port.getInterfaceAddresses().stream()
                      .map(address -> new NodeAddress(port.getName(), address.getAddress())))
          .toList();
    } catch (SocketException e) {
      // Nothing can be said then, and nothing is known to be wrong.
      return List.of();
    }
  }
}
