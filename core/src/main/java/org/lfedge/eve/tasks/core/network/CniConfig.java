package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A network as CNI has it: a chain of plugins, each with its own config. What others wrote is kept
 * as it is.
 *
 * @param name of the network
 * @param cniVersion 0.3.0 or later; older ones have no chains and other results
 * @param plugins their configs, in order, at least one; never changed once they are here
 */
record CniConfig(String name, String cniVersion, List<ObjectNode> plugins) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");
  private static final Pattern VERSION = Pattern.compile("(?:0\\.[3-9]|1\\.[0-9]+)\\.[0-9]+");

  CniConfig {
    plugins = plugins.stream().map(ObjectNode::deepCopy).toList();
  }

  /**
   * Reads a list of plugins, or the config of a single one.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static CniConfig parse(JsonNode root) {
    if (!root.isObject()) {
      throw new IllegalArgumentException("it is no JSON object");
    }
    String name = root.path("name").asText();
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "its name '" + name + "' is no name of a network: letters, digits, '_', '.' and '-'");
    }
    String version = root.path("cniVersion").asText("0.1.0");
    if (!VERSION.matcher(version).matches()) {
      throw new IllegalArgumentException(
          "its cniVersion " + version + " is not supported; 0.3.0 to 1.x are");
    }
    List<ObjectNode> plugins = new ArrayList<>();
    if (root.has("plugins")) {
      root.path("plugins").forEach(plugin -> plugins.add(plugin(plugin)));
    } else {
      plugins.add(plugin(root));
    }
    if (plugins.isEmpty()) {
      throw new IllegalArgumentException("it has no plugins");
    }
    return new CniConfig(name, version, plugins);
  }

  private static ObjectNode plugin(JsonNode node) {
    if (node instanceof ObjectNode plugin && NAME.matcher(type(plugin)).matches()) {
      return plugin;
    }
    throw new IllegalArgumentException(
        "a plugin of it has the type '" + node.path("type").asText() + "', which is no file name");
  }

  static String type(ObjectNode plugin) {
    return plugin.path("type").asText();
  }

  List<String> types() {
    return plugins.stream().map(CniConfig::type).toList();
  }

  /** The programs that are needed: the plugins, and those that they call for addresses. */
  List<String> programs() {
    List<String> programs = new ArrayList<>(types());
    for (ObjectNode plugin : plugins) {
      String ipam = plugin.path("ipam").path("type").asText();
      if (!ipam.isEmpty()) {
        programs.add(ipam);
      }
    }
    return programs;
  }

  /** Whether any of the plugins takes a certain wish of a task, such as {@code portMappings}. */
  boolean declares(String capability) {
    return plugins.stream().anyMatch(plugin -> declares(plugin, capability));
  }

  private static boolean declares(ObjectNode plugin, String capability) {
    return plugin.path("capabilities").path(capability).asBoolean(false);
  }

  /** What addresses are given from, as far as the config says so. */
  List<Cidr> subnets() {
    List<Cidr> subnets = new ArrayList<>();
    for (ObjectNode plugin : plugins) {
      JsonNode ipam = plugin.path("ipam");
      if (ipam.path("type").asText().equals("host-local")) {
        Cidr.parse(ipam.path("subnet").asText()).ifPresent(subnets::add);
        for (JsonNode set : ipam.path("ranges")) {
          for (JsonNode range : set) {
            Cidr.parse(range.path("subnet").asText()).ifPresent(subnets::add);
          }
        }
      }
    }
    return subnets;
  }

  /**
   * What a plugin is given on its standard input.
   *
   * @param wishes of the task, by capability; a plugin is given those that it declares
   * @param previous the result so far
   */
  ObjectNode request(int plugin, ObjectNode wishes, Optional<ObjectNode> previous) {
    ObjectNode request = plugins.get(plugin).deepCopy();
    request.put("name", name).put("cniVersion", cniVersion);
    ObjectNode granted = JsonNodeFactory.instance.objectNode();
    wishes
        .properties()
        .forEach(
            wish -> {
              if (declares(request, wish.getKey())) {
                granted.set(wish.getKey(), wish.getValue());
              }
            });
    if (!granted.isEmpty()) {
      request.set("runtimeConfig", granted);
    }
    previous.ifPresent(result -> request.set("prevResult", result));
    return request;
  }

  /** Whether a DEL is to be told what the ADD gave; earlier versions do not know that. */
  boolean tellsResultOnDelete() {
    return !cniVersion.startsWith("0.3.");
  }

  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("cniVersion", cniVersion).put("name", name);
    plugins.forEach(json.putArray("plugins")::add);
    return json;
  }
}
