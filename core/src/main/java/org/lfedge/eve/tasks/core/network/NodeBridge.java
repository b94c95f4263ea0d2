package org.lfedge.eve.tasks.core.network;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A bridge that is made when the first interface joins it, and removed with the last one.
 *
 * @param name of the bridge, at most 15 bytes
 * @param network that it is for
 * @param mtu in bytes
 * @param port of the node that belongs to it; empty for one inside the node
 * @param subnets of its own, whose gateway it is; none for one with a port
 */
record NodeBridge(String name, String network, int mtu, Optional<String> port, List<Cidr> subnets) {

  static final String PREFIX = "tm-";
  private static final int DIGITS = 10;

  /**
   * To be run as often as one likes. The MTU is set twice: only one that was changed by hand keeps
   * the bridge from following the lowest of its members. A gateway that is being probed for
   * duplicates would not answer in its first second. A node that forwards IPv6 no longer listens to
   * its routers unless it is told to, and it is made to forward by the gateway's address.
   */
  private static final String UP =
      """
      set -e
      bridge=$1 mtu=$2 alias=$3 port=$4 rules=$5 ipv6=$6
      test -r "$rules"
      if ! ip link show dev "$bridge" >/dev/null 2>&1; then
        ip link add name "$bridge" type bridge
      fi
      other=$((mtu < 65535 ? mtu + 1 : mtu - 1))
      ip link set dev "$bridge" alias "$alias" mtu "$other"
      ip link set dev "$bridge" mtu "$mtu"
      conf=/proc/sys/net/ipv6/conf
      if [ -d "$conf/$bridge" ]; then
        echo 0 >"$conf/$bridge/accept_dad"
        echo 0 >"$conf/$bridge/accept_ra"
      fi
      if [ -n "$ipv6" ] && [ -z "$port" ]; then
        for file in "$conf"/*/accept_ra; do
          case $file in */all/*|*/default/*|*/lo/*|*/tm-*|*/veth*) continue ;; esac
          if [ "$(cat "$file")" = 1 ]; then echo 2 >"$file"; fi
        done
      fi
      if [ -n "$port" ]; then
        ip link set dev "$port" master "$bridge" up
      fi
      ip link set dev "$bridge" up
      command -v nft >/dev/null || { echo "nft is not installed (Debian: nftables)"; exit 1; }
      nft -f "$rules"
      accept() {
        command -v "$1" >/dev/null || return 0
        case $("$1" -w -S FORWARD) in *"-i $bridge -j ACCEPT"*) return 0 ;; esac
        printf '%s\\n' '*filter' "-I FORWARD -i $bridge -j ACCEPT" \
            "-I FORWARD -o $bridge -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT" \
            COMMIT | "$1-restore" -w -n
      }
      accept iptables
      if [ -n "$ipv6" ]; then accept ip6tables; fi
      """;

  /**
   * Succeeds if there is nothing. A chain without rules, which iptables made for ours, goes too.
   */
  private static final String DOWN =
      """
      bridge=$1 table=$2 ipv6=$3
      forget() {
        command -v "$1" >/dev/null || return 0
        case $("$1" -w -S FORWARD 2>/dev/null) in *"-i $bridge -j ACCEPT"*) ;; *) return 0 ;; esac
        printf '%s\\n' '*filter' "-D FORWARD -i $bridge -j ACCEPT" \
            "-D FORWARD -o $bridge -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT" \
            COMMIT | "$1-restore" -w -n
        if [ "$("$1" -w -S FORWARD)" = "-P FORWARD ACCEPT" ]; then
          "$1" -w -X FORWARD 2>/dev/null
        fi
      }
      forget iptables
      if [ -n "$ipv6" ]; then forget ip6tables; fi
      printf 'table inet %s\\ndelete table inet %s\\n' "$table" "$table" | nft -f - || exit
      if ip link show dev "$bridge" >/dev/null 2>&1; then
        ip link del dev "$bridge" || exit
      fi
      """;

  NodeBridge {
    subnets = List.copyOf(subnets);
  }

  /** What a network's bridge is called; another instance on the same node has other names. */
  static String nameOf(Path state, String network) {
    return PREFIX + Digests.hex(state + "\0" + network, DIGITS);
  }

  /** The command that makes it. */
  List<String> up(Path rules) {
    return List.of(
        "sh",
        "-c",
        UP,
        "sh",
        name,
        Integer.toString(mtu),
        "taskmanager network " + network,
        port.orElse(""),
        rules.toString(),
        ipv6());
  }

  /** The command that removes it. */
  List<String> down() {
    return List.of("sh", "-c", DOWN, "sh", name, table(), ipv6());
  }

  /** Anything may pass through a bridge with a port. */
  private String ipv6() {
    return port.isPresent() || subnets.stream().anyMatch(subnet -> !subnet.isIpv4()) ? "yes" : "";
  }

  private String table() {
    return "taskmanager_" + name.substring(PREFIX.length());
  }

  /**
   * Keeps it apart from other bridges of this kind, save for ports that are published, and
   * translates addresses that leave. In rules of nftables, since the plugin for bridges forgets
   * those of its own where the namespace of a task is gone.
   */
  String rules() {
    String gateways =
        subnets.stream()
            .map(
                subnet ->
                    "    iifname \"%s*\" iifname != \"%s\" %s daddr %s drop\n"
                        .formatted(PREFIX, name, family(subnet), Cidr.text(subnet.gateway())))
            .collect(Collectors.joining());
    String translated =
        subnets.stream()
            .map(
                subnet ->
                    "    oifname != \"%s\" %s saddr %s %s daddr != { %s, %s } masquerade\n"
                        .formatted(
                            name,
                            family(subnet),
                            subnet,
                            family(subnet),
                            subnet,
                            subnet.isIpv4() ? "224.0.0.0/4" : "ff00::/8"))
            .collect(Collectors.joining());
    return Stream.of(
            "table inet %1$s\ndelete table inet %1$s\ntable inet %1$s {\n".formatted(table()),
            "  chain forward {\n    type filter hook forward priority -1; policy accept;\n",
            "    ct status dnat accept\n",
            "    ct state established,related accept\n",
            "    iifname \"%1$s\" oifname \"%2$s*\" oifname != \"%1$s\" drop\n  }\n"
                .formatted(name, PREFIX),
            "  chain input {\n    type filter hook input priority -1; policy accept;\n",
            gateways,
            "  }\n  chain postrouting {\n    type nat hook postrouting priority 100; policy accept;",
            "\n",
            translated,
            "  }\n}\n")
        .collect(Collectors.joining());
  }

  private static String family(Cidr subnet) {
    return subnet.isIpv4() ? "ip" : "ip6";
  }
}
