package org.lfedge.eve.tasks.dist.endtoend;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Loses every packet to and from ports of this machine, without a word, until it is closed. */
final class NetworkCut implements AutoCloseable {

  private final String table;

  private NetworkCut(String table) {
    this.table = table;
  }

  static NetworkCut of(int... ports) {
    String list = IntStream.of(ports).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    String table = "tm_e2e_cut_" + ports[0];
    nft(
        """
        table inet %1$s
        delete table inet %1$s
        table inet %1$s {
          chain input {
            type filter hook input priority 0
            iifname lo tcp dport { %2$s } counter drop
            iifname lo tcp sport { %2$s } counter drop
          }
        }
        """
            .formatted(table, list));
    return new NetworkCut(table);
  }

  /** How many packets were lost. */
  long lost() {
    return Programs.run(List.of("nft", "list", "table", "inet", table))
        .expect(0)
        .out()
        .lines()
        .filter(line -> line.contains(" packets "))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".* packets ([0-9]+) .*", "$1")))
        .sum();
  }

  private static void nft(String commands) {
    Programs.run(List.of("nft", commands)).expect(0);
  }

  @Override
  public void close() {
    nft("delete table inet " + table);
  }
}
