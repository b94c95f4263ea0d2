package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;

/** The canonical form of what {@link InterfacesReader} reads. */
final class InterfacesJson {

  private InterfacesJson() {}

  static ArrayNode interfaces(List<InterfaceConfig> interfaces) {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    for (InterfaceConfig one : interfaces) {
      ObjectNode object = json.addObject().put("name", one.name()).put("network", one.network());
      one.mac().ifPresent(mac -> object.put("mac", mac));
      one.addresses().forEach(object.putArray("addresses")::add);
      one.mtu().ifPresent(mtu -> object.put("mtu", mtu));
      one.dns().forEach(object.putArray("dns")::add);
      ArrayNode ports = object.putArray("ports");
      one.ports().forEach(port -> ports.add(port.toString()));
      one.allow()
          .ifPresent(
              rules -> {
                ArrayNode allow = object.putArray("allow");
                rules.forEach(rule -> allow(allow.addObject(), rule));
              });
    }
    return json;
  }

  private static void allow(ObjectNode json, AllowRule rule) {
    json.put("direction", SupervisionReader.word(rule.direction()));
    rule.cidr().ifPresent(cidr -> json.put("cidr", cidr));
    rule.port().ifPresent(port -> json.put("port", port));
    rule.protocol().ifPresent(protocol -> json.put("protocol", protocol.toString()));
  }
}
