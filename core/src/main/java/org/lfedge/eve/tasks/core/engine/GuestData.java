package org.lfedge.eve.tasks.core.engine;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

/** Completes data of cloud-init for a guest by what the node knows of its task. */
final class GuestData {

  /** What the version of a network config is called; see the documentation of cloud-init. */
  private static final String VERSION = "version: 2\n";

  private GuestData() {}

  /**
   * Adds what a document does not say: which instance the guest is, how it is called, and how its
   * interfaces are to be set up. A guest does what it does once for each instance, so a task that
   * got other user data in a change is another one.
   */
  static CloudInit complete(
      CloudInit data, String userData, UUID uuid, String task, List<AttachedInterface> interfaces) {
    SortedMap<String, String> metaData = new TreeMap<>();
    metaData.put("instance-id", uuid + "-" + String.format("%08x", userData.hashCode()));
    metaData.put("local-hostname", task);
    metaData.putAll(data.metaData());
    Optional<String> network =
        interfaces.isEmpty()
            ? data.networkConfig()
            : data.networkConfig().or(() -> Optional.of(network(interfaces)));
    return new CloudInit(data.userData(), metaData, network);
  }

  /** By MAC, since a guest names its interfaces as it likes. Of each family one default route. */
  static String network(List<AttachedInterface> interfaces) {
    StringBuilder text = new StringBuilder(VERSION).append("ethernets:\n");
    Set<String> routed = new HashSet<>();
    for (AttachedInterface one : interfaces) {
      text.append("  ").append(quoted(one.name())).append(":\n");
      text.append("    match: {macaddress: ").append(quoted(one.mac())).append("}\n");
      text.append("    mtu: ").append(one.mtu()).append('\n');
      if (one.addresses().isEmpty()) {
        text.append("    dhcp4: true\n");
        continue;
      }
      text.append("    addresses: ").append(list(one.addresses())).append('\n');
      StringBuilder routes = new StringBuilder();
      for (String gateway : one.gateways()) {
        String everywhere = gateway.contains(":") ? "::/0" : "0.0.0.0/0";
        if (routed.add(everywhere)) {
          routes.append("      - {to: ").append(quoted(everywhere));
          routes.append(", via: ").append(quoted(gateway)).append("}\n");
        }
      }
      if (!routes.isEmpty()) {
        text.append("    routes:\n").append(routes);
      }
      if (!one.dns().isEmpty()) {
        text.append("    nameservers: {addresses: ").append(list(one.dns())).append("}\n");
      }
    }
    return text.toString();
  }

  private static String list(List<String> texts) {
    return texts.stream().map(GuestData::quoted).collect(Collectors.joining(", ", "[", "]"));
  }

  /** A text of JSON is one of YAML. */
  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }
}
