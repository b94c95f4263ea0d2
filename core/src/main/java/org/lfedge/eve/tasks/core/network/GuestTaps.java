package org.lfedge.eve.tasks.core.network;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.network.GuestRules.Guarded;
import org.lfedge.eve.tasks.core.network.GuestRules.Hook;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.spi.seed.Join;

/**
 * Joins taps with interfaces in a namespace, so that whoever opens a tap has the interface's MAC
 * and addresses for itself. The interface keeps both, for the plugins that made it and for those
 * who look: but nothing that comes in for them gets to the namespace's own side.
 *
 * <p>What is there is told by the namespace itself: our links are in a group of links, and the
 * alias of each tap says what it is joined with, once all of them are.
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
          shift 6
        done
      }
      clear() {
        joins | while read -r tap interface rest; do
          tc qdisc del dev "$interface" ingress 2>/dev/null
        done
        for link in $(links); do ip link del dev "$link"; done
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
      count=$(($# / 6))
      while [ $i -lt $count ]; do
        tap=$1 interface=$2 uid=$3 mtu=$4 mac=$5 bridge=$6
        shift 6
        set -- "$@" "$tap" "$interface" "$uid" "$mtu" "$mac" "$bridge"
        i=$((i + 1))
        # One that was cut short before it was in the group.
        ip tuntap del dev "$tap" mode tap 2>/dev/null || :
        ip tuntap add dev "$tap" mode tap user "$uid"
        ip link set dev "$tap" group "$group" mtu "$mtu"
        name "$tap" "$interface" 0 unfinished
        quiet "$tap"
        if [ -z "$bridge" ]; then
          redirect "$interface" "$tap"
          redirect "$tap" "$interface"
        else
          own=$(ip -o link show dev "$tap" | sed 's/.*link.ether \\([0-9a-f:]*\\).*/\\1/')
          ip link add name "$bridge" group "$group" address "$own" \\
              type bridge stp_state 0 forward_delay 0 mcast_snooping 0
          ip link set dev "$bridge" arp off
          quiet "$bridge"
          ip link set dev "$tap" master "$bridge"
          ip link set dev "$interface" master "$bridge"
          ip link set dev "$interface" type bridge_slave learning off
          bridge fdb replace "$mac" dev "$tap" master static
          bridges="$bridges $bridge"
        fi
        ip link set dev "$tap" up
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
        shift 6
      done
      """;

  private final ScratchDirectory scratch;
  private final HelperCommand helper;

  /** A tap that is wanted, and what is on record of the interface that it joins. */
  record Wanted(org.lfedge.eve.tasks.spi.seed.Attachment tap, Attachment joined) {

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
    taps.forEach(one -> taken.add(one.tap().tapName()));
    List<String> links = new ArrayList<>();
    List<Guarded> guarded = new ArrayList<>();
    for (Wanted one : taps) {
      String bridge = one.isBridged() ? bridge(taken) : "";
      links.addAll(
          List.of(
              one.tap().tapName(),
              one.made().name(),
              Integer.toString(one.tap().ownerUid()),
              Integer.toString(one.made().mtu()),
              one.made().mac(),
              bridge));
      if (one.joined().allow().isPresent()) {
        guarded.add(
            new Guarded(one.tap().tapName(), bridge, NamespaceInterfaces.guard(one.joined())));
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

  private static String bridge(Set<String> taken) {
    int number = 0;
    while (!taken.add("br" + number)) {
      number++;
    }
    return "br" + number;
  }

  private String run(
      String task, Path pin, String inet, String bridged, String digest, List<String> links) {
    List<String> command = new ArrayList<>(List.of("nsenter", "--net=" + pin, "sh", "-c"));
    command.addAll(List.of(JOIN, "sh", inet, bridged, digest, GROUP));
    command.addAll(links);
    return helper.run(task, "join taps with the interfaces of task " + task, command);
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
