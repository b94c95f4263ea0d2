package org.lfedge.eve.tasks.core.engine;

import static org.lfedge.eve.tasks.core.engine.Turns.problem;

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
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Lifecycle;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
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
  private final AnchorKeeper anchors;
  private final ChangeKeeper changes;
  private final Runnable onRemoved;

  // Touched on the queue alone.
  private final List<CompletableFuture<TaskRecord>> waitingForExit = new ArrayList<>();
  private boolean takenUp;
  private boolean gone;

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
    this.anchors = new AnchorKeeper(shared, ledger, turns, this::ended);
    this.changes = new ChangeKeeper(shared, ledger, anchors);
    this.onRemoved = onRemoved;
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

  /** Makes everything up to the anchor's process; if a step fails, nothing is left. */
  CompletableFuture<TaskRecord> create() {
    return queue.submit(
        () -> {
          takenUp = true;
          try {
            if (shared.planner().bringsBeforePlan(record().document())) {
              ledger.save(record());
            }
            Planner.Plan plan = anchors.plan();
            shared.effects().prepare(record(), plan.blueprint());
            anchors.createAnchor(plan.blueprint());
          } catch (RuntimeException e) {
            discard(e);
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
    anchors.launchIfReady();
    return done();
  }

  /** Works through the stop plan; completes when the anchor has ended. */
  CompletableFuture<TaskRecord> stop(boolean force) {
    return queue.submit(
        () -> {
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
                  wanted,
                  waits ? new TaskEvent[] {event(TaskEvent.Type.STOPPED)} : new TaskEvent[0]);
            }
          }
          return exit();
        });
  }

  /**
   * Removes the task and all that was made for it.
   *
   * @param purge also the volumes that were made with it
   */
  CompletableFuture<TaskRecord> delete(boolean force, boolean purge) {
    return queue.submit(
        () -> {
          boolean running =
              record().state() == TaskState.RUNNING || record().state() == TaskState.STOPPING;
          if (!(force && running)) {
            require(Command.DELETE);
          }
          if (record().state().hasAnchor()) {
            return stop(true).thenCompose(stopped -> delete(false, purge));
          }
          if (record().state() != TaskState.DELETED) {
            TaskRecord removed = record().removed();
            ledger.save(purge ? removed.with(Unfinished.PURGE) : removed);
          }
          remove();
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

  /** Completes when the present anchor has ended, at once if there is none. */
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
          return ends ? exit() : done();
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
            remove();
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
      case DELETED -> remove();
      case RUNNING -> changes.giveLimits();
      case PENDING, CREATED -> anchors.launchIfReady();
      case STOPPED, FAILED -> {
        if (record.unfinished().replacement().isPresent()) {
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

  /**
   * Tells of processes that the kernel killed for want of memory, while the anchor lives on.
   *
   * @param kills since the anchor was made
   */
  void outOfMemory(Anchor anchor, long kills) {
    turns.soon(
        () -> {
          long told = record().oomKills();
          if (record().anchor().equals(Optional.of(anchor)) && kills > told) {
            ledger.save(
                record().bereft(kills),
                event(TaskEvent.Type.OOM_KILLED).of(anchor).counting(kills - told));
          }
        });
  }

  /** Tells of a stream that nobody reads any more, so that the task will wait for ever. */
  void outputStuck(String stream) {
    Optional<Anchor> anchor = record().anchor();
    turns.soon(
        () -> {
          if (anchor.isPresent() && record().anchor().equals(anchor)) {
            ledger.save(
                record(),
                event(TaskEvent.Type.OUTPUT_STUCK)
                    .of(anchor.get())
                    .because(Optional.of(stream + "; start the task anew")));
          }
        });
  }

  /** The anchor has ended, which is on record. */
  private void ended() {
    if (record().unfinished().replacement().isPresent()) {
      try {
        changes.renew();
      } catch (RuntimeException e) {
        waitingForExit.forEach(waiting -> waiting.completeExceptionally(e));
        waitingForExit.clear();
        throw e;
      }
    }
    waitingForExit.forEach(waiting -> waiting.complete(record()));
    waitingForExit.clear();
  }

  /** Undoes a creation; what cannot be removed now is removed later. */
  private void discard(RuntimeException cause) {
    try {
      undo();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
      log.error("its creation could not be undone yet: {}", problem(e));
      turns.again(this::undoAgain);
    }
  }

  private void undoAgain() {
    try {
      undo();
    } catch (TaskException e) {
      turns.again(this::undoAgain);
    }
  }

  private void undo() {
    shared.planner().forget(record().uuid());
    try {
      if (record().state().hasAnchor()) {
        ledger.save(record().exited(ExitStatus.unknown(now())).removed());
      } else if (record().state() != TaskState.DELETED) {
        ledger.save(record().removed());
      }
    } catch (TaskException e) {
      // Of a full disk a record can be removed all the same.
      log.warn("that its creation is undone cannot be recorded: {}", problem(e));
    }
    remove();
  }

  private void remove() {
    if (gone) {
      // There may be another task of that name by now.
      return;
    }
    anchors.close();
    shared.effects().remove(record().name());
    if (record().unfinished().purge()) {
      shared.effects().purge(record().name());
    }
    ledger.close(event(TaskEvent.Type.DELETED));
    shared.reservations().release(record().name());
    shared.devices().release(record().name());
    gone = true;
    onRemoved.run();
    shared.rootFiles().release(record());
    shared.cpus().release(record().name());
  }

  private CompletableFuture<TaskRecord> exit() {
    if (!record().state().hasAnchor()) {
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
