package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.network.NetworkConfig.Kind;
import org.lfedge.eve.tasks.core.port.HelperCommand;

/** Makes and removes the bridges of networks of the node's config. */
final class NodeBridges {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * What the plugin for ports leaves behind of its own chains, once no port is published by
   * anybody.
   */
  private static final String FORGET_PORTS =
      """
      for tables in iptables ip6tables; do
        command -v $tables >/dev/null || continue
        rules=$($tables -w -t nat -S CNI-HOSTPORT-DNAT 2>/dev/null) || continue
        case $rules in *"-A "*) continue ;; esac
        printf '%s\\n' '*nat' \
            '-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT' \
            '-D OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT' \
            '-D POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" \
              -j CNI-HOSTPORT-MASQ' \
            '-F CNI-HOSTPORT-MASQ' '-F CNI-HOSTPORT-SETMARK' '-X CNI-HOSTPORT-DNAT' \
            '-X CNI-HOSTPORT-MASQ' '-X CNI-HOSTPORT-SETMARK' COMMIT | $tables-restore -w -n
        if ! $tables -w -t nat -S | grep -qv '^-P [A-Z]* ACCEPT$'; then
          $tables -w -t nat -X
        fi
      done 2>/dev/null
      true
      """;

  private final Path state;
  private final ScratchDirectory scratch;
  private final HelperCommand helper;

  /** Those that this object knows to be there, as they were made. */
  private final ConcurrentMap<String, NodeBridge> ready = new ConcurrentHashMap<>();

  NodeBridges(Path state, ScratchDirectory scratch, HelperCommand helper) {
    this.state = state;
    this.scratch = scratch;
    this.helper = helper;
  }

  /**
   * The bridge that interfaces of a network join.
   *
   * @param own the same, if it is made and removed here; empty if the node has it anyway
   */
  record Joined(String name, Optional<NodeBridge> own) {}

  /** What a network inside the node has. */
  Joined inside(NetworkConfig network) {
    NodeBridge bridge =
        new NodeBridge(
            NodeBridge.nameOf(state, network.name()),
            network.name(),
            network.mtuOrDefault(),
            network.port(),
            network.kind() == Kind.BRIDGE ? network.subnets() : List.of());
    return new Joined(bridge.name(), Optional.of(bridge));
  }

  /**
   * What a network has; a port of the node that is, or is in, a bridge already keeps that one.
   *
   * @throws TaskException if the port has addresses, which the node would lose
   */
  Joined join(String task, NetworkConfig network) {
    Joined inside = inside(network);
    if (network.port().isEmpty()) {
      return inside;
    }
    String port = network.port().get();
    JsonNode link = link(task, network.name(), port);
    JsonNode info = link.path("linkinfo");
    if (info.path("info_kind").asText().equals("bridge")) {
      return new Joined(port, Optional.empty());
    }
    String master = link.path("master").asText();
    if (info.path("info_slave_kind").asText().equals("bridge") && !master.equals(inside.name())) {
      return new Joined(master, Optional.empty());
    }
    List<String> addresses = new ArrayList<>();
    for (JsonNode address : link.path("addr_info")) {
      if (address.path("scope").asText().equals("global")) {
        addresses.add(address.path("local").asText());
      }
    }
    if (!addresses.isEmpty() || (!master.isEmpty() && !master.equals(inside.name()))) {
      throw broken(
          network.name(),
          "port "
              + port
              + (addresses.isEmpty()
                  ? " belongs to " + master
                  : " has the address " + String.join(", ", addresses))
              + ", and would lose it in a bridge; give the node a bridge with that port and its"
              + " addresses, and name the bridge as the port of the network");
    }
    return inside;
  }

  private JsonNode link(String task, String network, String port) {
    String text;
    try {
      text =
          helper.run(
              task,
              "look at port " + port + " of network " + network,
              List.of("ip", "-json", "-details", "address", "show", "dev", port));
    } catch (TaskException e) {
      throw broken(network, "port " + port + " cannot be found: " + e.first().message());
    }
    try {
      return MAPPER.readTree(text).path(0);
    } catch (JsonProcessingException e) {
      throw broken(network, "port " + port + " is described by " + text);
    }
  }

  private static TaskException broken(String network, String why) {
    return TaskException.failed(
        Problem.host("NETWORK_BROKEN", "network " + network + " cannot be used: " + why));
  }

  /** Makes a bridge, unless it is there. */
  void up(String task, NodeBridge bridge) {
    ready.compute(
        bridge.name(),
        (name, before) -> {
          if (!bridge.equals(before)) {
            String unused =
                scratch.withFile(
                    "rules",
                    bridge.rules(),
                    rules ->
                        helper.run(
                            task,
                            "make the bridge of network " + bridge.network(),
                            bridge.up(rules)));
          }
          return bridge;
        });
  }

  /** Removes a bridge; succeeds if there is none. */
  void down(String task, NodeBridge bridge) {
    ready.remove(bridge.name());
    helper.run(task, "remove the bridge of network " + bridge.network(), bridge.down());
  }

  /** To be called when no task of this node has a port. */
  void forgetPorts(String task) {
    helper.run(task, "clean up after published ports", List.of("sh", "-c", FORGET_PORTS));
  }
}
