package org.lfedge.eve.tasks.spi.seed;

import java.time.Duration;
import java.util.List;

/**
 * How to end a task: steps in order, each with its grace. After the last one the core sends SIGKILL
 * to every process in the task's cgroup.
 *
 * @param steps may be empty
 */
public record StopPlan(List<StopStep> steps) {

  /** Keeps a copy of the steps. */
  public StopPlan {
    steps = List.copyOf(steps);
  }

  /** Sends one signal and waits. */
  public static StopPlan signal(String name, Duration grace) {
    return new StopPlan(List.of(new StopStep.Signal(name, grace)));
  }

  /** The longest time until SIGKILL. */
  public Duration total() {
    return steps.stream().map(StopStep::grace).reduce(Duration.ZERO, Duration::plus);
  }
}
