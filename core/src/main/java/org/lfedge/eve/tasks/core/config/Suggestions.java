package org.lfedge.eve.tasks.core.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Finds what somebody meant who misspelt a word, or knows it from another tool. */
public final class Suggestions {

  /**
   * What Compose, Kubernetes, systemd and containerd's client call the keys of task documents; in
   * small letters, without what joins them. Of several, the one that is known at the place is
   * meant.
   */
  private static final Map<String, List<String>> ELSEWHERE =
      Map.ofEntries(
          Map.entry("acl", List.of("allow")),
          Map.entry("acls", List.of("allow")),
          Map.entry("address", List.of("addresses")),
          Map.entry("affinity", List.of("pin")),
          Map.entry("args", List.of("command", "exec")),
          Map.entry("bindpropagation", List.of("propagation")),
          Map.entry("capacity", List.of("blank", "tmpfs")),
          Map.entry("claimname", List.of("volume")),
          Map.entry("cmd", List.of("command", "exec")),
          Map.entry("command", List.of("exec")),
          Map.entry("condition", List.of("policy", "on")),
          Map.entry("containerpath", List.of("target")),
          Map.entry("cpuset", List.of("pin")),
          Map.entry("cwd", List.of("workingDir")),
          Map.entry("delay", List.of("backoff", "start")),
          Map.entry("dependson", List.of("after")),
          Map.entry("destination", List.of("target")),
          Map.entry("disk", List.of("file")),
          Map.entry("disks", List.of("volumes")),
          Map.entry("emptydir", List.of("tmpfs")),
          Map.entry("entrypoint", List.of("command")),
          Map.entry("environment", List.of("env")),
          Map.entry("failurethreshold", List.of("retries")),
          Map.entry("firewall", List.of("allow")),
          Map.entry("healthcheck", List.of("health")),
          Map.entry("hostname", List.of("name")),
          Map.entry("hostpath", List.of("source", "path")),
          Map.entry("httpget", List.of("http")),
          Map.entry("hwaddr", List.of("mac")),
          Map.entry("ifname", List.of("name")),
          Map.entry("initialdelayseconds", List.of("start")),
          Map.entry("ip", List.of("addresses")),
          Map.entry("ipaddress", List.of("addresses")),
          Map.entry("ipv4address", List.of("addresses")),
          Map.entry("ipv6address", List.of("addresses")),
          Map.entry("livenessprobe", List.of("health")),
          Map.entry("macaddress", List.of("mac")),
          Map.entry("mountpath", List.of("target")),
          Map.entry("mountpoint", List.of("target")),
          Map.entry("mountpropagation", List.of("propagation")),
          Map.entry("mounts", List.of("volumes")),
          Map.entry("name", List.of("task")),
          Map.entry("nameservers", List.of("dns")),
          Map.entry("network", List.of("interfaces")),
          Map.entry("networks", List.of("interfaces", "network")),
          Map.entry("path", List.of("source", "file")),
          Map.entry("periodseconds", List.of("interval")),
          Map.entry("permissions", List.of("access")),
          Map.entry("persistentvolumeclaim", List.of("volume")),
          Map.entry("port", List.of("tcp")),
          Map.entry("publish", List.of("ports")),
          Map.entry("requires", List.of("after")),
          Map.entry("restartpolicy", List.of("restart")),
          Map.entry("restartsec", List.of("backoff")),
          Map.entry("retry", List.of("restart", "retries")),
          Map.entry("ro", List.of("readOnly")),
          Map.entry("rules", List.of("allow")),
          Map.entry("secondarynetworks", List.of("interfaces")),
          Map.entry("size", List.of("blank", "tmpfs")),
          Map.entry("startperiod", List.of("start")),
          Map.entry("storage", List.of("volumes")),
          Map.entry("subnet", List.of("cidr")),
          Map.entry("tcpsocket", List.of("tcp")),
          Map.entry("test", List.of("exec")),
          Map.entry("tty", List.of("terminal")),
          Map.entry("type", List.of("format")),
          Map.entry("url", List.of("http")),
          Map.entry("volumedevices", List.of("volumes")),
          Map.entry("volumemounts", List.of("volumes")));

  private Suggestions() {}

  /**
   * The known word that another tool calls by a given one; else the one that is nearest to it,
   * unless it takes more than one edit for every three letters (at least one, at most three) to
   * come from one to the other.
   */
  public static Optional<String> nearest(String word, Collection<String> known) {
    String plain = word.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
    return ELSEWHERE.getOrDefault(plain, List.of()).stream()
        .filter(known::contains)
        .findFirst()
        .or(() -> leastEdits(word, known));
  }

  private static Optional<String> leastEdits(String word, Collection<String> known) {
    return known.stream()
        .filter(candidate -> Math.abs(candidate.length() - word.length()) <= 3)
        .filter(candidate -> distance(word, candidate) <= tolerance(candidate))
        .min(
            Comparator.comparingInt((String candidate) -> distance(word, candidate))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static int tolerance(String word) {
    return Math.max(1, Math.min(3, word.length() / 3));
  }

  /**
   * The least number of letters to insert, remove, replace or swap with their neighbour (optimal
   * string alignment), upper and lower case taken for the same.
   */
  private static int distance(String from, String to) {
    String a = from.toLowerCase(Locale.ROOT);
    String b = to.toLowerCase(Locale.ROOT);
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        int replaced = edits[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        edits[i][j] = Math.min(replaced, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          edits[i][j] = Math.min(edits[i][j], edits[i - 2][j - 2] + 1);
        }
      }
    }
    return edits[a.length()][b.length()];
  }
}
