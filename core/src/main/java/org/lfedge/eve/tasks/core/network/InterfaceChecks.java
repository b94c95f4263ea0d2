package org.lfedge.eve.tasks.core.network;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;
import org.lfedge.eve.tasks.core.config.Suggestions;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.network.NetworkCatalog.Definition;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

/** Finds what is wrong with the interfaces of a task, as far as that can be told beforehand. */
final class InterfaceChecks {

  private final NetworkCatalog catalog;
  private final AttachmentStore store;
  private final Leases leases;

  InterfaceChecks(NetworkCatalog catalog, AttachmentStore store, Leases leases) {
    this.catalog = catalog;
    this.store = store;
    this.leases = leases;
  }

  /** Everything that is wrong. */
  List<Problem> all(String task, String containerId, List<InterfaceConfig> interfaces) {
    List<Definition> networks = catalog.examined();
    List<Problem> problems = new ArrayList<>(networks(interfaces, networks));
    problems.addAll(taken(task, interfaces));
    problems.addAll(exhausted(containerId, interfaces, networks));
    problems.addAll(unbindable(interfaces, problems));
    return problems;
  }

  /** Whatever does not fit the networks that are named. */
  static List<Problem> networks(List<InterfaceConfig> interfaces, List<Definition> all) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < interfaces.size(); i++) {
      InterfaceConfig config = interfaces.get(i);
      String path = "interfaces[" + i + "]";
      Optional<Definition> network =
          all.stream().filter(one -> one.description().name().equals(config.network())).findFirst();
      if (network.isEmpty()) {
        problems.add(notFound(path, config.network(), all));
      } else {
        unfit(path, config, network.get(), problems);
        if (publishesTwice(interfaces, i)) {
          problems.add(
              Problem.inDocument(
                  "PORTS_NOT_SUPPORTED",
                  path + ".ports",
                  "",
                  "another interface on network "
                      + config.network()
                      + " publishes ports; only one can, so name all of them there"));
        }
      }
    }
    return problems;
  }

  /** The plugin for ports tells what it made by task and network alone. */
  private static boolean publishesTwice(List<InterfaceConfig> interfaces, int index) {
    InterfaceConfig one = interfaces.get(index);
    return !one.ports().isEmpty()
        && interfaces.subList(0, index).stream()
            .anyMatch(other -> other.network().equals(one.network()) && !other.ports().isEmpty());
  }

  private static Problem notFound(String path, String name, List<Definition> all) {
    List<String> names =
        all.stream()
            .filter(one -> one.own().isPresent() || one.cni().isPresent())
            .map(one -> one.description().name())
            .distinct()
            .toList();
    return Problem.inDocument(
        "NETWORK_NOT_FOUND",
        path + ".network",
        name,
        "there is no such network"
            + Suggestions.nearest(name, names)
                .map(nearest -> "; did you mean " + nearest + "?")
                .orElse("")
            + (names.isEmpty()
                ? "; this node has none, define one under networks in its config"
                : "; this node has " + String.join(", ", names)));
  }

  private static void unfit(
      String path, InterfaceConfig config, Definition network, List<Problem> problems) {
    String name = network.description().name();
    Optional<String> broken = network.description().problem();
    if (broken.isPresent()) {
      problems.add(
          Problem.inDocument(
              "NETWORK_BROKEN",
              path + ".network",
              name,
              "the network cannot be used: "
                  + broken.get()
                  + network.description().source().map(file -> "; see " + file).orElse("")));
      return;
    }
    if (!config.ports().isEmpty() && !network.takesPorts()) {
      problems.add(
          Problem.inDocument(
              "PORTS_NOT_SUPPORTED",
              path + ".ports",
              "",
              "network "
                  + name
                  + " publishes no ports: none of its plugins has the capability portMappings"));
    }
    for (int i = 0; i < config.addresses().size(); i++) {
      String address = config.addresses().get(i);
      String at = path + ".addresses[" + i + "]";
      outside(address, network)
          .ifPresent(
              why -> problems.add(Problem.inDocument("ADDRESS_OUTSIDE_SUBNET", at, address, why)));
    }
  }

  private static Optional<String> outside(String text, Definition network) {
    List<Cidr> subnets = network.subnets();
    Optional<Cidr> address = Cidr.parse(text);
    if (address.isEmpty()) {
      return Optional.of("must be an address with its prefix, as 10.1.0.5/24");
    }
    if (subnets.isEmpty()) {
      return Optional.empty();
    }
    InetAddress ip = address.get().address();
    Optional<Cidr> subnet = subnets.stream().filter(one -> one.contains(ip)).findFirst();
    String of = "network " + network.description().name() + " gives addresses of " + join(subnets);
    if (subnet.isEmpty()) {
      return Optional.of(of);
    }
    if (subnet.get().prefix() != address.get().prefix()) {
      return Optional.of(of + ", so the prefix is " + subnet.get().prefix());
    }
    if (ip.equals(subnet.get().first())
        || (subnet.get().isIpv4() && ip.equals(subnet.get().last()))) {
      return Optional.of(of + ", of which this is no host's");
    }
    if (network.own().isPresent() && ip.equals(subnet.get().gateway())) {
      return Optional.of(of + ", and this is its gateway's");
    }
    return Optional.empty();
  }

  private static String join(List<Cidr> subnets) {
    return subnets.stream().map(Cidr::toString).collect(Collectors.joining(", "));
  }

  /** Addresses, MACs and ports that other tasks have, or that the task names twice. */
  List<Problem> taken(String task, List<InterfaceConfig> interfaces) {
    List<Problem> problems = new ArrayList<>();
    List<Claim> claims = new ArrayList<>();
    for (AttachmentRecord other : store.others(task)) {
      for (Attachment one : other.interfaces()) {
        claims.addAll(claims("task " + other.task(), one));
      }
    }
    for (int i = 0; i < interfaces.size(); i++) {
      List<Claim> mine =
          claims("interfaces[" + i + "]", interfaces.get(i), "interfaces[" + i + "]");
      for (Claim claim : mine) {
        claims.stream()
            .filter(claim::collides)
            .findFirst()
            .ifPresent(other -> problems.add(claim.problem(other)));
        claims.add(claim);
      }
    }
    return problems;
  }

  private enum Kind {
    ADDRESS_TAKEN,
    MAC_TAKEN,
    PORT_IN_USE
  }

  /**
   * Something that is given once.
   *
   * @param scope in which it is given once
   * @param host address of the node, for a port; empty for all of them
   */
  private record Claim(
      Kind kind,
      String scope,
      String value,
      Optional<InetAddress> host,
      String owner,
      String path) {

    boolean collides(Claim other) {
      return kind == other.kind
          && scope.equals(other.scope)
          && value.equals(other.value)
          && (host.isEmpty() || other.host.isEmpty() || host.equals(other.host));
    }

    Problem problem(Claim other) {
      return Problem.inDocument(
          kind.name(),
          path,
          value,
          "already " + (kind == Kind.PORT_IN_USE ? "published by " : "of ") + other.owner);
    }
  }

  private static List<Claim> claims(String owner, Attachment one) {
    List<Claim> claims = new ArrayList<>(claims(owner, one.config(), ""));
    Optional<AttachedInterface> attached = one.attached();
    String network = one.config().network();
    Stream<String> addresses =
        Stream.concat(
            one.askedAddresses().stream(),
            attached.stream().flatMap(made -> made.addresses().stream()));
    addresses.forEach(text -> address(owner, network, text, "").ifPresent(claims::add));
    Stream.concat(one.askedMac().stream(), attached.map(AttachedInterface::mac).stream())
        .forEach(
            mac -> claims.add(new Claim(Kind.MAC_TAKEN, "", mac, Optional.empty(), owner, "")));
    return claims;
  }

  private static List<Claim> claims(String owner, InterfaceConfig config, String path) {
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < config.addresses().size(); i++) {
      String at = path + ".addresses[" + i + "]";
      address(owner, config.network(), config.addresses().get(i), at).ifPresent(claims::add);
    }
    config
        .mac()
        .ifPresent(
            mac ->
                claims.add(
                    new Claim(Kind.MAC_TAKEN, "", mac, Optional.empty(), owner, path + ".mac")));
    for (int i = 0; i < config.ports().size(); i++) {
      PublishedPort port = config.ports().get(i);
      claims.add(
          new Claim(
              Kind.PORT_IN_USE,
              port.protocol().toString(),
              Integer.toString(port.hostPort()),
              port.hostAddress()
                  .flatMap(Cidr::parseAddress)
                  .filter(address -> !address.isAnyLocalAddress()),
              owner,
              path + ".ports[" + i + "]"));
    }
    return claims;
  }

  private static Optional<Claim> address(String owner, String network, String text, String path) {
    return Cidr.parse(text)
        .map(
            cidr ->
                new Claim(
                    Kind.ADDRESS_TAKEN,
                    network,
                    Cidr.text(cidr.address()),
                    Optional.empty(),
                    owner,
                    path));
  }

  private List<Problem> exhausted(
      String containerId, List<InterfaceConfig> interfaces, List<Definition> all) {
    List<Problem> problems = new ArrayList<>();
    Map<String, Integer> wanted = new LinkedHashMap<>();
    for (int i = 0; i < interfaces.size(); i++) {
      String name = interfaces.get(i).network();
      int count = wanted.merge(name, 1, Integer::sum);
      Optional<NetworkConfig> own =
          all.stream()
              .filter(one -> one.description().name().equals(name))
              .findFirst()
              .flatMap(Definition::own);
      for (Cidr subnet : own.map(NetworkConfig::subnets).orElse(List.of())) {
        if (!leases.has(name, subnet, containerId, count)) {
          problems.add(
              Problem.inDocument(
                  "SUBNET_EXHAUSTED",
                  "interfaces[" + i + "].network",
                  name,
                  "no address of "
                      + subnet
                      + " is left: it has "
                      + subnet.capacity()
                      + " for tasks; delete tasks on it, or give it a larger subnet"));
        }
      }
    }
    return problems;
  }

  private static List<Problem> unbindable(List<InterfaceConfig> interfaces, List<Problem> known) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < interfaces.size(); i++) {
      List<PublishedPort> ports = interfaces.get(i).ports();
      for (int j = 0; j < ports.size(); j++) {
        String path = "interfaces[" + i + "].ports[" + j + "]";
        if (known.stream().noneMatch(problem -> problem.path().equals(path))) {
          PublishedPort port = ports.get(j);
          NodePort.whyTaken(port)
              .ifPresent(
                  why ->
                      problems.add(
                          Problem.inDocument(
                              "PORT_IN_USE",
                              path,
                              port.hostPort(),
                              "cannot be published by "
                                  + port.protocol()
                                  + ": "
                                  + why
                                  + "; choose another port of the node")));
        }
      }
    }
    return problems;
  }
}
