package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

/** The form on disk of what is attached. Keys that are not known are passed over. */
final class AttachmentJson {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private AttachmentJson() {}

  static ObjectNode write(AttachmentRecord record) {
    ObjectNode json = JSON.objectNode();
    json.put("version", 1).put("task", record.task()).put("containerId", record.containerId());
    json.put("namespace", record.namespace());
    json.put("state", record.state().name().toLowerCase(Locale.ROOT));
    ArrayNode interfaces = json.putArray("interfaces");
    record.interfaces().forEach(one -> interfaces.add(attachment(one)));
    return json;
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static AttachmentRecord read(JsonNode json) {
    if (json.path("version").asInt() != 1) {
      throw new IllegalArgumentException("it is no record of interfaces of version 1");
    }
    return new AttachmentRecord(
        text(json, "task"),
        text(json, "containerId"),
        text(json, "namespace"),
        AttachmentRecord.State.valueOf(text(json, "state").toUpperCase(Locale.ROOT)),
        list(json.path("interfaces"), AttachmentJson::attachment));
  }

  private static ObjectNode attachment(Attachment one) {
    ObjectNode json = JSON.objectNode();
    json.set("config", config(one.config()));
    json.set("network", one.network().toJson());
    one.bridge().ifPresent(bridge -> json.set("bridge", bridge(bridge)));
    one.allow().ifPresent(allow -> json.set("allow", rules(allow)));
    json.set("askedAddresses", texts(one.askedAddresses()));
    one.askedMac().ifPresent(mac -> json.put("askedMac", mac));
    one.result().ifPresent(result -> json.set("result", result));
    one.attached().ifPresent(attached -> json.set("attached", attached(attached)));
    return json;
  }

  private static Attachment attachment(JsonNode json) {
    return new Attachment(
        config(json.path("config")),
        CniConfig.parse(json.path("network")),
        Optional.of(json.path("bridge")).filter(JsonNode::isObject).map(AttachmentJson::bridge),
        Optional.of(json.path("allow")).filter(JsonNode::isArray).map(AttachmentJson::rules),
        texts(json.path("askedAddresses")),
        optional(json, "askedMac"),
        json.path("result") instanceof ObjectNode result ? Optional.of(result) : Optional.empty(),
        Optional.of(json.path("attached"))
            .filter(JsonNode::isObject)
            .map(AttachmentJson::attached));
  }

  private static ObjectNode bridge(NodeBridge bridge) {
    ObjectNode json = JSON.objectNode();
    json.put("name", bridge.name()).put("network", bridge.network()).put("mtu", bridge.mtu());
    bridge.port().ifPresent(port -> json.put("port", port));
    json.set("subnets", texts(bridge.subnets().stream().map(Cidr::toString).toList()));
    return json;
  }

  private static NodeBridge bridge(JsonNode json) {
    return new NodeBridge(
        text(json, "name"),
        text(json, "network"),
        json.path("mtu").asInt(),
        optional(json, "port"),
        texts(json.path("subnets")).stream()
            .map(subnet -> Cidr.parse(subnet).orElseThrow(() -> wrong("subnets", subnet)))
            .toList());
  }

  private static ObjectNode attached(AttachedInterface one) {
    ObjectNode json = JSON.objectNode();
    json.put("name", one.name()).put("network", one.network());
    json.put("mac", one.mac()).put("mtu", one.mtu());
    json.set("addresses", texts(one.addresses()));
    json.set("gateways", texts(one.gateways()));
    json.set("dns", texts(one.dns()));
    return json;
  }

  private static AttachedInterface attached(JsonNode json) {
    return new AttachedInterface(
        text(json, "name"),
        text(json, "network"),
        text(json, "mac"),
        json.path("mtu").asInt(),
        texts(json.path("addresses")),
        texts(json.path("gateways")),
        texts(json.path("dns")));
  }

  private static ObjectNode config(InterfaceConfig config) {
    ObjectNode json = JSON.objectNode();
    json.put("name", config.name()).put("network", config.network());
    config.mac().ifPresent(mac -> json.put("mac", mac));
    json.set("addresses", texts(config.addresses()));
    config.mtu().ifPresent(mtu -> json.put("mtu", mtu));
    json.set("dns", texts(config.dns()));
    ArrayNode ports = json.putArray("ports");
    for (PublishedPort port : config.ports()) {
      ObjectNode item = ports.addObject();
      port.hostAddress().ifPresent(address -> item.put("hostAddress", address));
      item.put("hostPort", port.hostPort()).put("taskPort", port.taskPort());
      item.put("protocol", port.protocol().toString());
    }
    config.allow().ifPresent(allow -> json.set("allow", rules(allow)));
    return json;
  }

  private static InterfaceConfig config(JsonNode json) {
    return new InterfaceConfig(
        text(json, "name"),
        text(json, "network"),
        optional(json, "mac"),
        texts(json.path("addresses")),
        number(json, "mtu"),
        texts(json.path("dns")),
        list(
            json.path("ports"),
            port ->
                new PublishedPort(
                    optional(port, "hostAddress"),
                    port.path("hostPort").asInt(),
                    port.path("taskPort").asInt(),
                    Protocol.valueOf(text(port, "protocol").toUpperCase(Locale.ROOT)))),
        Optional.of(json.path("allow")).filter(JsonNode::isArray).map(AttachmentJson::rules));
  }

  private static ArrayNode rules(List<AllowRule> rules) {
    ArrayNode json = JSON.arrayNode();
    for (AllowRule rule : rules) {
      ObjectNode item = json.addObject();
      item.put("direction", rule.direction().name().toLowerCase(Locale.ROOT));
      rule.cidr().ifPresent(cidr -> item.put("cidr", cidr));
      rule.port().ifPresent(port -> item.put("port", port));
      rule.protocol().ifPresent(protocol -> item.put("protocol", protocol.toString()));
    }
    return json;
  }

  private static List<AllowRule> rules(JsonNode json) {
    return list(
        json,
        rule ->
            new AllowRule(
                Direction.valueOf(text(rule, "direction").toUpperCase(Locale.ROOT)),
                optional(rule, "cidr"),
                number(rule, "port"),
                optional(rule, "protocol")
                    .map(word -> Protocol.valueOf(word.toUpperCase(Locale.ROOT)))));
  }

  private static <T> List<T> list(JsonNode json, Function<JsonNode, T> reader) {
    List<T> items = new ArrayList<>();
    json.forEach(item -> items.add(reader.apply(item)));
    return items;
  }

  private static ArrayNode texts(List<String> texts) {
    ArrayNode json = JSON.arrayNode();
    texts.forEach(json::add);
    return json;
  }

  private static List<String> texts(JsonNode json) {
    return list(json, JsonNode::asText);
  }

  private static String text(JsonNode json, String key) {
    return optional(json, key).orElseThrow(() -> wrong(key, "nothing"));
  }

  private static Optional<String> optional(JsonNode json, String key) {
    return Optional.ofNullable(json.path(key).textValue());
  }

  private static OptionalInt number(JsonNode json, String key) {
    return json.path(key).isInt() ? OptionalInt.of(json.path(key).intValue()) : OptionalInt.empty();
  }

  private static IllegalArgumentException wrong(String key, String value) {
    return new IllegalArgumentException("its " + key + " is " + value);
  }
}
