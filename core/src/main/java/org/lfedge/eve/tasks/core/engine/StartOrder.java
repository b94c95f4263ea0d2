package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Dependency;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/** Which tasks are started after which others, by the {@code after:} of their documents. */
final class StartOrder implements Neighbours {

  private final Map<String, TaskWorker> workers;

  /**
   * The order among some tasks.
   *
   * @param workers by name, as they come and go
   */
  StartOrder(Map<String, TaskWorker> workers) {
    this.workers = workers;
  }

  @Override
  public List<Dependency> unmet(List<Dependency> dependencies) {
    return dependencies.stream().filter(dependency -> !isMet(dependency)).toList();
  }

  private boolean isMet(Dependency dependency) {
    TaskWorker worker = workers.get(dependency.task());
    if (worker == null) {
      return false;
    }
    TaskRecord record = worker.record();
    boolean runs = record.state() == TaskState.RUNNING;
    return switch (dependency.on()) {
      case STARTED ->
          runs
              || (record.state() == TaskState.STOPPED
                  && record.exit().map(ExitStatus::success).orElse(false));
      case HEALTHY ->
          runs
              && worker
                  .health()
                  .map(health -> health.status() == HealthWatch.Status.HEALTHY)
                  .orElse(record.document().health().isEmpty());
    };
  }

  @Override
  public void progressed(String task) {
    for (TaskWorker worker : workers.values()) {
      List<Dependency> after = worker.record().document().after();
      if (after.stream().anyMatch(dependency -> dependency.task().equals(task))) {
        worker.reconcileSoon();
      }
    }
  }

  /**
   * Refuses documents by which tasks would wait for one another for ever.
   *
   * @param all by name, what is on the node included
   * @param changed those of them that may close a circle
   * @throws TaskException with a problem for each of these that is in one
   */
  static void refuseCircles(SortedMap<String, TaskDocument> all, Collection<TaskDocument> changed) {
    List<Problem> problems = new ArrayList<>();
    for (TaskDocument document : changed) {
      List<String> way = new ArrayList<>(List.of(document.name()));
      if (leadsBack(all, way, new ArrayList<>())) {
        problems.add(
            Problem.inDocument(
                "AFTER_CIRCLE",
                "after",
                String.join(", ", way.subList(1, way.size())),
                "these tasks would wait for one another for ever: "
                    + String.join(" after ", way)
                    + "; remove one of these dependencies"));
      }
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  /** Depth first; the way ends with the task that it began with if there is a circle. */
  private static boolean leadsBack(
      SortedMap<String, TaskDocument> all, List<String> way, List<String> seen) {
    TaskDocument last = all.get(way.get(way.size() - 1));
    if (last == null) {
      return false;
    }
    for (Dependency dependency : last.after()) {
      String next = dependency.task();
      if (next.equals(way.get(0))) {
        way.add(next);
        return true;
      }
      if (!seen.contains(next)) {
        seen.add(next);
        way.add(next);
        if (leadsBack(all, way, seen)) {
          return true;
        }
        way.remove(way.size() - 1);
      }
    }
    return false;
  }
}
