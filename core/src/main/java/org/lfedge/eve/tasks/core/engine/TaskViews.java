package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.admission.TaskCharge;
import org.lfedge.eve.tasks.core.engine.Planner.NodeLayout;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Standing;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/** What is shown of tasks: their records, and what the node says of them at the moment. */
final class TaskViews {

  private final TaskManager.Ports ports;
  private final NodeLayout layout;
  private final Neighbours neighbours;

  TaskViews(TaskManager.Ports ports, NodeLayout layout, Neighbours neighbours) {
    this.ports = ports;
    this.layout = layout;
    this.neighbours = neighbours;
  }

  /** A task as listings show it. Most of the time goes into reading what memory it uses. */
  TaskView of(TaskWorker worker) {
    TaskRecord record = worker.record();
    TaskCharge charge = Planner.charge(record);
    boolean waits = record.desired() == Desired.RUNNING && record.state() != TaskState.RUNNING;
    return new TaskView(
        record.name(),
        record.document().displayName(),
        record.blueprint().map(TaskRecord.Blueprint::executor).orElse(""),
        record.state(),
        record.desired(),
        record.anchor(),
        record.exit(),
        record
            .cleanup()
            .flatMap(Standing.Cleanup::failure)
            .or(() -> record.failure().filter(failure -> record.state() == TaskState.FAILED)),
        record.supervision(),
        worker.health(),
        waits ? neighbours.unmet(record.document().after()) : List.of(),
        worker.stopProgress(),
        record
            .blueprint()
            .map(blueprint -> StopSequence.bound(blueprint.seed()))
            .orElse(StopSequence.KILL_DEADLINE),
        record.createdAt(),
        record.startedAt(),
        new TaskView.Memory(
            charge.askedBytes(),
            charge.taxBytes(),
            charge.limitBytes(),
            charge.hypervisorBytes(),
            usage(record)),
        record.document().interfaces().isEmpty()
            ? List.of()
            : ports.networks().attached(record.name()));
  }

  private OptionalLong usage(TaskRecord record) {
    return record.state().hasAnchor()
        ? ports.processes().memoryUsage(layout.cgroup(record.name()))
        : OptionalLong.empty();
  }

  /** Everything about a task. */
  TaskDetail detail(TaskWorker worker) {
    TaskRecord record = worker.record();
    var cgroup = record.anchor().flatMap(anchor -> ports.processes().cgroup(anchor.pid()));
    return new TaskDetail(
        of(worker),
        record,
        cgroup,
        cgroup.map(path -> ports.processes().limits(path)).orElseGet(TreeMap::new),
        ports.files().output(record.name()));
  }
}
