package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.AllowRule;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Direction;
import org.lfedge.eve.tasks.core.config.InterfaceConfig.Protocol;
import org.lfedge.eve.tasks.core.network.AccessRules.Guard;
import org.lfedge.eve.tasks.core.network.AccessRules.Published;

class AccessRulesPropertiesTest {

  private static final String RANGE =
      "(?:ip [sd]addr [0-9.]+/[0-9]+ |ip6 [sd]addr [0-9a-f:]+/[0-9]+ )?";
  private static final String PORT =
      "(?:(?:tcp|udp|meta l4proto \\{ tcp, udp \\} th) dport [0-9]+ |meta l4proto (?:tcp|udp) )?";

  /** What may stand on a line about connections, and the end of a block. */
  static final String LINES =
      "\\s*\\}|"
          + "    type filter hook (?:input|output|forward) priority filter; policy accept;|"
          + "    ct state established,related return|"
          + "    icmp(?:v6)? type \\{ [a-z0-9, -]+ \\} return|"
          + "    udp sport [0-9]+ udp dport [0-9]+ return|"
          + "    (?:ip daddr [0-9.]+|ip6 daddr [0-9a-f:]+) (?:udp|tcp) dport 53 return|"
          + "    (?:udp|tcp) dport [0-9]+ return|"
          + "    drop|    "
          + RANGE
          + PORT
          + "return";

  /** All that may stand on a line; nothing of it ends a line or opens a block. */
  private static final Pattern LINE =
      Pattern.compile(
          LINES
              + "|table inet taskmanager( \\{)?|delete table inet taskmanager|"
              + "  chain (?:(?:in|e)gress_[0-9]+|input|output|forward) \\{|"
              + "    [io]ifname \"[A-Za-z0-9_.-]+\" jump (?:in|e)gress_[0-9]+|"
              + "    reject with icmpx type admin-prohibited");

  @Provide
  Arbitrary<List<Guard>> guards() {
    return NetworkArbitraries.guards().list().ofMaxSize(8);
  }

  @Property
  void everyLineIsOneOfThoseThatAreMeant(@ForAll("guards") List<Guard> guards) {
    String text = AccessRules.write(guards);
    assertEquals(List.of(), text.lines().filter(line -> !LINE.matcher(line).matches()).toList());
    long rules = guards.stream().mapToLong(guard -> guard.allow().size()).sum();
    long dns = guards.stream().mapToLong(guard -> guard.dns().size()).sum();
    long published = guards.stream().mapToLong(guard -> guard.published().size()).sum();
    // Each guard has two chains of eight lines, and four jumps.
    assertEquals(
        13 + guards.size() * (2 * 8 + 4) + rules + 2 * dns + published, text.lines().count());
  }

  @Property
  void whatIsNoRangeOfAddressesNeverReachesTheText(@ForAll String anything) {
    AllowRule rule =
        new AllowRule(
            Direction.EGRESS, Optional.of(anything), OptionalInt.empty(), Optional.empty());
    if (Cidr.parse(anything).isEmpty()) {
      Guard guard = new Guard("eth0", List.of(), List.of(), List.of(rule));
      assertThrows(IllegalArgumentException.class, () -> AccessRules.write(List.of(guard)));
    }
  }

  @Property
  void whatIsNoNameOfAnInterfaceNeverReachesTheText(@ForAll String anything) {
    if (!anything.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new Guard(anything, List.of(), List.of(), List.of()));
    }
  }

  @Test
  void theTextSaysWhatIsMeant() {
    Guard guard =
        new Guard(
            "eth0",
            List.of(Cidr.parseAddress("10.1.0.1").orElseThrow()),
            List.of(new Published(80, Protocol.TCP)),
            List.of(
                new AllowRule(
                    Direction.EGRESS,
                    Optional.of("10.0.0.7/8"),
                    OptionalInt.of(443),
                    Optional.of(Protocol.TCP)),
                new AllowRule(
                    Direction.INGRESS,
                    Optional.of("fd00::/8"),
                    OptionalInt.empty(),
                    Optional.of(Protocol.UDP))));
    String text = AccessRules.write(List.of(guard));
    for (String line :
        List.of(
            "ip daddr 10.1.0.1 udp dport 53 return",
            "ip daddr 10.0.0.0/8 tcp dport 443 return",
            "reject with icmpx type admin-prohibited",
            "tcp dport 80 return",
            "ip6 saddr fd00::/8 meta l4proto udp return",
            "oifname \"eth0\" jump egress_0",
            "iifname \"eth0\" jump ingress_0")) {
      assertTrue(text.contains("    " + line + "\n"), text);
    }
  }
}
