package org.lfedge.eve.tasks.core.network;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;

/**
 * Writes the rules of nftables that hold inside the network namespace of a task. Whatever stands in
 * the text was parsed into an address, a number or an interface's name before, so that no value of
 * a document can be anything else there.
 *
 * <p>Answers, loopback, errors of ICMP and what IPv6 needs to work pass always; what is refused on
 * its way out fails at once, what comes in is dropped in silence.
 */
final class AccessRules {

  private static final String TABLE = "inet taskmanager";
  private static final Pattern INTERFACE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}");
  private static final int MAX_PORT = 65_535;

  private static final String ALWAYS =
      """
          ct state established,related return
          icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, \
      parameter-problem, nd-router-solicit, nd-router-advert, nd-neighbor-solicit, \
      nd-neighbor-advert, mld-listener-query, mld-listener-report, mld-listener-done, \
      mld2-listener-report } return
          icmp type { destination-unreachable, time-exceeded, parameter-problem } return
      """;

  private AccessRules() {}

  /**
   * What holds for one interface.
   *
   * @param dns servers that it may ask
   * @param published ports of the task that are published
   * @param allow everything else that may pass
   */
  record Guard(
      String interfaceName,
      List<InetAddress> dns,
      List<Published> published,
      List<AllowRule> allow) {

    Guard {
      if (!INTERFACE.matcher(interfaceName).matches()) {
        throw new IllegalArgumentException("no name of an interface: " + interfaceName);
      }
      dns = List.copyOf(dns);
      published = List.copyOf(published);
      allow = List.copyOf(allow);
    }
  }

  /** A port of the task that whoever reaches the node may reach. */
  record Published(int port, Protocol protocol) {}

  /** The command of nft that removes what {@link #write} made, as a text for its {@code -f}. */
  static String none() {
    return "table " + TABLE + "\ndelete table " + TABLE + "\n";
  }

  /** Replaces all rules of a namespace at once; interfaces without a guard are free. */
  static String write(List<Guard> guards) {
    List<String> lines = new ArrayList<>(List.of("table " + TABLE + " {"));
    for (int i = 0; i < guards.size(); i++) {
      List<String> egress = new ArrayList<>(egress(guards.get(i)));
      egress.add("reject with icmpx type admin-prohibited");
      chain(lines, "egress_" + i, egress);
      chain(lines, "ingress_" + i, ingress(guards.get(i)));
    }
    List<String> out = new ArrayList<>();
    List<String> in = new ArrayList<>();
    for (int i = 0; i < guards.size(); i++) {
      String name = "\"" + guards.get(i).interfaceName() + "\"";
      out.add("oifname " + name + " jump egress_" + i);
      in.add("iifname " + name + " jump ingress_" + i);
    }
    List<String> through = new ArrayList<>(in);
    through.addAll(out);
    chain(lines, "output", hooked("output", out));
    chain(lines, "input", hooked("input", in));
    // Of a task that routes between interfaces of its own.
    chain(lines, "forward", hooked("forward", through));
    lines.add("}");
    return none() + String.join("\n", lines) + "\n";
  }

  static List<String> hooked(String hook, List<String> jumps) {
    List<String> rules = new ArrayList<>();
    rules.add("type filter hook " + hook + " priority filter; policy accept;");
    rules.addAll(jumps);
    return rules;
  }

  static void chain(List<String> lines, String name, List<String> rules) {
    lines.add("  chain " + name + " {");
    rules.forEach(rule -> lines.add("    " + rule));
    lines.add("  }");
  }

  /** What passes on its way out, by a {@code return}; what is to become of the rest follows. */
  static List<String> egress(Guard guard) {
    List<String> rules = new ArrayList<>(ALWAYS.strip().lines().map(String::strip).toList());
    rules.add("udp sport 68 udp dport 67 return");
    rules.add("udp sport 546 udp dport 547 return");
    for (InetAddress server : guard.dns()) {
      String match = family(server) + " daddr " + Cidr.text(server);
      rules.add(match + " udp dport 53 return");
      rules.add(match + " tcp dport 53 return");
    }
    guard.allow().stream()
        .filter(rule -> rule.direction() == Direction.EGRESS)
        .forEach(rule -> rules.add(match(rule, "daddr") + "return"));
    return rules;
  }

  /** What passes on its way in, by a {@code return}; the rest is dropped. */
  static List<String> ingress(Guard guard) {
    List<String> rules = new ArrayList<>(ALWAYS.strip().lines().map(String::strip).toList());
    rules.add("udp sport 67 udp dport 68 return");
    rules.add("udp sport 547 udp dport 546 return");
    for (Published published : guard.published()) {
      rules.add(published.protocol() + " dport " + checked(published.port()) + " return");
    }
    guard.allow().stream()
        .filter(rule -> rule.direction() == Direction.INGRESS)
        .forEach(rule -> rules.add(match(rule, "saddr") + "return"));
    rules.add("drop");
    return rules;
  }

  private static String match(AllowRule rule, String side) {
    StringBuilder match = new StringBuilder();
    rule.cidr()
        .map(AccessRules::range)
        .ifPresent(
            range ->
                match
                    .append(family(range.address()))
                    .append(' ')
                    .append(side)
                    .append(' ')
                    .append(range.subnet())
                    .append(' '));
    OptionalInt port = rule.port();
    if (port.isPresent()) {
      match
          .append(rule.protocol().map(Protocol::toString).orElse("meta l4proto { tcp, udp } th"))
          .append(" dport ")
          .append(checked(port.getAsInt()))
          .append(' ');
    } else {
      rule.protocol()
          .ifPresent(protocol -> match.append("meta l4proto ").append(protocol).append(' '));
    }
    return match.toString();
  }

  private static Cidr range(String text) {
    return Cidr.parse(text)
        .orElseThrow(() -> new IllegalArgumentException("no range of addresses: " + text));
  }

  private static int checked(int port) {
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("no port: " + port);
    }
    return port;
  }

  private static String family(InetAddress address) {
    return address.getAddress().length == 4 ? "ip" : "ip6";
  }
}
