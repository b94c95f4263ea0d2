package org.lfedge.eve.tasks.core.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Writes the rules of nftables that hold for guests, inside the network namespace of their task.
 * They are those of {@link AccessRules} for packets that pass through a bridge, where neither the
 * interface nor an address of it tells which way a packet goes: it is marked where it comes in.
 *
 * <p>What is refused on its way out is dropped, as a bridge has no address to answer from. Of other
 * protocols than IP and ARP nothing passes, frames with a VLAN's tag included: no rule speaks of
 * them.
 */
final class GuestRules {

  private static final String TABLE = "taskmanager_guests";

  private GuestRules() {}

  /** Where the kernel lets packets through a bridge be judged by what is known of connections. */
  enum Hook {
    /** As packets of IP, by {@code br_netfilter}: both ports are the bridge there. */
    INET,
    /** As frames, by {@code nf_conntrack_bridge}. */
    BRIDGE;

    private String family() {
      return this == INET ? "inet" : "bridge";
    }
  }

  /**
   * A tap on a bridge.
   *
   * @param tap or what takes its place
   * @param guests the bridge that leads there, if it is not a tap
   * @param guard of the interface that is the bridge's other port
   */
  record Guarded(String tap, String bridge, Optional<String> guests, AccessRules.Guard guard) {

    private Stream<String> bridges() {
      return Stream.concat(Stream.of(bridge), guests.stream());
    }
  }

  /** Replaces all such rules of a namespace; taps without a guard are free. */
  static String write(Hook hook, List<Guarded> taps) {
    List<String> lines = new ArrayList<>();
    table(lines, "netdev");
    for (int i = 0; i < taps.size(); i++) {
      AccessRules.chain(lines, "from_" + i, entry(taps.get(i).tap(), fromGuest(i)));
      AccessRules.chain(
          lines, "to_" + i, entry(taps.get(i).guard().interfaceName(), fromGuest(i) + 1));
    }
    lines.add("}");
    table(lines, hook.family());
    List<String> through = new ArrayList<>();
    for (int i = 0; i < taps.size(); i++) {
      Guarded one = taps.get(i);
      List<String> egress = new ArrayList<>(AccessRules.egress(one.guard()));
      egress.add("drop");
      AccessRules.chain(lines, "egress_" + i, egress);
      AccessRules.chain(lines, "ingress_" + i, AccessRules.ingress(one.guard()));
      boolean packets = hook == Hook.INET;
      String out = "iifname \"" + (packets ? one.bridge() : one.tap()) + "\"";
      String in = "iifname \"" + (packets ? one.bridge() : one.guard().interfaceName()) + "\"";
      through.add(out + " meta mark " + fromGuest(i) + " goto egress_" + i);
      through.add(in + " meta mark " + (fromGuest(i) + 1) + " goto ingress_" + i);
      through.add(out + " drop");
      through.add(in + " drop");
    }
    AccessRules.chain(lines, "forward", AccessRules.hooked("forward", through));
    untracked(lines, hook, taps.stream().flatMap(one -> one.guests().stream()).toList());
    lines.add("}");
    // What goes to all stations of a link goes to the bridge itself as well.
    table(lines, "inet", TABLE + "_bridges");
    List<String> up = new ArrayList<>();
    taps.stream()
        .flatMap(Guarded::bridges)
        .forEach(bridge -> up.add("iifname \"" + bridge + "\" drop"));
    AccessRules.chain(lines, "input", AccessRules.hooked("input", up));
    lines.add("}");
    return String.join("\n", lines) + "\n";
  }

  /**
   * A connection begins where there are rules. Were a packet noted before, on the bridge that leads
   * there, then one that is dropped would open the way for an answer all the same. Frames that have
   * no mark yet have not come to a bridge with rules.
   */
  private static void untracked(List<String> lines, Hook hook, List<String> bridges) {
    if (bridges.isEmpty()) {
      return;
    }
    List<String> rules = new ArrayList<>(List.of("type filter hook prerouting priority -300;"));
    if (hook == Hook.INET) {
      bridges.forEach(bridge -> rules.add("iifname \"" + bridge + "\" notrack"));
    } else {
      rules.add("meta mark 0 notrack");
    }
    AccessRules.chain(lines, "untracked", rules);
  }

  private static int fromGuest(int index) {
    return 2 * index + 1;
  }

  private static void table(List<String> lines, String family) {
    table(lines, family, TABLE);
  }

  private static void table(List<String> lines, String family, String name) {
    String table = "table " + family + " " + name;
    lines.addAll(List.of(table, "delete " + table, table + " {"));
  }

  private static List<String> entry(String device, int mark) {
    return List.of(
        "type filter hook ingress device \"" + device + "\" priority 0; policy accept;",
        "ether type != { ip, ip6, arp } drop",
        "meta mark set " + mark);
  }
}
