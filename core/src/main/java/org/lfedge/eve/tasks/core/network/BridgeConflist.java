package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the chain of plugins for a network of the node's config. Addresses are translated by rules
 * of the bridge, once for all tasks, not by the plugin, task by task.
 */
final class BridgeConflist {

  private static final String CNI_VERSION = "1.0.0";
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private BridgeConflist() {}

  /**
   * The config.
   *
   * @param bridge that the interface joins
   * @param leases the directory of addresses that are given
   * @param mtu of the interface
   * @param fixed whether the interface names addresses of its own
   * @param published whether it has ports that are published
   */
  static CniConfig write(
      NetworkConfig network,
      String bridge,
      Path leases,
      int mtu,
      boolean fixed,
      boolean published) {
    List<ObjectNode> plugins = new ArrayList<>();
    boolean gateway = network.kind() == NetworkConfig.Kind.BRIDGE;
    ObjectNode plugin = JSON.objectNode();
    plugin.put("type", "bridge").put("bridge", bridge);
    plugin.put("isGateway", gateway).put("isDefaultGateway", false).put("ipMasq", false);
    plugin.put("hairpinMode", true).put("mtu", mtu);
    plugin.putObject("capabilities").put("mac", true).put("ips", true);
    plugin.set("ipam", addresses(network, leases, fixed));
    if (!network.dns().isEmpty()) {
      ArrayNode servers = plugin.putObject("dns").putArray("nameservers");
      network.dns().forEach(server -> servers.add(Cidr.text(server)));
    }
    plugins.add(plugin);
    if (gateway && published) {
      ObjectNode ports = JSON.objectNode();
      ports.put("type", "portmap").put("snat", true);
      ports.putObject("capabilities").put("portMappings", true);
      plugins.add(ports);
    }
    return new CniConfig(network.name(), CNI_VERSION, plugins);
  }

  private static ObjectNode addresses(NetworkConfig network, Path leases, boolean fixed) {
    ObjectNode ipam = JSON.objectNode();
    if (network.subnets().isEmpty()) {
      return fixed ? ipam.put("type", "static") : ipam;
    }
    ipam.put("type", "host-local").put("dataDir", leases.toString());
    ArrayNode ranges = ipam.putArray("ranges");
    ArrayNode routes = ipam.putArray("routes");
    for (Cidr subnet : network.subnets()) {
      ranges.addArray().addObject().put("subnet", subnet.toString());
      routes.addObject().put("dst", subnet.isIpv4() ? "0.0.0.0/0" : "::/0");
    }
    return ipam;
  }
}
