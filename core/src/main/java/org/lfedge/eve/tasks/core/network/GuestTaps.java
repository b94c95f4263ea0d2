package org.lfedge.eve.tasks.core.network;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.network.GuestRules.Guarded;
import org.lfedge.eve.tasks.core.network.GuestRules.Hook;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.spi.seed.Attachment.Form;
import org.lfedge.eve.tasks.spi.seed.Join;

/**
 * Joins taps with interfaces in a namespace, so that whoever opens a tap has the interface's MAC
 * and addresses for itself. In place of a tap there may be a bridge, for an interface that a
 * hypervisor makes: joined is the near end of a pair then, whose far end is a port of that bridge.
 * The interface keeps both, for the plugins that made it and for those who look: but nothing that
 * comes in for them gets to the namespace's own side.
 *
 * <p>What is there is told by the namespace itself: our links are in a group of links, and the
 * alias of each tap, or bridge in place of one, says what it is joined with, once all of them are.
 */
final class GuestTaps {

  /** As a number, since names of groups stand in a file of the node. */
  private static final String GROUP = Integer.toString(0x746d);

  private static final int DIGITS = 32;
  private static final String UNSUPPORTED = "no rules: ";

  /**
   * Taps and bridges are without IPv6, of which each link has an address otherwise. A bridge passes
   * on what is for the interface's MAC only if that is known to be on the tap: as the address of a
   * port it would be taken for the namespace's own. Nothing is learned from the interface, as the
   * bridge of the node may send back what a guest sent to all. The bridge has another MAC, and
   * answers no ARP. Rules stand before it lets anything through; what keeps them is what the kernel
   * has already, as loading {@code br_netfilter} would change how all bridges of the node work.
   *
   * <p>From the far end of a pair nothing is learned either, for the same reason: where the guest
   * is on its bridge, only the guest says.
   */
  private static final String JOIN =
      """
      inet=$1 bridged=$2 digest=$3 group=$4
      shift 4
      links() { ip -o link show group "$group" | sed -n 's/^[0-9]*: \\([^:@]*\\)[:@].*/\\1/p'; }
      joins() {
        ip -o link show group "$group" |
          sed -n 's/^[0-9]*: \\([^:@]*\\)[:@].*alias joins \\([^ ]* [^ ]* [^ \\\\]*\\).*/\\1 \\2/p'
      }
      index() { ip -o link show dev "$1" | sed 's/:.*//'; }
      wanted() {
        while [ $# -gt 0 ]; do
          echo "$1 $2 $(index "$2") $digest"
          shift 8
        done
      }
      clear() {
        joins | while read -r name interface rest; do
          tc qdisc del dev "$interface" ingress 2>/dev/null
        done
        # With one end of a pair, the other is gone as well.
        for link in $(links); do ip link del dev "$link" 2>/dev/null; done
        command -v nft >/dev/null || return 0
        for family in netdev bridge inet; do
          nft delete table "$family" taskmanager_guests 2>/dev/null
        done
        nft delete table inet taskmanager_guests_bridges 2>/dev/null
        return 0
      }
      quiet() {
        if [ -d "/proc/sys/net/ipv6/conf/$1" ]; then
          echo 1 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"
        fi
      }
      between() {
        ip link add name "$@" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
        ip link set dev "$1" arp off
        quiet "$1"
      }
      redirect() {
        tc qdisc add dev "$1" ingress
        tc filter add dev "$1" parent ffff: protocol all u32 match u32 0 0 \\
            action mirred egress redirect dev "$2"
      }
      name() {
        ip link set dev "$1" alias "joins $2 $3 $4"
      }
      [ "$(wanted "$@" | sort)" != "$(joins | sort)" ] || exit 0
      clear
      trap 'code=$?; [ $code = 0 ] || { set +e; clear; }; exit $code' EXIT
      set -e
      bridges=
      i=0
      count=$(($# / 8))
      while [ $i -lt $count ]; do
        name=$1 interface=$2 uid=$3 mtu=$4 mac=$5 bridge=$6 near=$7 far=$8
        shift 8
        set -- "$@" "$name" "$interface" "$uid" "$mtu" "$mac" "$bridge" "$near" "$far"
        i=$((i + 1))
        # One that was cut short before it was in the group.
        ip tuntap del dev "$name" mode tap 2>/dev/null || :
        if [ -z "$far" ]; then
          ip tuntap add dev "$name" mode tap user "$uid"
          ip link set dev "$name" group "$group" mtu "$mtu"
        else
          between "$name" group "$group" mtu "$mtu"
        fi
        name "$name" "$interface" 0 unfinished
        if [ -n "$far" ]; then
          ip link add name "$near" group "$group" mtu "$mtu" \\
              type veth peer name "$far" group "$group" mtu "$mtu"
          quiet "$far"
          ip link set dev "$far" master "$name"
          ip link set dev "$far" type bridge_slave learning off
          ip link set dev "$far" up
          ip link set dev "$name" up
        fi
        quiet "$near"
        if [ -z "$bridge" ]; then
          redirect "$interface" "$near"
          redirect "$near" "$interface"
        else
          own=$(ip -o link show dev "$near" | sed 's/.*link.ether \\([0-9a-f:]*\\).*/\\1/')
          between "$bridge" group "$group" address "$own"
          ip link set dev "$near" master "$bridge"
          ip link set dev "$interface" master "$bridge"
          ip link set dev "$interface" type bridge_slave learning off
          bridge fdb replace "$mac" dev "$near" master static
          bridges="$bridges $bridge"
        fi
        ip link set dev "$near" up
      done
      if [ -n "$inet" ]; then
        command -v nft >/dev/null || { echo "nft is not installed (Debian: nftables)"; exit 1; }
        if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
          for bridge in $bridges; do
            ip link set dev "$bridge" type bridge nf_call_iptables 1 nf_call_ip6tables 1
          done
          nft -f "$inet"
        elif ! said=$(nft -f "$bridged" 2>&1); then
          set +e
          clear
          echo "no rules: $said"
          exit 0
        fi
      fi
      for bridge in $bridges; do ip link set dev "$bridge" up; done
      while [ $# -gt 0 ]; do
        name "$1" "$2" "$(index "$2")" "$digest"
        shift 8
      done
      """;

  private final ScratchDirectory scratch;
  private final HelperCommand helper;

  /** A tap or bridge that is wanted, and what is on record of the interface that it joins. */
  record Wanted(org.lfedge.eve.tasks.spi.seed.Attachment tap, Attachment joined) {

    String name() {
      return tap.tapName();
    }

    AttachedInterface made() {
      return joined.attached().orElseThrow();
    }

    /** Where there are rules, they hold on a bridge alone. */
    boolean isBridged() {
      return tap.join() == Join.BRIDGE || joined.allow().isPresent();
    }
  }

  GuestTaps(ScratchDirectory scratch, HelperCommand helper) {
    this.scratch = scratch;
    this.helper = helper;
  }

  /**
   * Makes taps, unless those that are there are the same; others of ours are removed.
   *
   * @param names that no link of ours may have: those of all interfaces of the task
   */
  void join(String task, Path pin, List<Wanted> taps, List<String> names) {
    Set<String> taken = new HashSet<>(names);
    taps.forEach(one -> taken.add(one.name()));
    List<String> links = new ArrayList<>();
    List<Guarded> guarded = new ArrayList<>();
    for (Wanted one : taps) {
      boolean pair = one.tap().form() == Form.BRIDGE;
      String bridge = one.isBridged() ? unused("br", taken) : "";
      String near = pair ? unused("near", taken) : one.name();
      links.addAll(
          List.of(
              one.name(),
              one.made().name(),
              Integer.toString(one.tap().ownerUid()),
              Integer.toString(one.made().mtu()),
              one.made().mac(),
              bridge,
              near,
              pair ? unused("far", taken) : ""));
      if (one.joined().allow().isPresent()) {
        Optional<String> guests = pair ? Optional.of(one.name()) : Optional.empty();
        guarded.add(new Guarded(near, bridge, guests, NamespaceInterfaces.guard(one.joined())));
      }
    }
    String said =
        guarded.isEmpty()
            ? run(task, pin, "", "", Digests.hex(links.toString(), DIGITS), links)
            : withRules(task, pin, guarded, links);
    if (said.startsWith(UNSUPPORTED)) {
      throw TaskException.failed(unsupported(task, said.substring(UNSUPPORTED.length())));
    }
  }

  private String withRules(String task, Path pin, List<Guarded> guarded, List<String> links) {
    String inet = GuestRules.write(Hook.INET, guarded);
    String bridged = GuestRules.write(Hook.BRIDGE, guarded);
    String digest = Digests.hex(links + inet, DIGITS);
    return scratch.withFile(
        "inet",
        inet,
        first ->
            scratch.withFile(
                "bridge",
                bridged,
                second -> run(task, pin, first.toString(), second.toString(), digest, links)));
  }

  private static String unused(String word, Set<String> taken) {
    int number = 0;
    while (!taken.add(word + number)) {
      number++;
    }
    return word + number;
  }

  private String run(
      String task, Path pin, String inet, String bridged, String digest, List<String> links) {
    List<String> command = new ArrayList<>(List.of("nsenter", "--net=" + pin, "sh", "-c"));
    command.addAll(List.of(JOIN, "sh", inet, bridged, digest, GROUP));
    command.addAll(links);
    return helper.run(task, "join guests with the interfaces of task " + task, command);
  }

  private static Problem unsupported(String task, String why) {
    return Problem.host(
        "RULES_UNSUPPORTED",
        "a guest of task "
            + task
            + " is joined with an interface that has rules for what may pass, and this kernel cannot"
            + " keep them on a bridge ("
            + why.replace('\n', ' ')
            + "); load br_netfilter or nf_conntrack_bridge (modprobe), or let everything pass"
            + " (leave out allow in the document and in the node's config of the network)");
  }
}
