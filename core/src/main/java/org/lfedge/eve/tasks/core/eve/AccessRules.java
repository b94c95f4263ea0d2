package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.IpAddress;
import org.lfedge.eve.tasks.core.config.IpPrefix;
import org.lfedge.eve.tasks.core.eve.api.ACE;
import org.lfedge.eve.tasks.core.eve.api.ACEAction;
import org.lfedge.eve.tasks.core.eve.api.ACEDirection;
import org.lfedge.eve.tasks.core.eve.api.ACEMatch;

/**
 * The access rules of an interface. In EVE as here, what no rule lets through does not pass; a rule
 * is for connections, and answers pass. What rules here cannot say is refused rather than left out.
 */
final class AccessRules {

  private static final List<String> MATCHES = List.of("ip", "protocol", "lport", "fport");

  private final ObjectNode target;
  private final Findings findings;

  private AccessRules(ObjectNode target, Findings findings) {
    this.target = target;
    this.findings = findings;
  }

  /** Adds what rules say to an interface of a task document. */
  static void add(List<ACE> rules, String path, ObjectNode target, Findings findings) {
    AccessRules adding = new AccessRules(target, findings);
    target.putArray("allow");
    for (int i = 0; i < rules.size(); i++) {
      adding.add(rules.get(i), path + "[" + i + "]");
    }
  }

  private void add(ACE rule, String path) {
    SortedMap<String, String> matches = matches(rule, path);
    Optional<String> cidr =
        Optional.ofNullable(matches.get("ip")).flatMap(ip -> cidr(ip, path + ".matches"));
    Optional<String> protocol =
        Optional.ofNullable(matches.get("protocol"))
            .flatMap(name -> protocol(name, path + ".matches"));
    for (ACEAction action : rule.getActionsList()) {
      if (action.getDrop() || action.getLimit()) {
        findings.unsupported(
            path + ".actions",
            action.getDrop() ? "drop" : "limit",
            "rules only let through; what none of them lets through is dropped");
        return;
      }
    }
    Optional<ACEAction> portmap =
        rule.getActionsList().stream().filter(ACEAction::getPortmap).findFirst();
    if (portmap.isPresent()) {
      publish(portmap.get(), matches, protocol, cidr, path);
      return;
    }
    Optional<Integer> lport = port(matches, "lport", path);
    Optional<Integer> fport = port(matches, "fport", path);
    if ((lport.isPresent() || fport.isPresent()) && protocol.isEmpty()) {
      findings.unsupported(path + ".matches", "", "a port needs protocol as well, tcp or udp");
      return;
    }
    if ((rule.getDir() == ACEDirection.EGRESS && lport.isPresent())
        || (rule.getDir() == ACEDirection.INGRESS && fport.isPresent())
        || (lport.isPresent() && fport.isPresent())) {
      findings.unsupported(
          path + ".matches",
          "",
          "a rule has the port that is connected to: lport of the app, or fport of the other side");
      return;
    }
    if (rule.getDir() != ACEDirection.INGRESS && lport.isEmpty()) {
      allow("egress", cidr, fport, protocol);
    }
    if (rule.getDir() != ACEDirection.EGRESS && fport.isEmpty()) {
      allow("ingress", cidr, lport, protocol);
    }
  }

  private SortedMap<String, String> matches(ACE rule, String path) {
    SortedMap<String, String> matches = new TreeMap<>();
    for (ACEMatch match : rule.getMatchesList()) {
      String type = match.getType().toLowerCase(Locale.ROOT);
      if (!MATCHES.contains(type)) {
        findings.unsupported(
            path + ".matches",
            match.getType(),
            "rules match by " + String.join(", ", MATCHES) + "; names of hosts are not looked up");
      } else if (matches.put(type, match.getValue().strip()) != null) {
        findings.unsupported(path + ".matches", match.getType(), "stands twice in one rule");
      }
    }
    return matches;
  }

  private Optional<String> cidr(String text, String path) {
    Optional<String> cidr =
        IpAddress.parse(text)
            .map(address -> new IpPrefix(address, address.bits()))
            .or(() -> IpPrefix.parse(text))
            .map(prefix -> prefix.network().toString());
    if (cidr.isEmpty()) {
      findings.bad(path, text, "must be an address or a range of them, as 10.0.0.0/8");
    }
    return cidr;
  }

  private Optional<String> protocol(String name, String path) {
    String word = name.toLowerCase(Locale.ROOT);
    if (word.equals("tcp") || word.equals("udp")) {
      return Optional.of(word);
    }
    if (!word.equals("all")) {
      findings.unsupported(path, name, "rules are for tcp, udp or all protocols");
    }
    return Optional.empty();
  }

  private Optional<Integer> port(SortedMap<String, String> matches, String type, String path) {
    Optional<String> text = Optional.ofNullable(matches.get(type)).filter(t -> !t.equals("all"));
    if (text.isPresent() && !text.get().matches("[0-9]{1,5}")) {
      findings.bad(path + ".matches", text.get(), "must be the number of a port");
      return Optional.empty();
    }
    return text.map(Integer::valueOf);
  }

  private void publish(
      ACEAction action,
      SortedMap<String, String> matches,
      Optional<String> protocol,
      Optional<String> cidr,
      String path) {
    Optional<Integer> port = port(matches, "lport", path);
    boolean everybody = cidr.isEmpty() || cidr.get().endsWith("/0");
    if (port.isEmpty() || protocol.isEmpty() || matches.containsKey("fport") || !everybody) {
      findings.unsupported(
          path + ".actions",
          "portmap",
          "a port that is mapped needs lport and protocol (tcp or udp), and is open to everybody");
      return;
    }
    target
        .withArray("ports")
        .add(
            port.get()
                + ":"
                + Integer.toUnsignedString(action.getAppPort())
                + "/"
                + protocol.get());
  }

  private void allow(
      String direction, Optional<String> cidr, Optional<Integer> port, Optional<String> protocol) {
    ObjectNode rule = target.withArray("allow").addObject().put("direction", direction);
    cidr.ifPresent(range -> rule.put("cidr", range));
    port.ifPresent(number -> rule.put("port", number));
    protocol.ifPresent(name -> rule.put("protocol", name));
  }
}
