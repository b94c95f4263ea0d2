package org.lfedge.eve.tasks.core.eve;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;

/** Domains of EVE, mapped to what the node has words for. */
public final class DomainConfigs {

  private static final Problem AWAITED =
      Problem.host("DOMAIN_AWAITED", "EVE has not said yet whether it wants this domain");

  private DomainConfigs() {}

  /**
   * Maps domains: equal domains to equal results on equal nodes. A domain that cannot be mapped
   * says why, and holds up none of the others.
   *
   * @param present the ids of the apps that the node has; those of them that EVE may still name are
   *     left as they are
   */
  public static Wanted map(Domains domains, SortedSet<String> present, NodeRules rules) {
    DomainBridges bridges = new DomainBridges();
    CpuPins pins = new CpuPins(rules.cpus());
    List<App> apps = new ArrayList<>();
    for (DomainConfig domain : domains.configs().values()) {
      DomainMapping mapping = new DomainMapping(domain, rules, domains.images());
      List<Integer> pinned = mapping.pinned(pins);
      apps.add(mapping.map(bridges, pinned));
    }
    domains.unreadable().entrySet().stream()
        .filter(one -> !domains.configs().containsKey(one.getKey()))
        .forEach(one -> apps.add(unknown(one.getKey(), one.getValue())));
    if (!domains.whole()) {
      present.stream()
          .filter(id -> !domains.configs().containsKey(id))
          .filter(id -> !domains.unreadable().containsKey(id))
          .filter(id -> !domains.gone().contains(id))
          .forEach(id -> apps.add(unknown(id, AWAITED)));
    }
    return new Wanted(apps, new TreeSet<>(), bridges.sections(), new TreeMap<>());
  }

  /** What is there of it goes on as it is, as that of an active app does which cannot be mapped. */
  private static App unknown(String id, Problem why) {
    return new App(
        id, "", "", true, 0, 0, Duration.ZERO, Optional.empty(), List.of(), List.of(why));
  }
}
