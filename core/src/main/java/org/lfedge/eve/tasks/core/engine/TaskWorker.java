package org.lfedge.eve.tasks.core.engine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Command;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.Lifecycle;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.RuntimeTask;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Unfinished;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where a task changes. Commands, exits and deadlines of a task are worked through
 * one after the other; none of them waits for an anchor to end, so a later command, such as a
 * forced stop, always gets its turn.
 *
 * <p>The record is written before each effect that could not be found again without it, and after
 * each effect that changes the state.
 */
final class TaskWorker {

  private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

  private final EngineParts shared;
  private final SerialQueue queue;
  private final Turns turns;
  private final TaskLedger ledger;
  private final BlueprintKeeper blueprints;
  private final AnchorKeeper anchors;
  private final CleanupKeeper cleanups;
  private final ChangeKeeper changes;
  private final TaskRemoval removal;
  private final AnchorTroubles troubles;

  // Touched on the queue alone.
  private final List<CompletableFuture<TaskRecord>> waitingForExit = new ArrayList<>();
  private boolean takenUp;

  /**
   * Takes charge of a task.
   *
   * @param onRemoved called when nothing of the task is left
   */
  TaskWorker(EngineParts shared, TaskRecord record, Runnable onRemoved) {
    this.shared = shared;
    this.queue = new SerialQueue(record.name(), shared.threads(), shared.timers());
    this.turns = new Turns(record.name(), queue, shared.clock());
    this.ledger = new TaskLedger(shared.store(), shared.events(), record);
    this.blueprints = new BlueprintKeeper(shared, ledger);
    this.anchors = new AnchorKeeper(shared, ledger, turns, blueprints, this::ended);
    this.cleanups = new CleanupKeeper(shared, ledger, turns, blueprints, this::tried);
    this.changes = new ChangeKeeper(shared, ledger, anchors);
    this.removal = new TaskRemoval(shared, ledger, turns, this::close, onRemoved);
    this.troubles = new AnchorTroubles(ledger, turns);
  }

  /** The task as of the last step. */
  TaskRecord record() {
    return ledger.record();
  }

  /** What is known of its health, while it has a health check and runs. */
  Optional<HealthWatch.Health> health() {
    return anchors.health();
  }

  /** How far its stop has come, while one is under way. */
  Optional<StopSequence.Progress> stopProgress() {
    return anchors.stopProgress();
  }

  /** Where to tell of what goes wrong in it. */
  AnchorTroubles troubles() {
    return troubles;
  }

  /** Makes everything up to the anchor's process; if a step fails, nothing is left. */
  CompletableFuture<TaskRecord> create() {
    return queue.submit(
        () -> {
          takenUp = true;
          try {
            if (shared.planner().bringsBeforePlan(record().document())) {
              ledger.save(record());
            }
            Planner.Plan plan = blueprints.plan();
            shared.effects().prepare(record(), plan.blueprint());
            anchors.createAnchor(plan.blueprint());
          } catch (RuntimeException e) {
            removal.undo(e);
            throw e;
          }
          return done();
        });
  }

  /**
   * Lets the anchor's program run, as soon as the tasks that it comes after have come far enough.
   *
   * @param once whether its end is not to be followed by a restart
   */
  CompletableFuture<TaskRecord> start(boolean once) {
    return queue.submit(() -> begin(once));
  }

  /**
   * As {@link #start} for those who declare that a task is to run: one that runs is as they want
   * it, whoever started it. It may be ourselves, when a task comes that this one waits for.
   */
  CompletableFuture<TaskRecord> ensureStarted() {
    return queue.submit(() -> record().state() == TaskState.RUNNING ? done() : begin(false));
  }

  private CompletableFuture<TaskRecord> begin(boolean once) {
    require(Command.START);
    ledger.save(
        record()
            .wanting(Desired.RUNNING)
            .supervised(Supervision.asked(once).due(now(), "asked for")));
    anchors.cancelRestart();
    CompletableFuture<TaskRecord> ready = cleanups.isDue() ? clear() : done();
    return ready.thenApply(
        tried -> {
          requireCleared();
          anchors.launchIfReady();
          return record();
        });
  }

  /**
   * Works through the stop plan; completes when the anchor has ended, and what it may have left
   * outside of its container is cleared away.
   */
  CompletableFuture<TaskRecord> stop(boolean force) {
    return queue.submit(() -> end(force).thenApply(ended -> requireCleared()));
  }

  /** Completes when the anchor has ended and the cleanup of its seed was tried. */
  private CompletableFuture<TaskRecord> end(boolean force) {
    require(Command.STOP);
    anchors.cancelRestart();
    TaskState before = record().state();
    TaskRecord wanted =
        record()
            .wanting(Desired.STOPPED)
            .supervised(record().supervision().cancelled())
            .with(Unfinished.NONE);
    switch (before) {
      case CREATED, RUNNING -> {
        ledger.save(wanted.stopping(), event(TaskEvent.Type.STOPPING));
        anchors.stop(force || before == TaskState.CREATED);
      }
      case STOPPING -> {
        ledger.save(wanted);
        if (force) {
          anchors.stop(true);
        }
      }
      default -> {
        boolean waits = record().desired() == Desired.RUNNING;
        ledger.save(
            wanted, waits ? new TaskEvent[] {event(TaskEvent.Type.STOPPED)} : new TaskEvent[0]);
      }
    }
    return clear();
  }

  /** Completes when there is no anchor, and the cleanup of its seed was tried if it is due. */
  private CompletableFuture<TaskRecord> clear() {
    if (cleanups.isDue()) {
      cleanups.tryNow();
    }
    return exit();
  }

  private TaskRecord requireCleared() {
    if (cleanups.isDue()) {
      throw TaskException.failed(cleanups.problem());
    }
    return record();
  }

  /**
   * Removes the task and all that was made for it.
   *
   * @param force also if it runs, or if what it has left outside of its container cannot be cleared
   *     away
   * @param purge also the volumes that were made with it
   */
  CompletableFuture<TaskRecord> delete(boolean force, boolean purge) {
    return delete(force, purge, false);
  }

  private CompletableFuture<TaskRecord> delete(boolean force, boolean purge, boolean ended) {
    return queue.submit(
        () -> {
          boolean running =
              record().state() == TaskState.RUNNING || record().state() == TaskState.STOPPING;
          if (ended || !(force && running)) {
            require(Command.DELETE);
          }
          if (record().state().hasAnchor()) {
            return end(true).thenCompose(stopped -> delete(force, purge, true));
          }
          if (cleanups.isDue() && !ended) {
            return clear().thenCompose(tried -> delete(force, purge, true));
          }
          if (cleanups.isDue() && !force) {
            throw TaskException.refused(Refusals.uncleared(cleanups.problem()));
          }
          if (cleanups.isDue()) {
            log.warn("it is removed all the same: {}", cleanups.problem());
          }
          if (record().state() != TaskState.DELETED) {
            TaskRecord removed = record().cleaned().removed();
            ledger.save(purge ? removed.with(Unfinished.PURGE) : removed);
          }
          removal.remove();
          return done();
        });
  }

  /** Sends a signal to the anchor. */
  CompletableFuture<TaskRecord> signal(Signal signal) {
    return queue.submit(
        () -> {
          require(Command.SIGNAL);
          if (!shared.runtime().signalTask(record().name(), signal.number(), false)) {
            throw TaskException.refused(
                Problem.user(
                    "NOT_RUNNING", "the anchor of task " + record().name() + " has ended"));
          }
          return done();
        });
  }

  /**
   * Completes when the present anchor has ended and the cleanup of its seed was tried, at once if
   * there is none.
   */
  CompletableFuture<TaskRecord> awaitExit() {
    return queue.submit(this::exit);
  }

  /**
   * Takes over another document. The anchor stays if it can: if nothing but limits differs in the
   * spec, and no file or secret. If not, the task makes way for another one of its name.
   */
  CompletableFuture<TaskRecord> revise(TaskDocument document) {
    return queue.submit(
        () -> {
          Revision revision = Revision.of(record(), document, shared.planner());
          if (revision.inPlace()) {
            changes.update(document, revision);
            return done();
          }
          boolean ends = changes.replace(document, revision);
          return ends ? clear().thenApply(ended -> requireCleared()) : done();
        });
  }

  /**
   * After a start of the daemon: brings record and runtime together.
   *
   * @param listed the task of the runtime, if a list of all had it
   */
  CompletableFuture<TaskRecord> recover(Optional<RuntimeTask> listed) {
    return queue.submit(
        () -> {
          takenUp = true;
          ledger.publish();
          Optional<RuntimeTask> task =
              listed.isPresent() || !record().state().hasAnchor()
                  ? listed
                  : shared.runtime().task(record().name());
          boolean unwanted =
              record().state() == TaskState.PENDING && record().desired() == Desired.STOPPED;
          if (unwanted) {
            // Nobody waits for its result any more, and a create that is not whole is undone.
            log.warn("its creation was cut short and is undone");
            // First: of a task that is being removed nobody knows that it was never made.
            shared.planner().forget(record().uuid());
            ledger.save(record().removed());
          }
          if (record().state() == TaskState.DELETED) {
            removal.remove();
          } else if (task.isPresent()) {
            anchors.adopt(task.get());
          } else if (record().state().hasAnchor()) {
            anchors.lost();
          }
          // What takes time is not waited for: the daemon serves meanwhile.
          turns.soon(this::reconcile);
          return done();
        });
  }

  /** Level-triggered: does whatever is left between the record and what is wanted. */
  void reconcileSoon() {
    turns.soon(this::reconcile);
  }

  private void reconcile() {
    if (!takenUp) {
      // Its creation is the next thing in the queue, and begins with nothing.
      return;
    }
    TaskRecord record = record();
    switch (record.state()) {
      case DELETED -> removal.remove();
      case RUNNING -> changes.giveLimits();
      case PENDING, CREATED -> anchors.launchIfReady();
      case STOPPED, FAILED -> {
        if (cleanups.isDue()) {
          cleanups.ensure();
        } else if (record.unfinished().replacement().isPresent()) {
          changes.renew();
        } else {
          anchors.scheduleRestart();
        }
      }
      case STOPPING -> {}
    }
  }

  /** Changes the set of CPUs of the running anchor at once, for the sake of another task. */
  void moveTo(Optional<String> cpus) {
    if (record().state().hasAnchor()) {
      shared.effects().give(record(), cpus);
    }
  }

  /** A look at the runtime showed something else than what is on record; it may be old by now. */
  void checkSoon() {
    turns.soon(
        () -> {
          Optional<RuntimeTask> task = shared.runtime().task(record().name());
          boolean stopped =
              task.map(RuntimeTask::status).equals(Optional.of(RuntimeTask.Status.STOPPED));
          if (record().state().hasAnchor() && task.isEmpty()) {
            anchors.lost();
          } else if (!record().state().hasAnchor() || stopped) {
            task.ifPresent(anchors::adopt);
          }
        });
  }

  /** The anchor has ended, which is on record. */
  private void ended() {
    if (cleanups.isDue()) {
      cleanups.ensure();
    } else {
      goOn();
    }
  }

  /** The cleanup was tried, and how that ended is on record. */
  private void tried() {
    if (cleanups.isDue()) {
      tellThoseWhoWait();
    } else {
      anchors.scheduleRestart();
      goOn();
    }
  }

  /** Nothing of an anchor is left. */
  private void goOn() {
    if (record().unfinished().replacement().isPresent()) {
      try {
        changes.renew();
      } catch (RuntimeException e) {
        waitingForExit.forEach(waiting -> waiting.completeExceptionally(e));
        waitingForExit.clear();
        throw e;
      }
    }
    tellThoseWhoWait();
  }

  private void tellThoseWhoWait() {
    List<CompletableFuture<TaskRecord>> told = List.copyOf(waitingForExit);
    waitingForExit.clear();
    told.forEach(waiting -> waiting.complete(record()));
  }

  /** It is about to be removed. */
  private void close() {
    anchors.close();
    cleanups.close();
    tellThoseWhoWait();
  }

  private CompletableFuture<TaskRecord> exit() {
    if (!record().state().hasAnchor() && !cleanups.isUnderWay()) {
      return done();
    }
    CompletableFuture<TaskRecord> exit = new CompletableFuture<>();
    waitingForExit.add(exit);
    return exit;
  }

  private CompletableFuture<TaskRecord> done() {
    return CompletableFuture.completedFuture(record());
  }

  private void require(Command command) {
    if (!Lifecycle.accepts(record().state(), command)) {
      throw TaskException.refused(Refusals.of(record(), command));
    }
  }

  private TaskEvent event(TaskEvent.Type type) {
    return TaskEvent.of(type, now());
  }

  private Instant now() {
    return shared.clock().instant();
  }
}
