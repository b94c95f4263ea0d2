package org.lfedge.eve.tasks.core.device;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.error.Problem;

/** Network interfaces of the node, and why one cannot be moved away. */
final class NetworkCards {

  private static final String UPPER = "upper_";
  private static final String IPV4_ANY = "00000000";
  private static final String IPV6_ANY = "0".repeat(32);

  private final SystemTree tree;
  private final Supplier<Map<String, String>> ports;
  private final Function<String, List<String>> addresses;

  /**
   * Looks at the interfaces of the node.
   *
   * @param ports the names of those that switches need at a time, and the networks
   * @param addresses those of an interface, without those that only its own link knows
   */
  NetworkCards(
      SystemTree tree,
      Supplier<Map<String, String>> ports,
      Function<String, List<String>> addresses) {
    this.tree = tree;
    this.ports = ports;
    this.addresses = addresses;
  }

  /** The addresses of an interface in the network namespace of this process. */
  static List<String> addressesOf(String name) {
    try {
      NetworkInterface found = NetworkInterface.getByName(name);
      return found == null
          ? List.of()
          : found
              .inetAddresses()
              .filter(address -> !address.isLinkLocalAddress())
              .map(InetAddress::getHostAddress)
              .map(text -> text.replaceAll("%.*", ""))
              .sorted()
              .toList();
    } catch (SocketException e) {
      return List.of();
    }
  }

  /** Why an interface cannot be moved into a task; empty if it can. */
  Optional<Problem> problem(String path, String name) {
    Path link = tree.sys().resolve("class/net").resolve(name);
    if (!Files.isDirectory(link)) {
      return refusal(
          "DEVICE_NOT_FOUND",
          path,
          name,
          "the node has no network interface of this name; ip link lists those there are");
    }
    // ip writes what a link is bound to behind its name and an @.
    if (Files.exists(link.resolve("bridge"))
        || Files.exists(link.resolve("phy80211"))
        || name.contains("@")) {
      return refusal(
          "DEVICE_NOT_USABLE",
          path,
          name,
          "bridges, wireless interfaces and those with @ in their names cannot be moved; choose"
              + " another one");
    }
    List<String> uses = uses(link, name);
    return uses.isEmpty()
        ? Optional.empty()
        : refusal(
            "DEVICE_IN_USE",
            path,
            name,
            "the node uses it itself: it "
                + String.join(", it ", uses)
                + "; end that first, or choose another one");
  }

  private List<String> uses(Path link, String name) {
    List<String> uses = new ArrayList<>();
    if (hasDefaultRoute(name)) {
      uses.add("carries the default route");
    }
    List<String> held = addresses.apply(name);
    if (!held.isEmpty()) {
      uses.add("has the address " + String.join(", ", held));
    }
    Optional<String> master = SystemTree.linked(link.resolve("master"));
    master.ifPresent(bridge -> uses.add("is a part of " + bridge));
    SystemTree.names(link).stream()
        .filter(file -> file.startsWith(UPPER))
        .map(file -> file.substring(UPPER.length()))
        .filter(upper -> !master.equals(Optional.of(upper)))
        .forEach(upper -> uses.add("carries " + upper));
    Optional.ofNullable(ports.get().get(name))
        .ifPresent(network -> uses.add("is the port of network " + network));
    return uses;
  }

  /** By the tables that the kernel shows: those of IPv4 begin with names, those of IPv6 end so. */
  private boolean hasDefaultRoute(String name) {
    for (String line : lines("net/route")) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length > 7
          && fields[0].equals(name)
          && fields[1].equals(IPV4_ANY)
          && fields[7].equals(IPV4_ANY)) {
        return true;
      }
    }
    for (String line : lines("net/ipv6_route")) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length > 9
          && fields[9].equals(name)
          && fields[0].equals(IPV6_ANY)
          && fields[1].equals("00")) {
        return true;
      }
    }
    return false;
  }

  private List<String> lines(String file) {
    return SystemTree.text(tree.proc().resolve(file)).stream().flatMap(String::lines).toList();
  }

  private static Optional<Problem> refusal(String code, String path, String name, String message) {
    return Optional.of(Problem.inDocument(code, path, name, message));
  }
}
