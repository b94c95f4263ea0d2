package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.engine.Planner.NodeLayout;
import org.lfedge.eve.tasks.core.port.RuntimeTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks after all tasks now and then, in case that something was missed, or nobody tells of it. */
final class Upkeep {

  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

  /** How often tasks and runtime are compared. */
  private static final Duration RECONCILE = Duration.ofSeconds(30);

  /** How often running tasks are looked at for trouble. */
  private static final Duration TROUBLE = Duration.ofSeconds(5);

  private final TaskManager.Ports ports;
  private final EngineParts shared;
  private final SortedMap<String, TaskWorker> workers;
  private final NameServices names;
  private final TroubleWatch trouble;

  Upkeep(
      TaskManager.Ports ports,
      EngineParts shared,
      SortedMap<String, TaskWorker> workers,
      NameServices names,
      NodeLayout layout) {
    this.ports = ports;
    this.shared = shared;
    this.workers = workers;
    this.names = names;
    trouble = new TroubleWatch(workers, ports.processes(), ports.output(), layout);
  }

  void start() {
    every(RECONCILE, () -> shared.threads().execute(this::reconcile));
    every(TROUBLE, this::lookForTrouble);
  }

  private void every(Duration pause, Runnable work) {
    var unused =
        shared
            .timers()
            .scheduleWithFixedDelay(work, pause.toSeconds(), pause.toSeconds(), TimeUnit.SECONDS);
  }

  private void lookForTrouble() {
    try {
      trouble.look();
    } catch (RuntimeException e) {
      log.warn("running tasks cannot be looked at: {}", Turns.problem(e));
    }
  }

  /** Compares all tasks with what the runtime has; what differs is looked at once more. */
  void reconcile() {
    try {
      SortedMap<String, RuntimeTask> present = ports.runtime().tasks();
      workers.forEach(
          (name, worker) -> {
            Optional<RuntimeTask.Status> status =
                Optional.ofNullable(present.get(name)).map(RuntimeTask::status);
            boolean alive = status.filter(s -> s != RuntimeTask.Status.STOPPED).isPresent();
            if (worker.record().state().hasAnchor() != alive || status.isPresent() != alive) {
              worker.checkSoon();
            }
            worker.reconcileSoon();
          });
      shared.cpus().settle();
      names.settleAll();
    } catch (RuntimeException e) {
      log.warn("tasks and runtime cannot be compared: {}", Turns.problem(e));
    }
  }
}
