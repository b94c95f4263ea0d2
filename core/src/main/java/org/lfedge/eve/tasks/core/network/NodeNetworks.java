package org.lfedge.eve.tasks.core.network;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;

/**
 * What the node's config says of networks.
 *
 * @param networks by name
 * @param configDirectory where others put configs of CNI
 * @param pluginDirectories where plugins of CNI are, in the order in which they are searched
 */
public record NodeNetworks(
    SortedMap<String, NetworkConfig> networks, Path configDirectory, List<Path> pluginDirectories) {

  /** What holds without any config: the places that CNI and distributions agreed on. */
  public static final NodeNetworks DEFAULT =
      new NodeNetworks(
          new TreeMap<>(),
          Path.of("/etc/cni/net.d"),
          List.of(Path.of("/opt/cni/bin"), Path.of("/usr/lib/cni"), Path.of("/usr/libexec/cni")));

  private static final int FIRST_CHOICE = 64;
  private static final int CHOICES = 128 * 256;
  private static final int PREFIX = 24;

  /** Gives every bridge without a subnet one that depends on its name, and keeps copies. */
  public NodeNetworks {
    networks = Collections.unmodifiableSortedMap(withSubnets(networks));
    pluginDirectories = List.copyOf(pluginDirectories);
  }

  private static SortedMap<String, NetworkConfig> withSubnets(
      SortedMap<String, NetworkConfig> given) {
    List<Cidr> taken = new ArrayList<>();
    given.values().forEach(network -> taken.addAll(network.subnets()));
    SortedMap<String, NetworkConfig> complete = new TreeMap<>();
    given.forEach(
        (name, network) -> {
          if (network.kind() == Kind.BRIDGE && network.subnets().isEmpty()) {
            Cidr subnet = subnet(name, taken);
            taken.add(subnet);
            complete.put(name, network.withSubnets(List.of(subnet)));
          } else {
            complete.put(name, network);
          }
        });
    return complete;
  }

  /**
   * From the middle of 10.0.0.0/8, as sites use its beginning most, and each {@code /24} the same
   * way on every node, so that a document with a fixed address fits all of them.
   */
  private static Cidr subnet(String name, List<Cidr> taken) {
    int start = Integer.parseInt(Digests.hex(name, 7), 16);
    for (int i = 0; i < CHOICES; i++) {
      int choice = (start + i) % CHOICES;
      String text = "10." + (FIRST_CHOICE + choice / 256) + "." + choice % 256 + ".0/" + PREFIX;
      Cidr subnet = Cidr.parse(text).orElseThrow();
      if (taken.stream().noneMatch(subnet::overlaps)) {
        return subnet;
      }
    }
    throw new IllegalArgumentException("no subnet is left for network " + name);
  }
}
