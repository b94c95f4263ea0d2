package org.lfedge.eve.tasks.core.engine;

import static org.lfedge.eve.tasks.core.engine.Turns.problem;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.RuntimeTask;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The anchor of a task from its making to its end, and what follows from an end: a record, and the
 * next start if the restart policy asks for one. Used on the queue of the task alone.
 */
final class AnchorKeeper {

  private static final Logger log = LoggerFactory.getLogger(AnchorKeeper.class);

  private final EngineParts shared;
  private final TaskLedger ledger;
  private final Turns turns;
  private final BlueprintKeeper blueprints;
  private final Runnable onEnd;
  private final AnchorHealth health;

  private volatile @Nullable StopSequence stopSequence;
  private @Nullable ScheduledFuture<?> restart;
  private Optional<Instant> restartAt = Optional.empty();
  private boolean leftover;

  /**
   * Keeps the anchor of the task of a ledger.
   *
   * @param onEnd called when an anchor has ended and its end is on record
   */
  AnchorKeeper(
      EngineParts shared,
      TaskLedger ledger,
      Turns turns,
      BlueprintKeeper blueprints,
      Runnable onEnd) {
    this.shared = shared;
    this.ledger = ledger;
    this.turns = turns;
    this.blueprints = blueprints;
    this.onEnd = onEnd;
    this.health = new AnchorHealth(shared, ledger, turns);
  }

  Optional<HealthWatch.Health> health() {
    return health.known();
  }

  Optional<StopSequence.Progress> stopProgress() {
    return Optional.ofNullable(stopSequence).flatMap(StopSequence::progress);
  }

  private TaskRecord record() {
    return ledger.record();
  }

  /**
   * Makes the anchor, as far as it is not there, and lets its program run. If a step fails, the
   * task is FAILED, has no anchor, and is started again if its policy asks for that.
   */
  void launch() {
    cancelRestart();
    if (record().state() != TaskState.CREATED) {
      step("create anchor", this::create);
    }
    step("start anchor", this::letGo);
    recordStart();
  }

  private void create() {
    if (leftover) {
      shared.effects().removeAnchor(record().name());
      leftover = false;
    }
    Blueprint blueprint = blueprints.current();
    shared.effects().prepare(record(), blueprint);
    createAnchor(blueprint);
  }

  /** Makes the anchor's process, which does not run its program yet. */
  void createAnchor(Blueprint blueprint) {
    Anchor anchor = shared.effects().createAnchor(record(), blueprint);
    ledger.save(
        record().supervised(record().supervision().launched()).anchored(anchor),
        event(TaskEvent.Type.CREATED).of(anchor));
    watch(anchor);
  }

  private void letGo() {
    String name = record().name();
    shared.effects().equip(record(), record().anchor().orElseThrow());
    try {
      shared.runtime().startTask(name);
    } catch (TaskException e) {
      // It may run already, if only the record of that is missing.
      boolean runs =
          shared.runtime().task(name).map(RuntimeTask::status).stream()
              .anyMatch(status -> status == RuntimeTask.Status.RUNNING);
      if (!runs) {
        throw e;
      }
    }
  }

  private void recordStart() {
    Optional<Anchor> anchor = record().anchor();
    if (anchor.isEmpty() || record().state() != TaskState.CREATED) {
      return;
    }
    try {
      ledger.save(
          record().supervised(record().supervision().launched()).started(now()),
          event(TaskEvent.Type.STARTED).of(anchor.get()));
    } catch (TaskException e) {
      turns.again(this::recordStart);
      throw e;
    }
    watchHealth();
    shared.neighbours().progressed(record().name());
  }

  /** Runs a step of a start. */
  private void step(String name, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      try {
        shared.effects().removeAnchor(record().name());
      } catch (RuntimeException left) {
        leftover = true;
        e.addSuppressed(left);
      }
      fail(new Failure(problem(e), name, now()));
      throw e;
    }
  }

  private void fail(Failure failure) {
    endWatches();
    try {
      save(Ending.of(record(), failure, now(), shared.chance().getAsDouble()));
    } catch (RuntimeException e) {
      log.error("task {}: its failure cannot be recorded: {}", record().name(), problem(e));
    }
    scheduleRestart();
    if (record().cleanup().isPresent()) {
      onEnd.run();
    }
  }

  private void save(Ending ending) {
    ledger.save(ending.record(), ending.events().toArray(TaskEvent[]::new));
  }

  /** Takes up a task of the runtime, after a start of the daemon or when the two differ. */
  void adopt(RuntimeTask task) {
    if (record().cleanup().isPresent()) {
      // It is the cleanup, or will be removed before that runs.
      return;
    }
    if (task.status() == RuntimeTask.Status.STOPPED) {
      if (record().state().hasAnchor()) {
        exited(
            record().anchor().orElseThrow(),
            task.exit().orElseGet(() -> ExitStatus.unknown(now())));
      } else {
        shared.runtime().deleteTask(record().name());
      }
      return;
    }
    if (!record().state().hasAnchor() && record().desired() == Desired.STOPPED) {
      // Left by a start that failed, while it could not be removed.
      shared.effects().removeAnchor(record().name());
      return;
    }
    Anchor anchor = shared.effects().identify(task.pid());
    if (!record().state().hasAnchor()) {
      // A start was cut short after the anchor was made and before that was recorded.
      ledger.save(
          record().supervised(record().supervision().launched()).anchored(anchor),
          event(TaskEvent.Type.CREATED).of(anchor));
    }
    watch(record().anchor().orElseThrow());
    if (task.status() == RuntimeTask.Status.RUNNING && record().state() == TaskState.CREATED) {
      recordStart();
    } else if (record().state() == TaskState.STOPPING) {
      stop(task.status() == RuntimeTask.Status.CREATED);
    } else if (record().state() == TaskState.RUNNING) {
      watchHealth();
    }
  }

  /** The runtime has no process for the anchor on record. */
  void lost() {
    Anchor anchor = record().anchor().orElseThrow();
    exited(anchor, ExitStatus.unknown(now()));
  }

  private void watch(Anchor anchor) {
    var unused =
        shared
            .runtime()
            .awaitExit(record().name())
            .whenComplete(
                (exit, lost) -> {
                  if (lost == null) {
                    turns.soon(() -> exited(anchor, exit));
                  } else {
                    log.debug("task {}: watching it was cut off: {}", record().name(), lost);
                    turns.again(() -> watchAgain(anchor));
                  }
                });
  }

  private void watchAgain(Anchor anchor) {
    if (!record().anchor().equals(Optional.of(anchor))) {
      return;
    }
    Optional<RuntimeTask> task;
    try {
      task = shared.runtime().task(record().name());
    } catch (TaskException e) {
      // Not there yet: as long as it takes, without a line in the log for each task and try.
      turns.again(() -> watchAgain(anchor));
      return;
    }
    if (task.isPresent()) {
      watch(anchor);
    } else {
      exited(anchor, ExitStatus.unknown(now()));
    }
  }

  private void exited(Anchor anchor, ExitStatus exit) {
    if (!record().anchor().equals(Optional.of(anchor))) {
      return;
    }
    try {
      save(
          Ending.of(
              record(),
              anchor,
              exit,
              file -> shared.effects().runtimeFile(record(), file),
              shared.bootId(),
              now(),
              shared.chance().getAsDouble()));
    } catch (TaskException e) {
      // containerd keeps the status for as long as its task is there, so nothing is lost yet.
      log.error(
          "task {}: its exit cannot be recorded, trying again: {}", record().name(), e.first());
      turns.again(() -> exited(anchor, exit));
      return;
    }
    endWatches();
    try {
      shared.runtime().deleteTask(record().name());
    } catch (RuntimeException e) {
      leftover = true;
      log.warn("task {}: its ended anchor cannot be removed yet: {}", record().name(), problem(e));
    }
    scheduleRestart();
    onEnd.run();
    shared.neighbours().progressed(record().name());
  }

  /** Has the task started again when that is due, if it is. */
  void scheduleRestart() {
    Optional<Instant> next = record().supervision().nextStart();
    Optional<Duration> before =
        next.isPresent() && next.equals(restartAt) ? restartsIn() : Optional.empty();
    cancelRestart();
    restartAt = next;
    next.ifPresent(at -> restart = turns.after(wait(at, before), this::launchIfReady));
  }

  /**
   * The clock may have been set meanwhile: never longer than the policy ever waits, and not longer
   * than it was to be waited before for the same start.
   */
  private Duration wait(Instant start, Optional<Duration> before) {
    Duration most = Supervision.longestWait(record().document().restart());
    return Stream.of(Duration.between(now(), start), before.orElse(most), most)
        .min(Comparator.naturalOrder())
        .orElseThrow();
  }

  /** Not more than zero if it was due, and the task had to wait for something else. */
  private Optional<Duration> restartsIn() {
    return Optional.ofNullable(restart)
        .map(timer -> Duration.ofMillis(timer.getDelay(TimeUnit.MILLISECONDS)));
  }

  void cancelRestart() {
    if (restart != null) {
      restart.cancel(false);
      restart = null;
    }
  }

  /**
   * Starts the task unless it has to wait for others, or for its cleanup; then it is asked again
   * when they come on.
   */
  void launchIfReady() {
    boolean wanted =
        record().desired() == Desired.RUNNING && isIdle(record()) && record().cleanup().isEmpty();
    if (wanted && shared.neighbours().unmet(record().document().after()).isEmpty()) {
      launch();
    }
  }

  /** Whether nothing but a launch is between the task and its program. */
  private static boolean isIdle(TaskRecord record) {
    return switch (record.state()) {
      case PENDING, CREATED -> true;
      case STOPPED, FAILED -> record.supervision().startsAgain();
      case RUNNING, STOPPING, DELETED -> false;
    };
  }

  /**
   * Works through the stop plan, or through what is left of it.
   *
   * @param force SIGKILL at once
   */
  void stop(boolean force) {
    StopSequence sequence =
        new StopSequence(
            record().name(),
            record().blueprint().orElseThrow().seed().stop().steps(),
            shared.runtime(),
            turns);
    endWatches();
    stopSequence = sequence;
    if (force) {
      sequence.kill();
    } else {
      sequence.from(0);
    }
  }

  private void watchHealth() {
    health.watch(() -> stop(false));
  }

  /** After the health check of a running task was changed. */
  void healthCheckChanged() {
    if (record().state() == TaskState.RUNNING) {
      watchHealth();
    }
  }

  private void endWatches() {
    StopSequence sequence = stopSequence;
    if (sequence != null) {
      sequence.end();
    }
    stopSequence = null;
    health.end();
  }

  /** Tries no more and waits for nothing: the task is gone. */
  void close() {
    cancelRestart();
    endWatches();
  }

  private TaskEvent event(TaskEvent.Type type) {
    return TaskEvent.of(type, now());
  }

  private Instant now() {
    return turns.now();
  }
}
