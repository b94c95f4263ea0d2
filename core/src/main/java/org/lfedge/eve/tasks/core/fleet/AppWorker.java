package org.lfedge.eve.tasks.core.fleet;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.engine.Change;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.AppVolume;
import org.lfedge.eve.tasks.core.fleet.AppStatus.Phase;
import org.lfedge.eve.tasks.core.port.AppRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one app to what is wanted of it, one turn after the other. A turn looks at what there is
 * and does what is missing, so it can be broken off anywhere and begun again.
 */
final class AppWorker {

  private static final Logger log = LoggerFactory.getLogger(AppWorker.class);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
  private static final Duration LAST_RETRY = Duration.ofMinutes(5);

  private final String id;
  private final String task;
  private final Fleet.Parts parts;
  private final Executor threads;
  private final ScheduledExecutorService timers;
  private final Runnable changed;
  private final Consumer<AppWorker> removed;
  private final Instant firstWanted;

  // Guarded by this.
  private Optional<App> wanted = Optional.empty();
  private boolean running;
  private boolean again;
  private int failures;
  private @Nullable ScheduledFuture<?> timer;
  private Optional<AppStatus> status = Optional.empty();

  AppWorker(
      String id,
      String task,
      Fleet.Parts parts,
      Executor threads,
      ScheduledExecutorService timers,
      Runnable changed,
      Consumer<AppWorker> removed) {
    this.id = id;
    this.task = task;
    this.parts = parts;
    this.threads = threads;
    this.timers = timers;
    this.changed = changed;
    this.removed = removed;
    this.firstWanted = parts.clock().instant();
  }

  String id() {
    return id;
  }

  /** Whether it was removed, and nobody wants it again. */
  synchronized boolean isOver() {
    return wanted.isEmpty() && status.isEmpty() && !again;
  }

  /** Takes what is wanted from now on; nothing if the app is to be removed. */
  synchronized void want(Optional<App> app) {
    boolean same = status.isPresent() && app.equals(wanted);
    wanted = app;
    if (!same) {
      app.ifPresent(one -> status = Optional.of(status(one, Phase.WAITING, List.of())));
      failures = 0;
      turnSoon();
    }
  }

  synchronized Optional<AppStatus> status() {
    return status;
  }

  /** Makes sure that an app that was settled still has its task. */
  synchronized void look() {
    boolean settled = status.filter(one -> one.phase() == Phase.SETTLED).isPresent();
    if (settled && wanted.filter(App::active).isPresent() && !hasTask()) {
      turnSoon();
    }
  }

  private boolean hasTask() {
    return parts.tasks().record(task).isPresent();
  }

  private synchronized void turnSoon() {
    if (timer != null) {
      timer.cancel(false);
    }
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      threads.execute(this::turn);
    } catch (RejectedExecutionException e) {
      // The daemon ends.
      running = false;
    }
  }

  private void turn() {
    Optional<App> app;
    synchronized (this) {
      again = false;
      app = wanted;
    }
    try {
      if (app.isPresent()) {
        bring(app.get());
      } else {
        remove();
      }
      ended(Optional.empty());
    } catch (RuntimeException e) {
      ended(Optional.of(problems(e)));
    }
  }

  private static List<Problem> problems(RuntimeException e) {
    Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
    return cause instanceof TaskException known
        ? known.problems()
        : List.of(Problem.internal("UNEXPECTED", String.valueOf(cause)));
  }

  private synchronized void ended(Optional<List<Problem>> trouble) {
    running = false;
    if (trouble.isPresent() && !again) {
      trouble.get().forEach(problem -> log.error("app {}: {}", id, problem));
      wanted.ifPresent(app -> tell(app, Phase.FAILED, trouble.get()));
      later(retry());
      failures++;
    } else if (again) {
      turnSoon();
    } else {
      failures = 0;
    }
  }

  private Duration retry() {
    Duration wait = FIRST_RETRY.multipliedBy(1L << Math.min(failures, 10));
    return wait.compareTo(LAST_RETRY) < 0 ? wait : LAST_RETRY;
  }

  private synchronized void later(Duration wait) {
    try {
      timer = timers.schedule(this::turnSoon, wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The daemon ends.
    }
  }

  private AppStatus status(App app, Phase phase, List<Problem> problems) {
    return new AppStatus(app, phase, problems, parts.clock().instant());
  }

  private void tell(App app, Phase phase, List<Problem> problems) {
    synchronized (this) {
      status = Optional.of(status(app, phase, problems));
    }
    changed.run();
  }

  private void tell(App app, Phase phase) {
    tell(app, phase, List.of());
  }

  private void bring(App app) {
    if (app.document().isEmpty()) {
      // Until it is told better, what runs of it goes on as it is.
      tell(app, Phase.FAILED, app.problems());
      return;
    }
    if (!app.active()) {
      halt(app);
      return;
    }
    Duration wait = delay(app);
    if (!wait.isZero()) {
      tell(app, Phase.DELAYED);
      later(wait);
      return;
    }
    run(app, app.document().get());
  }

  private Duration delay(App app) {
    if (hasTask()) {
      return Duration.ZERO;
    }
    Instant start =
        (firstWanted.isAfter(parts.started()) ? firstWanted : parts.started())
            .plus(app.startDelay());
    Duration wait = Duration.between(parts.clock().instant(), start);
    return wait.isNegative() ? Duration.ZERO : wait;
  }

  private void halt(App app) {
    if (hasTask()) {
      tell(app, Phase.HALTING);
      join(parts.tasks().stop(task, false));
    }
    tell(app, Phase.SETTLED);
  }

  private void run(App app, TaskDocument document) {
    Optional<AppRecord> before = record();
    if (before.filter(record -> record.purges() != app.purges()).isPresent()) {
      tell(app, Phase.PURGING);
      removeTask();
      app.volumes().forEach(this::removeVolume);
      before = Optional.empty();
    }
    tell(app, Phase.PREPARING);
    if (before.isEmpty()) {
      // The task is known to be ours before it is there.
      save(app);
    }
    app.volumes().forEach(this::makeVolume);
    tell(app, Phase.APPLYING);
    Change.Action action = apply(document);
    boolean restarted =
        action == Change.Action.CREATE
            || action == Change.Action.REPLACE
            || action == Change.Action.START;
    if (!restarted && before.filter(one -> one.restarts() != app.restarts()).isPresent()) {
      tell(app, Phase.RESTARTING);
      join(parts.tasks().stop(task, false));
      join(parts.tasks().start(task, false));
    }
    save(app);
    tell(app, Phase.SETTLED);
  }

  private Optional<AppRecord> record() {
    return parts.records().find(id);
  }

  private void save(App app) {
    parts.records().save(new AppRecord(id, task, app.restarts(), app.purges()));
  }

  private Change.Action apply(TaskDocument document) {
    Change change =
        join(parts.tasks().apply(List.of(document), false, false, false)).stream()
            .filter(one -> one.task().equals(document.name()))
            .findFirst()
            .orElseThrow();
    if (!change.problems().isEmpty()) {
      throw TaskException.failed(change.problems());
    }
    return change.action();
  }

  private void makeVolume(AppVolume volume) {
    if (parts.volumes().find(volume.name()).isPresent()) {
      return;
    }
    if (volume instanceof AppVolume.Blank blank) {
      var unused =
          parts.volumes().create(blank.name(), blank.bytes(), Optional.empty(), Optional.empty());
    } else if (volume instanceof AppVolume.Disk disk) {
      var unused = join(make(disk));
    }
  }

  private CompletableFuture<?> make(AppVolume.Disk disk) {
    return disk.source() instanceof AppVolume.Source.Fetched fetched
        ? parts.tasks().createDisk(disk.name(), fetched.from(), disk.format(), disk.bytes())
        : createOfNode(disk, (AppVolume.Source.OfNode) disk.source());
  }

  private CompletableFuture<?> createOfNode(AppVolume.Disk disk, AppVolume.Source.OfNode file) {
    return parts
        .tasks()
        .createDisk(disk.name(), file.path(), file.digest(), disk.format(), disk.bytes());
  }

  private void removeVolume(AppVolume volume) {
    if (parts.volumes().find(volume.name()).isPresent()) {
      parts.volumes().remove(volume.name());
    }
  }

  private void remove() {
    synchronized (this) {
      status = status.map(last -> status(last.app(), Phase.REMOVING, List.of()));
    }
    changed.run();
    if (record().isPresent()) {
      removeTask();
      parts.records().delete(id);
    }
    synchronized (this) {
      status = again ? status : Optional.empty();
    }
    removed.accept(this);
  }

  private void removeTask() {
    if (hasTask()) {
      join(parts.tasks().stop(task, false));
      join(parts.tasks().delete(task, false, true));
    }
  }

  private static <T> T join(CompletableFuture<T> work) {
    return work.join();
  }
}
