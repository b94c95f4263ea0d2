package org.lfedge.eve.tasks.core.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.network.AccessRules.Guard;
import org.lfedge.eve.tasks.core.network.GuestRules.Guarded;
import org.lfedge.eve.tasks.core.network.GuestRules.Hook;

class GuestRulesPropertiesTest {

  private static final String NAME = "\"[A-Za-z0-9_.-]+\"";

  /** All that may stand on a line; nothing of it ends a line or opens a block. */
  private static final Pattern LINE =
      Pattern.compile(
          AccessRulesPropertiesTest.LINES
              + "|(?:delete )?table (?:netdev|inet|bridge) taskmanager_guests(?:_bridges)?( \\{)?"
              + "|  chain (?:(?:from|to|(?:in|e)gress)_[0-9]+|input|forward|untracked) \\{"
              + "|    type filter hook ingress device NAME priority 0; policy accept;"
                  .replace("NAME", NAME)
              + "|    ether type != \\{ ip, ip6, arp \\} drop"
              + "|    meta mark set [0-9]+"
              + "|    type filter hook prerouting priority -300;"
              + "|    (?:iifname NAME|meta mark 0) notrack".replace("NAME", NAME)
              + "|    iifname NAME (?:drop|meta mark [0-9]+ goto (?:in|e)gress_[0-9]+)"
                  .replace("NAME", NAME));

  @Provide
  Arbitrary<List<Guard>> guards() {
    return NetworkArbitraries.guards().list().ofMaxSize(4);
  }

  private static List<Guarded> taps(List<Guard> guards) {
    List<Guarded> taps = new ArrayList<>();
    for (Guard guard : guards) {
      int number = taps.size();
      // Every other one is a pair.
      Optional<String> guests = number % 2 == 0 ? Optional.empty() : Optional.of("guests" + number);
      taps.add(new Guarded("tap" + number, "br" + number, guests, guard));
    }
    return taps;
  }

  @Property
  void everyLineIsOneOfThoseThatAreMeant(@ForAll("guards") List<Guard> guards, @ForAll Hook hook) {
    String text = GuestRules.write(hook, taps(guards));
    assertEquals(List.of(), text.lines().filter(line -> !LINE.matcher(line).matches()).toList());
  }

  /** What is let through is what {@link AccessRules} lets through, and nothing is answered. */
  @Property
  void whatMayPassIsWhatMayPassForAProgram(
      @ForAll("guards") List<Guard> guards, @ForAll Hook hook) {
    List<String> own = passing(AccessRules.write(guards));
    assertEquals(own, passing(GuestRules.write(hook, taps(guards))));
  }

  private static List<String> passing(String text) {
    return text.lines().filter(line -> line.endsWith(" return")).toList();
  }

  /** Else a frame that is to be dropped would be known before, and its answer let in. */
  @Test
  void ofABridgeThatLeadsToTheGuestNothingIsTrackedAndNothingGetsUp() {
    Guarded pair =
        new Guarded(
            "near0",
            "br0",
            Optional.of("guests"),
            new Guard("eth0", List.of(), List.of(), List.of()));
    String packets = GuestRules.write(Hook.INET, List.of(pair));
    assertTrue(packets.contains("    iifname \"guests\" notrack\n"), packets);
    assertTrue(packets.contains("    iifname \"guests\" drop\n"), packets);
    String frames = GuestRules.write(Hook.BRIDGE, List.of(pair));
    assertTrue(frames.contains("    meta mark 0 notrack\n"), frames);
    assertTrue(frames.contains("    iifname \"near0\" meta mark 1 goto egress_0\n"), frames);
  }

  @Test
  void onABridgeThePortTellsTheWayAndAmongPacketsTheMarkAlone() {
    List<Guarded> taps = taps(List.of(new Guard("eth0", List.of(), List.of(), List.of())));
    String packets = GuestRules.write(Hook.INET, taps);
    assertTrue(packets.contains("    iifname \"br0\" meta mark 1 goto egress_0\n"), packets);
    assertTrue(packets.contains("    iifname \"br0\" meta mark 2 goto ingress_0\n"), packets);
    assertTrue(packets.contains("    iifname \"br0\" drop\n"), packets);
    String frames = GuestRules.write(Hook.BRIDGE, taps);
    assertTrue(frames.contains("table bridge taskmanager_guests {"), frames);
    assertTrue(frames.contains("    iifname \"tap0\" meta mark 1 goto egress_0\n"), frames);
    assertTrue(frames.contains("    iifname \"eth0\" meta mark 2 goto ingress_0\n"), frames);
  }
}
