package org.lfedge.eve.tasks.core.plugin;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.Rejected;
import org.lfedge.eve.tasks.core.port.Origin;

/**
 * Chooses who serves where several plugins have an executor of one name: names of bundled executors
 * are theirs alone, those of trusted ones not for others; else the highest version serves, unless
 * two files have it.
 */
final class Selection {

  private final Comparator<String> versions;
  private final SortedMap<String, List<Offer>> offers = new TreeMap<>();
  private final List<Refusal> refusals = new ArrayList<>();

  Selection(Comparator<String> versions) {
    this.versions = versions;
  }

  /** An executor that a file has. */
  record Offer(PluginFile file, LoadedExecutor executor) {

    String name() {
      return executor.executor().info().name();
    }

    String title() {
      return "executor " + name() + " " + executor.version();
    }
  }

  private record Refusal(PluginFile file, Rejected rejected) {}

  void offer(Offer offer) {
    offers.computeIfAbsent(offer.name(), name -> new ArrayList<>()).add(offer);
  }

  void reject(PluginFile file, String code, String reason) {
    refusals.add(new Refusal(file, new Rejected(file.name(), code, reason, Optional.empty())));
  }

  private void reject(Offer offer, String code, String reason) {
    ExecutorCatalog.Offer offered =
        new ExecutorCatalog.Offer(
            offer.name(), offer.executor().version(), offer.executor().digest());
    refusals.add(
        new Refusal(
            offer.file(), new Rejected(offer.file().name(), code, reason, Optional.of(offered))));
  }

  /** Who serves, by name. To be called once. */
  SortedMap<String, LoadedExecutor> executors() {
    SortedMap<String, LoadedExecutor> serving = new TreeMap<>();
    offers.forEach(
        (name, candidates) -> {
          List<Offer> left = allowed(candidates);
          left.sort(Comparator.comparing((Offer offer) -> offer.executor().version(), versions));
          while (!left.isEmpty() && !serving.containsKey(name)) {
            Offer highest = left.remove(left.size() - 1);
            List<Offer> equal = left.stream().filter(offer -> sameVersion(offer, highest)).toList();
            if (equal.isEmpty()) {
              serving.put(name, highest.executor());
              left.forEach(offer -> supersede(offer, highest));
            } else {
              left.removeAll(equal);
              conflict(highest, equal.get(0));
              equal.forEach(offer -> conflict(offer, highest));
            }
          }
        });
    return serving;
  }

  /** In the order of the files, those of the distribution first. */
  List<Rejected> rejected() {
    return refusals.stream()
        .sorted(
            Comparator.comparing((Refusal refusal) -> refusal.file.origin())
                .thenComparing(refusal -> refusal.file.name()))
        .map(Refusal::rejected)
        .toList();
  }

  private List<Offer> allowed(List<Offer> candidates) {
    // In the order of trust.
    Origin first =
        candidates.stream().map(offer -> offer.file().origin()).sorted().findFirst().orElseThrow();
    List<Offer> allowed = new ArrayList<>(candidates);
    allowed.removeIf(offer -> offer.file().origin() != first);
    for (Offer offer : candidates) {
      if (!allowed.contains(offer)) {
        reject(
            offer,
            "NAME_RESERVED",
            offer.title()
                + " has the name of "
                + (first == Origin.BUNDLED ? "a bundled one" : "one that policy trusts")
                + "; give it another name");
      }
    }
    return allowed;
  }

  private boolean sameVersion(Offer one, Offer other) {
    return versions.compare(one.executor().version(), other.executor().version()) == 0;
  }

  private void supersede(Offer offer, Offer by) {
    reject(
        offer,
        "SUPERSEDED",
        offer.title() + " is superseded by " + by.executor().version() + " in " + by.file().name());
  }

  private void conflict(Offer offer, Offer with) {
    reject(
        offer,
        "VERSION_CONFLICT",
        offer.title()
            + " is in "
            + with.file().name()
            + " as well, and neither is the newer one; remove one of them");
  }
}
