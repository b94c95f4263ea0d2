package org.lfedge.eve.tasks.core.engine;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.engine.Planner.NodeLayout;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.Processes;
import org.lfedge.eve.tasks.core.port.StuckOutput;
import org.lfedge.eve.tasks.core.port.TaskOutput;

/**
 * Looks for what happens to running tasks and nobody tells of: processes that the kernel kills for
 * want of memory while the anchor lives on, and streams that are stuck. Not for several threads at
 * once.
 */
final class TroubleWatch {

  private final Map<String, TaskWorker> workers;
  private final Processes processes;
  private final TaskOutput output;
  private final NodeLayout layout;
  private Set<String> stuck = new TreeSet<>();

  /**
   * A watch over some tasks.
   *
   * @param workers by name, as they come and go
   */
  TroubleWatch(
      Map<String, TaskWorker> workers, Processes processes, TaskOutput output, NodeLayout layout) {
    this.workers = workers;
    this.processes = processes;
    this.output = output;
    this.layout = layout;
  }

  /** Takes one look at all tasks. */
  void look() {
    workers.forEach(
        (name, worker) ->
            worker
                .record()
                .anchor()
                .ifPresent(
                    anchor ->
                        processes
                            .oomKills(layout.cgroup(name))
                            .ifPresent(kills -> report(worker, anchor, kills))));
    lookForStuckOutput();
  }

  private static void report(TaskWorker worker, Anchor anchor, long kills) {
    if (kills > worker.record().oomKills()) {
      worker.troubles().outOfMemory(anchor, kills);
    }
  }

  private void lookForStuckOutput() {
    Set<String> now = new TreeSet<>();
    for (StuckOutput stream : output.stuck()) {
      TaskWorker worker = workers.get(stream.task());
      String key = stream.task() + " " + stream.stream();
      now.add(key);
      if (worker != null && !stuck.contains(key)) {
        worker.troubles().outputStuck(stream.stream().toString().toLowerCase(Locale.ROOT));
      }
    }
    stuck = now;
  }
}
