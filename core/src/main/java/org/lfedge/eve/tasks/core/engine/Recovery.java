package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.RuntimeTask;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The start of the daemon on a node where tasks may run already: brings the tasks on record
 * together with what the runtime has, and removes what belongs to none of them.
 */
final class Recovery {

  private static final Logger log = LoggerFactory.getLogger(Recovery.class);

  private final TaskManager.Ports ports;
  private final EngineParts shared;
  private final TaskEffects effects;
  private final ConcurrentMap<String, TaskWorker> workers;

  /** Puts workers of the tasks on record into a map. */
  Recovery(
      TaskManager.Ports ports,
      EngineParts shared,
      TaskEffects effects,
      ConcurrentMap<String, TaskWorker> workers) {
    this.ports = ports;
    this.shared = shared;
    this.effects = effects;
    this.workers = workers;
  }

  /** Ends when every task is taken up; those that are to be started are started afterwards. */
  void run(Function<TaskRecord, TaskWorker> newWorker) {
    // containerd asks one shim after the other; the records are read meanwhile.
    CompletableFuture<SortedMap<String, RuntimeTask>> listing =
        CompletableFuture.supplyAsync(ports.runtime()::tasks, shared.threads());
    TaskStore.Contents contents = ports.store().load();
    SortedMap<String, RuntimeTask> running = Turns.joined(listing);
    endStrays(new TreeSet<>(running.keySet()));
    if (!contents.unreadable().isEmpty()) {
      shared.rootFiles().keepAll();
    }
    List<CompletableFuture<TaskRecord>> recoveries = new ArrayList<>();
    for (TaskRecord record : contents.records()) {
      shared.reservations().restore(Planner.charge(record));
      shared.devices().restore(record.document());
      shared.cpus().restore(record.name(), record.document().pinnedCpus());
      workers.put(record.name(), newWorker.apply(record));
    }
    workers.forEach(
        (name, worker) ->
            recoveries.add(
                worker
                    .recover(Optional.ofNullable(running.get(name)))
                    .whenComplete(
                        (done, error) -> {
                          if (error != null) {
                            log.error("task {}: cannot be recovered: {}", name, error.toString());
                          }
                        })));
    recoveries.forEach(recovery -> recovery.exceptionally(error -> null).join());
    SortedSet<String> known = new TreeSet<>();
    contents.records().forEach(record -> known.add(record.name()));
    for (TaskStore.Unreadable unreadable : contents.unreadable()) {
      log.error("task {}: {}; it is left as it is", unreadable.name(), unreadable.problem());
      known.add(unreadable.name());
    }
    removeOrphans(known);
    shared.rootFiles().sweep();
  }

  private void endStrays(SortedSet<String> alive) {
    try {
      for (String stray : ports.runtime().endStrays(alive)) {
        log.warn("task {}: a process of the runtime that watched over it is ended", stray);
      }
    } catch (TaskException e) {
      log.error("what the runtime may have left of former tasks cannot be ended: {}", e.first());
    }
  }

  private void removeOrphans(SortedSet<String> known) {
    SortedSet<String> orphans = new TreeSet<>();
    orphans.addAll(ports.runtime().containersBesides(known));
    orphans.addAll(ports.runtime().roots());
    orphans.addAll(ports.namespaces().pinned());
    orphans.addAll(ports.networks().tasks());
    orphans.addAll(ports.binaryFormats().tasks());
    orphans.addAll(ports.volumes().tasks());
    orphans.addAll(ports.devices().tasks());
    orphans.addAll(ports.files().tasks());
    orphans.removeAll(known);
    for (String orphan : orphans) {
      try {
        effects.remove(orphan);
        log.warn("task {}: it is on no record; what was left of it is removed", orphan);
      } catch (TaskException e) {
        log.error("task {}: what is left of it cannot be removed: {}", orphan, e.first());
      }
    }
  }
}
