package org.lfedge.eve.tasks.core.fleet;

import java.time.Duration;
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
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.fleet.AppStatus.Phase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one app to what is wanted of it, one turn after the other, and begins anew when something
 * else is wanted.
 */
final class AppWorker {

  private static final Logger log = LoggerFactory.getLogger(AppWorker.class);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
  private static final Duration LAST_RETRY = Duration.ofMinutes(5);

  private final String id;
  private final Fleet.Parts parts;
  private final Executor threads;
  private final ScheduledExecutorService timers;
  private final Runnable changed;
  private final Consumer<AppWorker> removed;
  private final AppSteps steps;

  /** By a clock that nobody sets. */
  private final long firstWanted = System.nanoTime();

  // Guarded by this.
  private Optional<App> wanted = Optional.empty();
  private boolean running;
  private boolean again;
  private int failures;
  private @Nullable ScheduledFuture<?> timer;
  private Optional<AppStatus> status = Optional.empty();
  private Optional<Fetch> fetch = Optional.empty();

  /** What is being fetched for an app, as it was wanted then. */
  private record Fetch(App app, CompletableFuture<?> work) {}

  AppWorker(
      String id,
      String task,
      Fleet.Parts parts,
      Executor threads,
      ScheduledExecutorService timers,
      Runnable changed,
      Consumer<AppWorker> removed) {
    this.id = id;
    this.parts = parts;
    this.threads = threads;
    this.timers = timers;
    this.changed = changed;
    this.removed = removed;
    steps =
        new AppSteps(
            id,
            task,
            parts,
            threads,
            new AppSteps.Progress() {
              @Override
              public void reached(App app, Phase phase) {
                tell(app, phase, List.of());
              }

              @Override
              public void fetching(App app, CompletableFuture<?> work) {
                begun(new Fetch(app, work));
              }
            });
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
      breakOff();
    }
  }

  private synchronized void begun(Fetch begun) {
    fetch = Optional.of(begun);
    breakOff();
  }

  /** A fetch may take hours: one that nobody needs any more is not waited for. */
  private void breakOff() {
    fetch.filter(one -> !isNeeded(one)).ifPresent(one -> one.work().cancel(true));
  }

  private boolean isNeeded(Fetch one) {
    return wanted
        .filter(App::active)
        .filter(app -> app.purges() == one.app().purges())
        .filter(app -> app.document().equals(one.app().document()))
        .filter(app -> app.volumes().equals(one.app().volumes()))
        .isPresent();
  }

  synchronized Optional<AppStatus> status() {
    return status;
  }

  /** Makes sure that an app that was settled still has its task. */
  synchronized void look() {
    boolean settled = status.filter(one -> one.phase() == Phase.SETTLED).isPresent();
    if (settled && wanted.filter(App::active).isPresent() && !steps.hasTask()) {
      turnSoon();
    }
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
    CompletableFuture<?> work;
    try {
      work = app.isPresent() ? bring(app.get()) : remove();
    } catch (RuntimeException e) {
      work = CompletableFuture.failedFuture(e);
    }
    var unused = work.whenComplete((done, failed) -> ended(Optional.ofNullable(failed)));
  }

  private synchronized void ended(Optional<Throwable> trouble) {
    running = false;
    fetch = Optional.empty();
    if (again) {
      turnSoon();
    } else if (trouble.isPresent()) {
      List<Problem> problems = problems(trouble.get());
      problems.forEach(problem -> log.error("app {}: {}", id, problem));
      wanted.ifPresent(app -> tell(app, Phase.FAILED, problems));
      later(retry());
      failures++;
    } else {
      failures = 0;
    }
  }

  private static List<Problem> problems(Throwable failed) {
    Throwable cause =
        failed instanceof CompletionException && failed.getCause() != null
            ? failed.getCause()
            : failed;
    return cause instanceof TaskException known
        ? known.problems()
        : List.of(Problem.internal("UNEXPECTED", String.valueOf(cause)));
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

  private CompletableFuture<?> bring(App app) {
    if (!app.active()) {
      return steps.halt(app).thenRunAsync(() -> settle(app), threads);
    }
    if (app.document().isEmpty()) {
      // Until it is told better, what runs of it goes on as it is.
      settle(app);
      return CompletableFuture.completedFuture(null);
    }
    Duration wait = delay(app);
    if (!wait.isZero()) {
      tell(app, Phase.DELAYED, List.of());
      later(wait);
      return CompletableFuture.completedFuture(null);
    }
    return steps.run(app, app.document().get()).thenRunAsync(() -> settle(app), threads);
  }

  private void settle(App app) {
    tell(app, app.problems().isEmpty() ? Phase.SETTLED : Phase.FAILED, app.problems());
  }

  private Duration delay(App app) {
    if (steps.hasTask()) {
      return Duration.ZERO;
    }
    Duration wait = app.startDelay().minusNanos(System.nanoTime() - firstWanted);
    return wait.isNegative() ? Duration.ZERO : wait;
  }

  private CompletableFuture<?> remove() {
    synchronized (this) {
      status = status.map(last -> status(last.app(), Phase.REMOVING, List.of()));
    }
    changed.run();
    return steps.remove().thenRunAsync(this::forget, threads);
  }

  private void forget() {
    synchronized (this) {
      status = again ? status : Optional.empty();
    }
    removed.accept(this);
  }
}
