package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.port.Standing;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cleanup of a seed, which is due on record from the end of an anchor on: run in place of the
 * anchor until it succeeds. A run that a killed daemon has left is ended and done again. Used on
 * the queue of the task alone.
 */
final class CleanupKeeper {

  private static final Logger log = LoggerFactory.getLogger(CleanupKeeper.class);

  /** How long a run may take. */
  static final Duration LIMIT = Duration.ofSeconds(Seed.CLEANUP_SECONDS);

  /** Before it is tried again; doubled each time, as each costs about as much as a start. */
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

  private static final int MAX_DOUBLINGS = 6;

  private final EngineParts shared;
  private final TaskLedger ledger;
  private final Turns turns;
  private final BlueprintKeeper blueprints;
  private final Runnable onTried;

  private boolean underWay;
  private boolean closed;
  private int failures;
  private @Nullable Future<?> next;

  /**
   * Keeps the cleanup of the task of a ledger.
   *
   * @param onTried called when a try has ended, and that is on record
   */
  CleanupKeeper(
      EngineParts shared,
      TaskLedger ledger,
      Turns turns,
      BlueprintKeeper blueprints,
      Runnable onTried) {
    this.shared = shared;
    this.ledger = ledger;
    this.turns = turns;
    this.blueprints = blueprints;
    this.onTried = onTried;
  }

  private TaskRecord record() {
    return ledger.record();
  }

  /** Whether something has to be cleared away before anything else is done with the task. */
  boolean isDue() {
    return record().cleanup().isPresent();
  }

  /** Whether a try has begun, or is the next thing to be done. */
  boolean isUnderWay() {
    return underWay;
  }

  /** Why whoever waits for it is not served. */
  Problem problem() {
    return record()
        .cleanup()
        .flatMap(Standing.Cleanup::failure)
        .map(Failure::problem)
        .orElseGet(() -> failure("how it ended is not on record"));
  }

  /** Has it tried now, unless a try is under way. */
  void tryNow() {
    if (!underWay) {
      underWay = true;
      cancelNext();
      turns.soon(this::attempt);
    }
  }

  /** Has it tried in its time. */
  void ensure() {
    if (next == null) {
      tryNow();
    }
  }

  /** Tries no more, and takes no notice of a try that is under way: the task is removed. */
  void close() {
    closed = true;
    underWay = false;
    cancelNext();
  }

  private void cancelNext() {
    if (next != null) {
      next.cancel(false);
      next = null;
    }
  }

  private void attempt() {
    if (closed) {
      return;
    }
    // There may be none any more, as another document was taken over meanwhile.
    boolean present;
    try {
      shared.effects().removeAnchor(record().name());
      Blueprint blueprint = blueprints.current();
      present = blueprint.seed().cleanup().isPresent();
      if (present) {
        shared.effects().startCleanup(record(), blueprint);
      }
    } catch (RuntimeException e) {
      failed("it cannot be run: " + Turns.problem(e));
      return;
    }
    if (present) {
      new Run().watch();
    } else {
      succeeded();
    }
  }

  private void succeeded() {
    if (closed) {
      return;
    }
    try {
      ledger.save(record().cleaned());
    } catch (TaskException e) {
      log.error("that the cleanup succeeded cannot be recorded, trying again: {}", e.first());
      turns.again(this::succeeded);
      return;
    }
    underWay = false;
    failures = 0;
    onTried.run();
  }

  private void failed(String why) {
    underWay = false;
    Failure failure = new Failure(failure(why), "clean up", turns.now());
    boolean told = record().cleanup().flatMap(Standing.Cleanup::failure).isPresent();
    TaskEvent event = TaskEvent.of(TaskEvent.Type.FAILED, turns.now()).with(failure);
    try {
      ledger.save(record().uncleaned(failure), told ? new TaskEvent[0] : new TaskEvent[] {event});
    } catch (TaskException e) {
      log.error("that its cleanup failed cannot be recorded: {}", e.first());
    }
    if (!told) {
      log.error("{}", failure.problem());
    }
    next = turns.after(SHORTEST_PAUSE.multipliedBy(1L << failures), this::tryNow);
    failures = Math.min(failures + 1, MAX_DOUBLINGS);
    onTried.run();
  }

  private Problem failure(String why) {
    return Problem.host(
        "CLEANUP_FAILED",
        "the cleanup of task "
            + record().name()
            + " failed: "
            + why
            + "; what the task has left outside of its container may be there still; it is run"
            + " again and again, and taskctl logs "
            + record().name()
            + " says more");
  }

  /** A run, from its start to its end. */
  private final class Run {

    private boolean over;
    private boolean late;
    private @Nullable Future<?> deadline;

    void watch() {
      deadline = turns.after(LIMIT, this::kill);
      var unused =
          shared
              .runtime()
              .awaitExit(record().name())
              .whenComplete(
                  (exit, lost) -> {
                    if (lost == null) {
                      turns.soon(() -> ended(exit));
                    } else {
                      log.debug("watching the cleanup was cut off: {}", lost.toString());
                      turns.again(this::startOver);
                    }
                  });
    }

    private void kill() {
      if (!over && !closed) {
        late = true;
        // As long as it takes: whatever holds the process, the kernel alone can let it go.
        deadline = turns.after(StopSequence.KILL_DEADLINE, this::kill);
        shared.runtime().signalTask(record().name(), Signal.KILL.number(), true);
      }
    }

    private void end() {
      over = true;
      if (deadline != null) {
        deadline.cancel(false);
      }
    }

    private void startOver() {
      end();
      attempt();
    }

    private void ended(ExitStatus exit) {
      end();
      if (closed) {
        return;
      }
      try {
        shared.runtime().deleteTask(record().name());
      } catch (RuntimeException e) {
        failed("it cannot be removed: " + Turns.problem(e));
        return;
      }
      if (late) {
        failed("it took longer than " + LIMIT.toSeconds() + " s");
      } else if (exit.code().equals(OptionalInt.of(0))) {
        succeeded();
      } else {
        failed(Ending.describe(exit));
      }
    }
  }
}
