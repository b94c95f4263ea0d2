package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.admission.CpuPartition;
import org.lfedge.eve.tasks.core.admission.CpuSet;
import org.lfedge.eve.tasks.core.engine.Planner.NodeLayout;
import org.lfedge.eve.tasks.core.port.Processes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Divides the CPUs of the node among its tasks, and moves those that run when the division changes:
 * the others make room before a task that pins CPUs is made, and get its CPUs when it is gone. What
 * a running task has is read from the kernel, so a move that was cut short is mended by the next.
 */
final class CpuSharing {

  private static final Logger log = LoggerFactory.getLogger(CpuSharing.class);

  private final Map<String, TaskWorker> workers;
  private final Processes processes;
  private final NodeLayout layout;
  private volatile CpuPartition partition;

  /**
   * Shares CPUs among tasks.
   *
   * @param workers by name, as they come and go
   * @param online the CPUs of the node
   */
  CpuSharing(
      CpuSet online, Map<String, TaskWorker> workers, Processes processes, NodeLayout layout) {
    this.partition = CpuPartition.of(online);
    this.workers = workers;
    this.processes = processes;
    this.layout = layout;
  }

  /**
   * Gives a task the CPUs that it pins, or none of its own, and moves the others.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if they are not to be had
   */
  synchronized void claim(String task, List<Integer> pins) {
    moveTo(partition.with(task, CpuSet.of(pins)));
  }

  /** What a task was promised before, whatever the node has now. */
  synchronized void restore(String task, List<Integer> pins) {
    partition = partition.restored(task, CpuSet.of(pins));
  }

  /** Gives the CPUs of a task that is gone to the others. */
  synchronized void release(String task) {
    moveTo(partition.without(task));
  }

  /** Brings the running tasks to what they should have, as after a start of the daemon. */
  synchronized void settle() {
    move(partition, partition);
  }

  /** The set of CPUs that a task gets, as its spec has it; empty for all of the node. */
  Optional<String> inSpec(String task) {
    CpuPartition now = partition;
    return now.inSpec(now.of(task));
  }

  private void moveTo(CpuPartition next) {
    CpuPartition before = partition;
    if (!next.equals(before)) {
      partition = next;
      move(before, next);
    }
  }

  private void move(CpuPartition before, CpuPartition next) {
    SortedMap<String, CpuSet> now = new TreeMap<>();
    workers.forEach(
        (name, worker) -> {
          if (worker.record().state().hasAnchor()) {
            processes
                .cpus(layout.cgroup(name))
                .filter(cpus -> !cpus.isEmpty())
                .ifPresent(cpus -> now.put(name, CpuSet.parse(cpus)));
          }
        });
    for (CpuPartition.Change change : next.changes(before, now)) {
      TaskWorker worker = workers.get(change.task());
      if (worker != null) {
        try {
          worker.moveTo(next.inSpec(change.cpus()));
        } catch (RuntimeException e) {
          // It may just have ended; if not, the next look at all tasks finds it where it is.
          log.warn(
              "task {}: cannot be moved to CPUs {}: {}",
              change.task(),
              change.cpus(),
              Turns.problem(e));
        }
      }
    }
  }
}
