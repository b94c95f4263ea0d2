package org.lfedge.eve.tasks.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.PublishedPort;

/**
 * Ports of the node that lead to a task, as {@code 8080:80/tcp}. It remembers those of one document
 * and refuses those that would be taken twice.
 */
final class PublishedPorts {

  private static final int MAX_PORT = 65_535;
  private static final String NUMBER = "([1-9][0-9]{0,4})";
  private static final Pattern PORT =
      Pattern.compile(
          "(?:(?:\\[([0-9A-Fa-f:.]+)\\]|([0-9.]+)):)?" + NUMBER + ":" + NUMBER + "(?:/(tcp|udp))?");

  private final SortedMap<String, List<Taken>> taken = new TreeMap<>();

  private record Taken(PublishedPort port, String place) {}

  /** An element of a list of ports. */
  Optional<PublishedPort> read(int index, DocumentValue v) {
    return v.text().flatMap(text -> parse(v, text)).flatMap(port -> unique(v, port));
  }

  private static Optional<PublishedPort> parse(DocumentValue v, String text) {
    Matcher port = PORT.matcher(text);
    if (!port.matches()) {
      return malformed(v);
    }
    boolean v6 = port.group(1) != null;
    Optional<String> literal = Optional.ofNullable(v6 ? port.group(1) : port.group(2));
    Optional<IpAddress> address =
        literal.flatMap(IpAddress::parse).filter(read -> read.isV6() == v6 && !read.isMulticast());
    if (literal.isPresent() && address.isEmpty()) {
      return malformed(v);
    }
    int hostPort = Integer.parseInt(port.group(3));
    int taskPort = Integer.parseInt(port.group(4));
    if (Math.max(hostPort, taskPort) > MAX_PORT) {
      return v.refuse("OUT_OF_RANGE", "must have ports from 1 to " + MAX_PORT);
    }
    String protocol = Optional.ofNullable(port.group(5)).orElse("tcp");
    return Optional.of(
        new PublishedPort(
            address.map(IpAddress::toString),
            hostPort,
            taskPort,
            Protocol.valueOf(protocol.toUpperCase(Locale.ROOT))));
  }

  private static Optional<PublishedPort> malformed(DocumentValue v) {
    return v.refuse(
        "BAD_VALUE",
        "must be a port of the node and one of the task, such as \"8080:80\", \"5353:53/udp\","
            + " \"127.0.0.1:8080:80/tcp\" or \"[::1]:8080:80\"");
  }

  private Optional<PublishedPort> unique(DocumentValue v, PublishedPort port) {
    List<Taken> same =
        taken.computeIfAbsent(port.hostPort() + "/" + port.protocol(), key -> new ArrayList<>());
    Optional<Taken> other = same.stream().filter(t -> overlap(t.port(), port)).findFirst();
    if (other.isPresent()) {
      return v.refuse(
          "CONFLICT",
          other.get().place()
              + " takes this port of the node, too; choose another for one of them");
    }
    same.add(new Taken(port, v.place().path()));
    return Optional.of(port);
  }

  private static boolean overlap(PublishedPort one, PublishedPort other) {
    Optional<IpAddress> a = one.hostAddress().flatMap(IpAddress::parse);
    Optional<IpAddress> b = other.hostAddress().flatMap(IpAddress::parse);
    if (a.isEmpty() || b.isEmpty()) {
      return true;
    }
    return a.get().isV6() == b.get().isV6()
        && (a.equals(b) || a.get().isUnspecified() || b.get().isUnspecified());
  }
}
