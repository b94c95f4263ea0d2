package org.lfedge.eve.tasks.core.port;

import java.util.List;
import java.util.Optional;

/**
 * A network of the node that tasks may name.
 *
 * @param name unique on the node
 * @param type {@code bridge}, {@code switch}, {@code none}, {@code host}, or {@code cni} for a
 *     config that others wrote
 * @param plugins of CNI that make it, in order; empty where there are none
 * @param subnets that addresses are given from, as far as that is known
 * @param source the file that describes it; empty for those of the node's config
 * @param problem why it cannot be used; empty for one that can
 */
public record Network(
    String name,
    String type,
    List<String> plugins,
    List<String> subnets,
    Optional<String> source,
    Optional<String> problem) {

  /** Keeps copies of the lists. */
  public Network {
    plugins = List.copyOf(plugins);
    subnets = List.copyOf(subnets);
  }
}
