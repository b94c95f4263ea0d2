package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.HelperCommand;

/** What is left to do once plugins have made interfaces in a namespace, and how they turned out. */
final class NamespaceInterfaces {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** On the side of the node: a pair's other end has the same MTU, a parent of many keeps its. */
  private static final String FINISH =
      """
      set -e
      pin=$1 inside=$2 rules=$3
      shift 3
      while [ "$1" != -- ]; do
        if [ -n "$(ip -o link show dev "$1" type veth 2>/dev/null)" ]; then
          ip link set dev "$1" mtu "$2"
        fi
        shift 2
      done
      shift
      exec nsenter --net="$pin" sh -c "$inside" sh "$rules" "$@"
      """;

  private static final String INSIDE =
      """
      set -e
      rules=$1
      shift
      while [ $# -gt 0 ]; do
        ip link set dev "$1" mtu "$2"
        shift 2
      done
      if [ -n "$rules" ]; then
        command -v nft >/dev/null || { echo "nft is not installed (Debian: nftables)"; exit 1; }
        nft -f "$rules"
      fi
      exec ip -json address show
      """;

  private final ScratchDirectory scratch;
  private final HelperCommand helper;

  NamespaceInterfaces(ScratchDirectory scratch, HelperCommand helper) {
    this.scratch = scratch;
    this.helper = helper;
  }

  /**
   * What tells a namespace from every other one; empty if none is pinned there. Numbers of
   * namespaces are given again, so the time from which a pin holds belongs to it.
   */
  static Optional<String> identity(Path pin) {
    try {
      if (!Files.exists(pin) || !"nsfs".equals(Files.getFileStore(pin).type())) {
        return Optional.empty();
      }
      FileTime since = (FileTime) Files.getAttribute(pin, "unix:ctime");
      return Optional.of(
          Files.readString(BOOT_ID).strip()
              + " "
              + Files.getAttribute(pin, "unix:ino")
              + " "
              + since.toInstant());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Sets MTUs and rules, and reads what came out of it all, in the order of the attachments. */
  List<AttachedInterface> finish(String task, Path pin, List<Attachment> attachments) {
    List<AccessRules.Guard> guards = new ArrayList<>();
    List<String> node = new ArrayList<>();
    List<String> inside = new ArrayList<>();
    for (Attachment one : attachments) {
      one.allow().ifPresent(allow -> guards.add(guard(one)));
      if (one.config().mtu().isPresent() && !isSetByPlugin(one)) {
        String mtu = Integer.toString(one.config().mtu().getAsInt());
        inside.addAll(List.of(one.config().name(), mtu));
        one.result()
            .ifPresent(
                result -> {
                  for (JsonNode link : result.path("interfaces")) {
                    if (link.path("sandbox").asText().isEmpty()) {
                      node.addAll(List.of(link.path("name").asText(), mtu));
                    }
                  }
                });
      }
    }
    String output =
        guards.isEmpty()
            ? run(task, pin, "", node, inside)
            : scratch.withFile(
                "rules",
                AccessRules.write(guards),
                rules -> run(task, pin, rules.toString(), node, inside));
    JsonNode links = links(output);
    return attachments.stream().map(one -> attached(one, links)).toList();
  }

  private static boolean isSetByPlugin(Attachment one) {
    return one.network().plugins().get(0).path("mtu").asInt() == one.config().mtu().orElse(-1);
  }

  private String run(String task, Path pin, String rules, List<String> node, List<String> inside) {
    List<String> command = new ArrayList<>(List.of("sh", "-c", FINISH, "sh", pin.toString()));
    command.add(INSIDE);
    command.add(rules);
    command.addAll(node);
    command.add("--");
    command.addAll(inside);
    return helper.run(task, "set up the interfaces of task " + task, command);
  }

  /** Removes the rules of a namespace that stays. */
  void removeRules(String task, Path pin) {
    String unused =
        scratch.withFile(
            "rules",
            AccessRules.none(),
            rules ->
                helper.run(
                    task,
                    "remove the rules of the network of task " + task,
                    List.of("nsenter", "--net=" + pin, "nft", "-f", rules.toString())));
  }

  /** The rules for an interface that has any. */
  static AccessRules.Guard guard(Attachment one) {
    return new AccessRules.Guard(
        one.config().name(),
        dns(one).stream().flatMap(server -> Cidr.parseAddress(server).stream()).toList(),
        one.config().ports().stream()
            .map(port -> new AccessRules.Published(port.taskPort(), port.protocol()))
            .toList(),
        one.allow().orElse(List.of()));
  }

  private static JsonNode links(String output) {
    try {
      return MAPPER.readTree(output.substring(Math.max(0, output.indexOf('['))));
    } catch (JsonProcessingException e) {
      throw TaskException.failed(
          Problem.host("CNI_FAILED", "the program ip does not write JSON: " + output), e);
    }
  }

  private static AttachedInterface attached(Attachment one, JsonNode links) {
    InterfaceConfig config = one.config();
    for (JsonNode link : links) {
      if (link.path("ifname").asText().equals(config.name())) {
        return new AttachedInterface(
            config.name(),
            config.network(),
            link.path("address").asText(),
            link.path("mtu").asInt(),
            addresses(link),
            gateways(one),
            dns(one));
      }
    }
    throw TaskException.failed(
        Problem.host(
            "CNI_FAILED",
            "network "
                + config.network()
                + ": its plugins succeeded, and yet there is no interface "
                + config.name()));
  }

  private static List<String> addresses(JsonNode link) {
    List<String> addresses = new ArrayList<>();
    for (JsonNode address : link.path("addr_info")) {
      if (!address.path("scope").asText().equals("link")) {
        addresses.add(address.path("local").asText() + "/" + address.path("prefixlen").asInt());
      }
    }
    return addresses;
  }

  private static List<String> gateways(Attachment one) {
    List<String> gateways = new ArrayList<>();
    one.result()
        .ifPresent(
            result -> {
              for (JsonNode ip : result.path("ips")) {
                Cidr.parseAddress(ip.path("gateway").asText())
                    .map((InetAddress gateway) -> Cidr.text(gateway))
                    .ifPresent(gateways::add);
              }
            });
    return gateways;
  }

  private static List<String> dns(Attachment one) {
    if (!one.config().dns().isEmpty()) {
      return one.config().dns();
    }
    List<String> servers = new ArrayList<>();
    one.result()
        .ifPresent(
            result -> {
              for (JsonNode server : result.path("dns").path("nameservers")) {
                servers.add(server.asText());
              }
            });
    return servers;
  }
}
