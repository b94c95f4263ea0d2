package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works through the stop plan of a task: each step in its turn, then SIGKILL to every process of
 * its cgroup, again and again until its anchor has ended. Used on the queue of the task alone.
 */
public final class StopSequence {

  private static final Logger log = LoggerFactory.getLogger(StopSequence.class);

  /** How long a process may survive SIGKILL before it is called stuck, and killed again. */
  static final Duration KILL_DEADLINE = Duration.ofSeconds(10);

  private final String task;
  private final List<StopStep> steps;
  private final ContainerRuntime runtime;
  private final Turns turns;
  private @Nullable Future<?> deadline;
  private boolean over;
  private volatile Optional<Progress> progress = Optional.empty();

  /**
   * How far a stop has come.
   *
   * @param step from 1; the last one is SIGKILL
   * @param steps how many there are
   * @param action such as {@code SIGTERM} or {@code exec power-off}
   * @param until when the next step follows
   */
  public record Progress(int step, int steps, String action, Instant until) {}

  StopSequence(String task, List<StopStep> steps, ContainerRuntime runtime, Turns turns) {
    this.task = task;
    this.steps = steps;
    this.runtime = runtime;
    this.turns = turns;
  }

  /**
   * The longest time that all steps take together, the deadline of SIGKILL included, and the
   * cleanup after them.
   */
  static Duration bound(Seed seed) {
    Duration stopped = seed.stop().total().plus(KILL_DEADLINE);
    return seed.cleanup().isPresent() ? stopped.plus(CleanupKeeper.LIMIT) : stopped;
  }

  Optional<Progress> progress() {
    return progress;
  }

  /** Begins with a step, counted from 0. */
  void from(int index) {
    if (index >= steps.size()) {
      kill();
      return;
    }
    StopStep step = steps.get(index);
    enter(index, action(step), step.grace());
    // First, so that a step that cannot be carried out does not keep the next from its turn.
    onDeadline(step.grace(), () -> from(index + 1));
    if (step instanceof StopStep.Signal signal) {
      int number = Signal.parse(signal.name()).orElse(Signal.KILL).number();
      runtime.signalTask(task, number, false);
    } else if (step instanceof StopStep.Exec exec) {
      run(exec);
    }
  }

  /** SIGKILL to every process, at once. */
  void kill() {
    enter(steps.size(), "SIGKILL", KILL_DEADLINE);
    onDeadline(
        KILL_DEADLINE,
        () -> {
          log.error(
              "task {}: a process survives SIGKILL, which only the kernel can explain; it is"
                  + " killed again",
              task);
          kill();
        });
    runtime.signalTask(task, Signal.KILL.number(), true);
  }

  /** The anchor has ended. */
  void end() {
    over = true;
    cancelDeadline();
  }

  private void onDeadline(Duration delay, Runnable next) {
    cancelDeadline();
    deadline =
        turns.after(
            delay,
            () -> {
              if (!over) {
                next.run();
              }
            });
  }

  private void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  private void run(StopStep.Exec exec) {
    var unused =
        runtime
            .runInside(task, exec.args(), exec.grace())
            .whenComplete(
                (code, failure) -> {
                  if (failure != null) {
                    log.warn("task {}: {} failed: {}", task, action(exec), failure.toString());
                  } else if (code.isEmpty()) {
                    log.warn("task {}: {} took longer than its grace", task, action(exec));
                  } else if (code.getAsInt() != 0) {
                    log.warn(
                        "task {}: {} exited with code {}", task, action(exec), code.getAsInt());
                  }
                });
  }

  private void enter(int index, String action, Duration grace) {
    progress =
        Optional.of(new Progress(index + 1, steps.size() + 1, action, turns.now().plus(grace)));
  }

  /** Arguments may be private to the task. */
  private static String action(StopStep step) {
    return step instanceof StopStep.Exec exec
        ? "exec " + exec.args().get(0)
        : ((StopStep.Signal) step).name();
  }
}
