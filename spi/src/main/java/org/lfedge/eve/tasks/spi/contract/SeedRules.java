package org.lfedge.eve.tasks.spi.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Violation.Rule;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/** What a seed must keep of the document that it was made for, whatever the kind of workload. */
final class SeedRules {

  private SeedRules() {}

  static List<Violation> check(Seed seed, SeedRequest request, ExecutorInfo info) {
    TaskConfig task = request.task();
    List<Violation> found = new ArrayList<>();
    Root.Kind kind = task.root().kind();
    if (!info.rootKinds().contains(kind)) {
      found.add(new Violation(Rule.KIND_NOT_DECLARED, kind + " was seeded"));
    }
    task.env()
        .forEach(
            (key, value) -> {
              List<String> there =
                  seed.process().env().stream()
                      .filter(variable -> variable.startsWith(key + "="))
                      .toList();
              if (!there.equals(List.of(key + "=" + value))) {
                found.add(
                    new Violation(
                        Rule.ENV_LOST, key + " stands " + there.size() + " times in the seed"));
              }
            });
    if (task.root().readOnly() && !seed.readOnly()) {
      found.add(new Violation(Rule.READ_ONLY_LOST, task.root() + " became writable"));
    }
    List<StopStep> steps = seed.stop().steps();
    Duration grace = steps.isEmpty() ? Duration.ZERO : steps.get(0).grace();
    if (grace.compareTo(task.stopGrace()) > 0) {
      found.add(new Violation(Rule.GRACE_EXCEEDED, grace + " instead of " + task.stopGrace()));
    }
    return found;
  }
}
