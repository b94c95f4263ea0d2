package org.lfedge.eve.tasks.core.eve;

import static java.math.BigInteger.ONE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.IpAddress;
import org.lfedge.eve.tasks.core.config.IpPrefix;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.NetworkInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.PhysicalIO;
import org.lfedge.eve.tasks.core.eve.api.ZNetworkInstType;

/** The network instances of a config, as networks of the node. */
final class NetworkInstances {

  private final SortedMap<String, Mapped> byId = new TreeMap<>();
  private final PhysicalPorts ports;

  NetworkInstances(EdgeDevConfig config, PhysicalPorts ports) {
    this.ports = ports;
    for (NetworkInstanceConfig one : config.getNetworkInstancesList()) {
      String id = one.getUuidandversion().getUuid().toLowerCase(Locale.ROOT);
      byId.putIfAbsent(id, mapped(id, one));
    }
  }

  /**
   * A network.
   *
   * @param section as in the node's config; of no use if something was found
   * @param prefix how long the prefix of its addresses is, if it has a subnet
   */
  record Mapped(String name, JsonNode section, Optional<Integer> prefix, Findings findings) {}

  /** The networks that can be made, by name. */
  SortedMap<String, JsonNode> sections() {
    SortedMap<String, JsonNode> sections = new TreeMap<>();
    byId.values().stream()
        .filter(network -> network.findings().none())
        .forEach(network -> sections.put(network.name(), network.section()));
    return sections;
  }

  /** The network that an interface is on; nothing if there is none, which is found then. */
  Optional<Mapped> network(String id, String path, Findings findings) {
    Optional<Mapped> network = Optional.ofNullable(byId.get(id.toLowerCase(Locale.ROOT)));
    if (network.isEmpty()) {
      findings.missing(path, id, "no network instance of this config has this UUID");
    }
    network.ifPresent(found -> findings.addAll(found.findings().all()));
    return network.filter(found -> found.findings().none());
  }

  private Mapped mapped(String id, NetworkInstanceConfig instance) {
    Findings findings = new Findings();
    String path = "networkInstances[" + id + "]";
    ObjectNode section = JsonNodeFactory.instance.objectNode();
    Optional<Integer> prefix = Optional.empty();
    if (!instance.getActivate()) {
      findings.unsupported(path + ".activate", false, "the network is not activated");
    }
    if (instance.getInstType() == ZNetworkInstType.ZnetInstLocal) {
      section.put("type", "bridge");
      prefix = subnet(instance, path, section, findings);
    } else if (instance.getInstType() == ZNetworkInstType.ZnetInstSwitch) {
      section.put("type", "switch");
      port(instance, path, section, findings);
    } else {
      findings.unsupported(
          path + ".instType", instance.getInstType(), "networks are Local or Switch");
    }
    if (instance.getMtu() != 0) {
      section.put("mtu", instance.getMtu());
    }
    refuseRest(instance, path, findings);
    return new Mapped(id, section, prefix, findings);
  }

  private static Optional<Integer> subnet(
      NetworkInstanceConfig instance, String path, ObjectNode section, Findings findings) {
    instance.getIp().getDnsList().forEach(server -> section.withArray("dns").add(server));
    String text = instance.getIp().getSubnet();
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<IpPrefix> subnet =
        IpPrefix.parse(text).filter(one -> one.length() < one.address().bits());
    if (subnet.isEmpty()) {
      findings.bad(path + ".ip.subnet", text, "must be a subnet with room, as 10.1.0.0/24");
      return Optional.empty();
    }
    section.putArray("subnets").add(text);
    gateway(instance, path, subnet.get(), findings);
    return Optional.of(subnet.get().length());
  }

  /**
   * The node is the gateway, and has the first address.
   *
   * @param subnet with more than one address
   */
  private static void gateway(
      NetworkInstanceConfig instance, String path, IpPrefix subnet, Findings findings) {
    String gateway = instance.getIp().getGateway();
    IpPrefix network = subnet.network();
    IpAddress first = new IpAddress(network.address().bits(), network.address().value().add(ONE));
    if (!gateway.isEmpty() && !IpAddress.parse(gateway).equals(Optional.of(first))) {
      findings.unsupported(
          path + ".ip.gateway", gateway, "the gateway has the first address of the subnet");
    }
  }

  private void port(
      NetworkInstanceConfig instance, String path, ObjectNode section, Findings findings) {
    String label = instance.getPort().getName();
    Optional<String> port = ports.labelled(label).stream().findFirst().flatMap(this::interfaceName);
    if (port.isEmpty()) {
      findings.missing(
          path + ".port.name", label, "deviceIoList has no network port with this label");
    }
    port.ifPresent(name -> section.put("port", name));
  }

  private Optional<String> interfaceName(PhysicalIO port) {
    return PhysicalPorts.address(port, "ifname");
  }

  private static void refuseRest(NetworkInstanceConfig instance, String path, Findings findings) {
    if (instance.getDnsCount() > 0) {
      findings.unsupported(
          path + ".dns", "", "names with addresses of their own cannot be added to a network");
    }
    if (instance.getStaticRoutesCount() > 0) {
      findings.unsupported(path + ".static_routes", "", "networks have no routes of their own");
    }
    if (instance.getVlanAccessPortsCount() > 0) {
      findings.unsupported(path + ".vlan_access_ports", "", "switches know no VLANs");
    }
  }
}
