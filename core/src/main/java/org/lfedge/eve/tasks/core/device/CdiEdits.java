package org.lfedge.eve.tasks.core.device;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.port.DeviceEdits;
import org.lfedge.eve.tasks.core.port.DeviceNode;

/** Reads {@code containerEdits} of CDI, and completes them by what is on the node. */
final class CdiEdits {

  private static final List<String> HOOKS =
      List.of(
          "prestart",
          "createRuntime",
          "createContainer",
          "startContainer",
          "poststart",
          "poststop");

  private static final Pattern ENV = Pattern.compile("[^=\\x00]+=[^\\x00]*");
  private static final Pattern PERMISSIONS = Pattern.compile("[rwm]{1,3}");
  private static final Pattern ABSOLUTE = Pattern.compile("/[^\\x00]*");
  private static final Pattern DEV = Pattern.compile("/dev(/(?!\\.{1,2}(/|$))[^/\\x00]+)+");
  private static final String ALL = "rwm";

  /** As the runtime has it where a spec says nothing. */
  private static final int USUAL_MODE = 0666;

  private static final int MAX_MODE = 0777;
  private static final int MAX_ITEMS = 1024;

  private final SystemTree tree;
  private final String where;

  /**
   * Reads edits.
   *
   * @param where what they belong to, for messages
   */
  CdiEdits(SystemTree tree, String where) {
    this.tree = tree;
    this.where = where;
  }

  /** Refuses keys that are not known, since what they ask for would be left out. */
  static void requireKeys(String where, JsonNode object, String... keys) throws CdiFault {
    if (!object.isObject()) {
      throw new CdiFault(where + " is not an object");
    }
    List<String> known = List.of(keys);
    for (var field : object.properties()) {
      if (!known.contains(field.getKey())) {
        throw new CdiFault(
            where + " has the key " + field.getKey() + ", which this version does not support");
      }
    }
  }

  DeviceEdits read(JsonNode edits) throws CdiFault {
    if (edits.isMissingNode() || edits.isNull()) {
      return DeviceEdits.NONE;
    }
    requireKeys(where, edits, "env", "deviceNodes", "mounts", "hooks", "additionalGids");
    List<String> env = CdiFile.texts(where + ": env", edits.path("env"));
    for (String variable : env) {
      require(ENV.matcher(variable).matches(), "env", variable);
    }
    List<DeviceNode> nodes = new ArrayList<>();
    for (JsonNode node : items(edits, "deviceNodes")) {
      nodes.add(node(node));
    }
    List<DeviceEdits.Bind> mounts = new ArrayList<>();
    for (JsonNode mount : items(edits, "mounts")) {
      mounts.add(mount(mount));
    }
    List<DeviceEdits.Hook> hooks = new ArrayList<>();
    for (JsonNode hook : items(edits, "hooks")) {
      hooks.add(hook(hook));
    }
    List<Integer> groups = new ArrayList<>();
    for (JsonNode group : items(edits, "additionalGids")) {
      require(group.canConvertToInt() && group.intValue() >= 0, "additionalGids", group.toString());
      if (group.intValue() > 0) {
        groups.add(group.intValue());
      }
    }
    return new DeviceEdits(nodes, env, mounts, hooks, groups);
  }

  private JsonNode items(JsonNode edits, String key) throws CdiFault {
    JsonNode list = edits.path(key);
    boolean sound = list.isMissingNode() || list.isNull() || list.isArray();
    if (!sound || list.size() > MAX_ITEMS) {
      throw new CdiFault(where + ": " + key + " must be a list of at most " + MAX_ITEMS);
    }
    return list;
  }

  /** What the file does not say of a node is as it is on the node; its numbers may change. */
  private DeviceNode node(JsonNode json) throws CdiFault {
    requireKeys(
        where + ": a device node",
        json,
        "path",
        "hostPath",
        "type",
        "major",
        "minor",
        "fileMode",
        "permissions",
        "uid",
        "gid");
    String path = json.path("path").asText();
    require(DEV.matcher(path).matches(), "deviceNodes.path must lie below /dev", path);
    String hostPath = json.path("hostPath").asText(path);
    require(ABSOLUTE.matcher(hostPath).matches(), "deviceNodes.hostPath", hostPath);
    String permissions = json.path("permissions").asText(ALL);
    require(PERMISSIONS.matcher(permissions).matches(), "deviceNodes.permissions", permissions);
    int mode = number(json, "fileMode").orElse(USUAL_MODE) & MAX_MODE;
    DeviceNode.Type type = DeviceNode.Type.FIFO;
    int major = 0;
    int minor = 0;
    String asked = json.path("type").asText();
    if (!asked.equals("p")) {
      OptionalInt givenMajor = number(json, "major");
      OptionalInt givenMinor = number(json, "minor");
      if (asked.isEmpty() || givenMajor.isEmpty() || givenMinor.isEmpty()) {
        DeviceNode there =
            tree.node(hostPath, ALL)
                .orElseThrow(
                    () ->
                        new CdiFault(
                            where
                                + " needs "
                                + hostPath
                                + ", which is no device node of"
                                + " the node"));
        type = there.type();
        major = givenMajor.orElse(there.major());
        minor = givenMinor.orElse(there.minor());
        require(
            asked.isEmpty() || asked.equals("u") || asked.equals(type.letter()),
            "deviceNodes.type",
            asked);
      } else {
        require(List.of("b", "c", "u").contains(asked), "deviceNodes.type", asked);
        type = asked.equals("b") ? DeviceNode.Type.BLOCK : DeviceNode.Type.CHARACTER;
        major = givenMajor.getAsInt();
        minor = givenMinor.getAsInt();
      }
    }
    return new DeviceNode(
            path, type, major, minor, mode, number(json, "uid"), number(json, "gid"), "")
        .allowing(permissions);
  }

  private OptionalInt number(JsonNode json, String key) throws CdiFault {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalInt.empty();
    }
    require(
        value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 0,
        key,
        value.toString());
    return OptionalInt.of(value.intValue());
  }

  private DeviceEdits.Bind mount(JsonNode json) throws CdiFault {
    requireKeys(where + ": a mount", json, "hostPath", "containerPath", "options", "type");
    String source = json.path("hostPath").asText();
    String target = json.path("containerPath").asText();
    require(ABSOLUTE.matcher(target).matches(), "mounts.containerPath", target);
    require(!(target + "/").contains("/../"), "mounts.containerPath", target);
    String type = json.path("type").asText();
    boolean memory = type.equals("tmpfs");
    require(memory || ABSOLUTE.matcher(source).matches(), "mounts.hostPath", source);
    return new DeviceEdits.Bind(
        source,
        target,
        Optional.of(type).filter(text -> !text.isEmpty() && !text.equals("none")),
        CdiFile.texts(where + ": mounts.options", json.path("options")));
  }

  private DeviceEdits.Hook hook(JsonNode json) throws CdiFault {
    requireKeys(where + ": a hook", json, "hookName", "path", "args", "env", "timeout");
    String name = json.path("hookName").asText();
    String path = json.path("path").asText();
    require(HOOKS.contains(name), "hooks.hookName", name);
    require(ABSOLUTE.matcher(path).matches(), "hooks.path", path);
    OptionalInt timeout = number(json, "timeout");
    return new DeviceEdits.Hook(
        name,
        path,
        CdiFile.texts(where + ": hooks.args", json.path("args")),
        CdiFile.texts(where + ": hooks.env", json.path("env")),
        timeout.orElse(0) > 0 ? timeout : OptionalInt.empty());
  }

  private void require(boolean holds, String what, String value) throws CdiFault {
    if (!holds) {
      throw new CdiFault(where + ": " + what + ": \"" + value + "\" cannot be used");
    }
  }
}
