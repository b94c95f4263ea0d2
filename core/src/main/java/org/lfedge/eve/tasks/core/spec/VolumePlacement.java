package org.lfedge.eve.tasks.core.spec;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;

/**
 * Holds a seed to the volumes of its task, and to its root where that is one as well: each of them
 * is mounted exactly once, in a view that it offers. A program that runs without its data, or with
 * another's, is worse than one that does not.
 */
final class VolumePlacement {

  private VolumePlacement() {}

  /**
   * Checks a seed.
   *
   * @param mounted the names of the volumes that are among the planned mounts
   * @throws TaskException with code {@code VOLUME_NOT_PLACED} or {@code ROOT_NOT_PLACED} and all
   *     that is wrong
   */
  static void require(Seed seed, SpecInputs inputs, Collection<String> mounted) {
    List<Source.OfVolume> asked = new ArrayList<>();
    seed.mounts()
        .forEach(
            mount -> {
              if (mount.source() instanceof Source.OfVolume source) {
                asked.add(source);
              }
            });
    List<Problem> problems = new ArrayList<>();
    inputs
        .volumes()
        .forEach(
            (name, place) -> {
              List<Source.OfVolume> of = asked.stream().filter(a -> a.name().equals(name)).toList();
              if (of.isEmpty() && place.mayBeLeftOut()) {
                return;
              }
              if (of.size() != 1) {
                problems.add(
                    inputs.defect(
                        "VOLUME_NOT_PLACED", "mounts volume " + name + " " + times(of.size())));
              } else if (!place.views().contains(of.get(0).view())) {
                problems.add(
                    inputs.defect(
                        "VOLUME_NOT_PLACED",
                        "mounts volume "
                            + name
                            + " as "
                            + of.get(0).view().name().toLowerCase(Locale.ROOT)
                            + ", which it does not offer"));
              } else if (!mounted.contains(name)) {
                problems.add(
                    inputs.defect(
                        "VOLUME_NOT_PLACED",
                        "mounts volume "
                            + name
                            + " where the core, or the seed itself, mounts something else"));
              }
            });
    asked.stream()
        .map(Source.OfVolume::name)
        .distinct()
        .filter(name -> !inputs.volumes().containsKey(name))
        .forEach(
            name ->
                problems.add(
                    inputs.defect(
                        "VOLUME_NOT_PLACED",
                        "mounts volume " + name + ", which the task does not have")));
    requireRoot(seed, inputs, mounted, problems);
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  private static void requireRoot(
      Seed seed, SpecInputs inputs, Collection<String> mounted, List<Problem> problems) {
    List<Source.OfRoot> asked = new ArrayList<>();
    seed.mounts()
        .forEach(
            mount -> {
              if (mount.source() instanceof Source.OfRoot source) {
                asked.add(source);
              }
            });
    if (inputs.root().isEmpty()) {
      if (!asked.isEmpty()) {
        problems.add(
            inputs.defect(
                "ROOT_NOT_PLACED",
                "mounts the root of the task, which "
                    + (seed.base() == Base.TOOLS ? "has none" : "is the anchor's own")));
      }
    } else if (asked.size() != 1) {
      problems.add(
          inputs.defect("ROOT_NOT_PLACED", "mounts the root of the task " + times(asked.size())));
    } else if (!inputs.root().get().views().contains(asked.get(0).view())) {
      problems.add(
          inputs.defect(
              "ROOT_NOT_PLACED",
              "mounts the root of the task as "
                  + asked.get(0).view().name().toLowerCase(Locale.ROOT)
                  + ", which it does not offer"));
    } else if (!mounted.contains(Volumes.ROOT)) {
      problems.add(
          inputs.defect(
              "ROOT_NOT_PLACED",
              "mounts the root of the task where the core, or the seed itself, mounts something"
                  + " else"));
    }
  }

  private static String times(int count) {
    return count == 0 ? "nowhere" : count + " times";
  }
}
