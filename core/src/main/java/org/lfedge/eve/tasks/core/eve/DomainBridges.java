package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The networks of domains: EVE has made a bridge for each, which is used as it is. All interfaces
 * on a bridge are on one network.
 */
final class DomainBridges {

  private static final Pattern BRIDGE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}");
  private static final int MAC_BYTES = 6;

  private final SortedMap<String, JsonNode> sections = new TreeMap<>();

  /** The networks, by name, each as the node's config describes networks. */
  SortedMap<String, JsonNode> sections() {
    return sections;
  }

  /** Adds an interface to a document. */
  void add(GoStruct vif, ObjectNode target, Findings findings) {
    String bridge = vif.text("Bridge");
    if (!BRIDGE.matcher(bridge).matches()) {
      findings.bad(vif.path("Bridge"), bridge, "must be the name of a bridge of the node");
      return;
    }
    String network = "bridge-" + bridge;
    long mtu = vif.number("MTU");
    sections.computeIfAbsent(network, name -> section(bridge, mtu));
    target.put("network", network);
    mac(vif, findings).ifPresent(mac -> target.put("mac", mac));
  }

  /** The first interface on a bridge says how much passes it at once. */
  private static ObjectNode section(String bridge, long mtu) {
    ObjectNode section =
        JsonNodeFactory.instance.objectNode().put("type", "switch").put("port", bridge);
    return mtu == 0 ? section : section.put("mtu", mtu);
  }

  private static Optional<String> mac(GoStruct vif, Findings findings) {
    String base64 = vif.text("Mac");
    if (base64.isEmpty()) {
      return Optional.empty();
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      if (bytes.length == MAC_BYTES) {
        return Optional.of(HexFormat.ofDelimiter(":").formatHex(bytes));
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the same problem.
    }
    findings.bad(vif.path("Mac"), base64, "must be six bytes in base64");
    return Optional.empty();
  }
}
