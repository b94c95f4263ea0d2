package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AttachedInterface;

/**
 * The names and addresses of tasks, a directory for each network that serves them: what a task of
 * that network reads to answer for names by DNS and for addresses by DHCP.
 *
 * <p>A file is written beside its place and renamed, so that a reader sees all of it or nothing.
 * Nothing here has to last: all of it is written anew when the daemon starts.
 */
final class NameRecords {

  /** Where the task that serves a network sees its directory; paths in the config start so. */
  private static final String SEEN_AT = "/names";

  private static final String HOSTS = "hosts";
  private static final String DHCP = "dhcp";
  private static final String SERVERS = "resolv.conf";
  private static final String CONFIG = "dnsmasq.conf";

  private final Path directory;
  private final Supplier<NodeNetworks> node;
  private final Path nodeServers;

  /**
   * Keeps records of networks that serve names.
   *
   * @param directory of its own
   * @param nodeServers the node's own {@code resolv.conf}, for networks that name no servers
   */
  NameRecords(Path directory, Supplier<NodeNetworks> node, Path nodeServers) {
    this.directory = directory;
    this.node = node;
    this.nodeServers = nodeServers;
  }

  private List<NetworkConfig> networks() {
    return node.get().networks().values().stream().filter(NetworkConfig::names).toList();
  }

  /** Writes everything anew, and removes what is of no use any more. */
  void restore(List<AttachmentRecord> records) {
    try {
      for (NetworkConfig network : networks()) {
        Path own = directory.resolve(network.name());
        Files.createDirectories(own.resolve(HOSTS));
        Files.createDirectories(own.resolve(DHCP));
        write(own, SERVERS, servers(network));
        write(own, CONFIG, config(network));
        Set<String> tasks =
            records.stream().map(AttachmentRecord::task).collect(Collectors.toSet());
        for (String kind : List.of(HOSTS, DHCP)) {
          for (Path file : files(own.resolve(kind))) {
            if (!tasks.contains(String.valueOf(file.getFileName()))) {
              Files.deleteIfExists(file);
            }
          }
        }
      }
    } catch (IOException e) {
      throw failure(e);
    }
    records.forEach(this::publish);
  }

  /** Tells the networks of a task what it is called and which addresses it has on them. */
  void publish(AttachmentRecord record) {
    try {
      for (NetworkConfig network : networks()) {
        List<AttachedInterface> on =
            record.attached().stream().filter(one -> one.network().equals(network.name())).toList();
        Path own = directory.resolve(network.name());
        if (on.isEmpty()) {
          Files.deleteIfExists(own.resolve(HOSTS).resolve(record.task()));
          Files.deleteIfExists(own.resolve(DHCP).resolve(record.task()));
        } else {
          write(own.resolve(DHCP), record.task(), dhcp(record.task(), on));
          write(own.resolve(HOSTS), record.task(), hosts(record.task(), network, on));
        }
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Forgets a task. */
  void withdraw(String task) {
    try {
      for (NetworkConfig network : networks()) {
        Files.deleteIfExists(directory.resolve(network.name()).resolve(HOSTS).resolve(task));
        Files.deleteIfExists(directory.resolve(network.name()).resolve(DHCP).resolve(task));
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private static void write(Path where, String name, String text) throws IOException {
    Path unfinished = where.resolve("." + name);
    Files.writeString(unfinished, text);
    Files.move(unfinished, where.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** As in hosts(5). */
  static String hosts(String task, NetworkConfig network, List<AttachedInterface> interfaces) {
    return interfaces.stream()
        .flatMap(one -> one.addresses().stream())
        .map(NameRecords::withoutPrefix)
        .map(address -> address + " " + task + " " + task + "." + network.name() + "\n")
        .collect(Collectors.joining());
  }

  /** Lines as dnsmasq has them after {@code dhcp-host=}; only one of them may have the name. */
  static String dhcp(String task, List<AttachedInterface> interfaces) {
    List<String> lines = new ArrayList<>();
    for (AttachedInterface one : interfaces) {
      one.addresses().stream()
          .map(NameRecords::withoutPrefix)
          .filter(address -> !address.contains(":"))
          .findFirst()
          .ifPresent(
              address ->
                  lines.add(
                      one.mac() + "," + address + (lines.isEmpty() ? "," + task : "") + "\n"));
    }
    return String.join("", lines);
  }

  private static String withoutPrefix(String address) {
    return address.substring(0, address.indexOf('/'));
  }

  private String servers(NetworkConfig network) {
    List<String> servers = network.dns().stream().map(Cidr::text).toList();
    return (servers.isEmpty() ? nodeServers() : servers)
        .stream().map(server -> "nameserver " + server + "\n").collect(Collectors.joining());
  }

  /** Those that are not on the node itself: its loopback is another one in a task. */
  private List<String> nodeServers() {
    try (Stream<String> lines = Files.lines(nodeServers)) {
      return lines
          .map(line -> line.strip().split("\\s+"))
          .filter(words -> words.length > 1 && words[0].equals("nameserver"))
          .flatMap(words -> Cidr.parseAddress(words[1]).stream())
          .filter(address -> !address.isLoopbackAddress())
          .map((InetAddress address) -> Cidr.text(address))
          .toList();
    } catch (IOException | RuntimeException e) {
      return List.of();
    }
  }

  /**
   * The config of dnsmasq. Addresses are those that tasks have anyway: it keeps no leases of its
   * own. Its answers are broadcast, since who has no address yet cannot be told the way.
   */
  private static String config(NetworkConfig network) {
    StringBuilder text = new StringBuilder();
    text.append("# Written by taskd for network ").append(network.name()).append(".\n");
    text.append("user=root\nlog-facility=-\npid-file=\n");
    text.append("resolv-file=").append(SEEN_AT).append('/').append(SERVERS).append('\n');
    text.append("no-hosts\nhostsdir=").append(SEEN_AT).append('/').append(HOSTS).append('\n');
    text.append("domain-needed\nbogus-priv\n");
    text.append("local=/").append(network.name()).append("/\n");
    Optional<Cidr> subnet = network.subnets().stream().filter(Cidr::isIpv4).findFirst();
    subnet.ifPresent(
        range ->
            text.append("dhcp-range=")
                .append(Cidr.text(range.first()))
                .append(",static,")
                .append(netmask(range))
                .append(",1h\ndhcp-hostsdir=")
                .append(SEEN_AT)
                .append('/')
                .append(DHCP)
                .append("\ndhcp-authoritative\ndhcp-broadcast\nleasefile-ro\n")
                .append("dhcp-option=option:router,")
                .append(Cidr.text(range.gateway()))
                .append("\ndhcp-option=option:mtu,")
                .append(network.mtuOrDefault())
                .append('\n'));
    return text.toString();
  }

  private static String netmask(Cidr subnet) {
    long mask = 0xffff_ffffL << (Integer.SIZE - subnet.prefix());
    return Stream.of(24, 16, 8, 0)
        .map(shift -> Long.toString((mask >> shift) & 0xff))
        .collect(Collectors.joining("."));
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private TaskException failure(IOException cause) {
    return TaskException.failed(
        Problem.host(
            "NETWORK_RECORDS",
            "cannot record names of tasks in " + directory + ": " + cause + "; is the disk full?"),
        cause);
  }
}
