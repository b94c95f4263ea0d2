package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Command;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Lifecycle;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.RuntimeTask;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.TaskStore;
import org.lfedge.eve.tasks.spi.seed.StopStep;
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

  /** How long a process may survive SIGKILL before it is called stuck, and killed again. */
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);

  /** How long to wait before doing again what must succeed in the end. */
  private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

  /** What all workers share. */
  record Shared(
      TaskStore store,
      ContainerRuntime runtime,
      TaskEffects effects,
      Planner planner,
      Reservations reservations,
      InstantSource clock,
      ScheduledExecutorService timers,
      java.util.concurrent.Executor threads) {}

  private final Shared shared;
  private final SerialQueue queue;
  private final Runnable onRemoved;
  private volatile TaskRecord record;

  // Touched on the queue alone.
  private final List<CompletableFuture<TaskRecord>> waitingForExit = new ArrayList<>();
  private @Nullable Future<?> deadline;

  /**
   * Takes charge of a task.
   *
   * @param onRemoved called when nothing of the task is left
   */
  TaskWorker(Shared shared, TaskRecord record, Runnable onRemoved) {
    this.shared = shared;
    this.queue = new SerialQueue(shared.threads(), shared.timers());
    this.record = record;
    this.onRemoved = onRemoved;
  }

  /** The task as of the last step. */
  TaskRecord record() {
    return record;
  }

  /** Makes everything up to the anchor's process; if a step fails, nothing is left. */
  CompletableFuture<TaskRecord> create() {
    return queue.submit(
        () -> {
          try {
            save(record);
            Planner.Plan plan = shared.planner().plan(record.uuid(), record.document());
            try {
              make(plan);
            } catch (RuntimeException e) {
              shared.planner().forget(plan);
              throw e;
            }
          } catch (RuntimeException e) {
            discard(e);
            throw e;
          }
          return done();
        });
  }

  private void make(Planner.Plan plan) {
    shared.reservations().admit(plan.charge());
    save(record.planned(plan.blueprint()));
    shared.effects().prepare(record, plan.blueprint());
    createAnchor(plan.blueprint());
  }

  /** Lets the anchor's program run. */
  CompletableFuture<TaskRecord> start() {
    return queue.submit(
        () -> {
          require(Command.START);
          save(record.wanting(Desired.RUNNING));
          launch();
          return done();
        });
  }

  /** Works through the stop plan; completes when the anchor has ended. */
  CompletableFuture<TaskRecord> stop(boolean force) {
    return queue.submit(
        () -> {
          require(Command.STOP);
          save(record.wanting(Desired.STOPPED));
          switch (record.state()) {
            case CREATED -> {
              save(record.stopping());
              kill();
            }
            case RUNNING -> {
              save(record.stopping());
              stopFrom(force ? Integer.MAX_VALUE : 0);
            }
            case STOPPING -> {
              if (force) {
                kill();
              }
            }
            default -> {}
          }
          return exit();
        });
  }

  /** Removes the task and all that was made for it. */
  CompletableFuture<TaskRecord> delete(boolean force) {
    return queue.submit(
        () -> {
          boolean running =
              record.state() == TaskState.RUNNING || record.state() == TaskState.STOPPING;
          if (!(force && running)) {
            require(Command.DELETE);
          }
          if (record.state().hasAnchor()) {
            return stop(true).thenCompose(stopped -> delete(false));
          }
          if (record.state() != TaskState.DELETED) {
            save(record.removed());
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
          if (!shared.runtime().signalTask(record.name(), signal.number(), false)) {
            throw TaskException.refused(
                Problem.user("NOT_RUNNING", "the anchor of task " + record.name() + " has ended"));
          }
          return done();
        });
  }

  /** Completes when the present anchor has ended, at once if there is none. */
  CompletableFuture<TaskRecord> awaitExit() {
    return queue.submit(this::exit);
  }

  /** After a start of the daemon: brings record and runtime together. */
  CompletableFuture<TaskRecord> recover() {
    return queue.submit(
        () -> {
          if (record.state() == TaskState.PENDING) {
            // Nobody waits for its result any more, and a create that is not whole is undone.
            log.warn("task {}: its creation was cut short and is undone", record.name());
            save(record.removed());
          }
          if (record.state() == TaskState.DELETED) {
            remove();
            return done();
          }
          Optional<RuntimeTask> task = shared.runtime().task(record.name());
          if (task.isPresent()) {
            adopt(task.get());
          } else if (record.state().hasAnchor()) {
            exited(record.anchor().orElseThrow(), ExitStatus.unknown(now()));
          }
          return done();
        });
  }

  private void adopt(RuntimeTask task) {
    if (task.status() == RuntimeTask.Status.STOPPED) {
      if (record.state().hasAnchor()) {
        exited(
            record.anchor().orElseThrow(), task.exit().orElseGet(() -> ExitStatus.unknown(now())));
      } else {
        shared.runtime().deleteTask(record.name());
      }
      return;
    }
    Anchor anchor = shared.effects().identify(task.pid());
    if (!record.state().hasAnchor()) {
      // A start was cut short after the anchor was made and before that was recorded.
      save(record.anchored(anchor));
    }
    watch(anchor);
    if (task.status() == RuntimeTask.Status.CREATED) {
      if (record.state() == TaskState.STOPPING || record.desired() == Desired.STOPPED) {
        if (record.state() == TaskState.STOPPING) {
          kill();
        }
      } else {
        letGo();
      }
    } else if (record.state() == TaskState.CREATED) {
      save(record.started(now()));
    } else if (record.state() == TaskState.STOPPING) {
      stopFrom(0);
    }
  }

  private void launch() {
    if (record.state() != TaskState.CREATED) {
      Blueprint blueprint = record.blueprint().orElseThrow();
      step(
          "create anchor",
          () -> {
            shared.effects().prepare(record, blueprint);
            createAnchor(blueprint);
          });
    }
    letGo();
  }

  private void letGo() {
    step("start anchor", () -> shared.runtime().startTask(record.name()));
    save(record.started(now()));
  }

  private void createAnchor(Blueprint blueprint) {
    Anchor anchor = shared.effects().createAnchor(record, blueprint);
    save(record.anchored(anchor));
    watch(anchor);
  }

  /** Runs a step of a start; if it fails, the task is FAILED and has no anchor. */
  private void step(String name, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      save(record.failed(new TaskRecord.Failure(problem(e), name, now())));
      shared.effects().removeAnchor(record.name());
      throw e;
    }
  }

  private void watch(Anchor anchor) {
    var unused =
        shared
            .runtime()
            .awaitExit(record.name())
            .whenComplete(
                (exit, lost) -> {
                  if (lost == null) {
                    queue.execute(() -> guarded(() -> exited(anchor, exit)));
                  } else {
                    log.warn(
                        "task {}: watching it was cut off: {}", record.name(), lost.toString());
                    retry(() -> watchAgain(anchor));
                  }
                });
  }

  private void watchAgain(Anchor anchor) {
    if (!record.anchor().equals(Optional.of(anchor))) {
      return;
    }
    if (shared.runtime().task(record.name()).isPresent()) {
      watch(anchor);
    } else {
      exited(anchor, ExitStatus.unknown(now()));
    }
  }

  private void exited(Anchor anchor, ExitStatus exit) {
    if (!record.anchor().equals(Optional.of(anchor))) {
      return;
    }
    cancelDeadline();
    try {
      save(record.exited(exit));
    } catch (TaskException e) {
      // containerd keeps the status for as long as its task is there, so nothing is lost yet.
      log.error("task {}: its exit cannot be recorded, trying again: {}", record.name(), e.first());
      retry(() -> exited(anchor, exit));
      return;
    }
    try {
      shared.runtime().deleteTask(record.name());
    } finally {
      waitingForExit.forEach(waiting -> waiting.complete(record));
      waitingForExit.clear();
    }
  }

  private void stopFrom(int index) {
    List<StopStep> steps = record.blueprint().orElseThrow().seed().stop().steps();
    if (index >= steps.size()) {
      kill();
      return;
    }
    StopStep step = steps.get(index);
    if (step instanceof StopStep.Signal signal) {
      int number = Signal.parse(signal.name()).orElse(Signal.KILL).number();
      shared.runtime().signalTask(record.name(), number, false);
    }
    onDeadline(step.grace(), () -> stopFrom(index + 1));
  }

  private void kill() {
    shared.runtime().signalTask(record.name(), Signal.KILL.number(), true);
    onDeadline(
        KILL_DEADLINE,
        () -> {
          log.error(
              "task {}: a process survives SIGKILL, which only the kernel can explain; it is"
                  + " killed again",
              record.name());
          kill();
        });
  }

  /** Undoes a creation. What cannot be removed now stays on record and is removed later. */
  private void discard(RuntimeException cause) {
    try {
      save(record.state() == TaskState.DELETED ? record : undone(record));
      remove();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
      log.error("task {}: its creation could not be undone: {}", record.name(), e.getMessage());
    }
  }

  private static TaskRecord undone(TaskRecord record) {
    return record.state().hasAnchor()
        ? record.exited(ExitStatus.unknown(Instant.EPOCH)).removed()
        : record.removed();
  }

  private void remove() {
    shared.effects().remove(record.name());
    shared.store().delete(record.name());
    shared.reservations().release(record.name());
    onRemoved.run();
  }

  private CompletableFuture<TaskRecord> exit() {
    if (!record.state().hasAnchor()) {
      return done();
    }
    CompletableFuture<TaskRecord> exit = new CompletableFuture<>();
    waitingForExit.add(exit);
    return exit;
  }

  private CompletableFuture<TaskRecord> done() {
    return CompletableFuture.completedFuture(record);
  }

  private void require(Command command) {
    if (!Lifecycle.accepts(record.state(), command)) {
      throw TaskException.refused(Refusals.of(record, command));
    }
  }

  private void save(TaskRecord next) {
    shared.store().save(next);
    record = next;
  }

  private Instant now() {
    return shared.clock().instant();
  }

  /** Does something later, unless the anchor has ended by then. */
  private void onDeadline(Duration delay, Runnable work) {
    cancelDeadline();
    Optional<Anchor> anchor = record.anchor();
    deadline =
        queue.executeAfter(
            delay,
            () -> {
              if (record.anchor().equals(anchor)) {
                guarded(work);
              }
            });
  }

  private void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  private void retry(Runnable work) {
    var unused = queue.executeAfter(TRY_AGAIN, () -> guarded(work));
  }

  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      log.error("task {}: {}", record.name(), problem(e));
    }
  }

  private static Problem problem(RuntimeException e) {
    return e instanceof TaskException known
        ? known.first()
        : Problem.internal("UNEXPECTED", e.toString());
  }
}
