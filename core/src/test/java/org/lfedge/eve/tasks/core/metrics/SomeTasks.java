package org.lfedge.eve.tasks.core.metrics;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.TaskUsage;

/** Tasks and what they use, made up. */
final class SomeTasks {

  /** Every counter has a value of its own. */
  static final TaskUsage USAGE =
      new TaskUsage(
          Instant.EPOCH,
          OptionalLong.of(2_500_000_000L),
          OptionalLong.of(3),
          OptionalLong.of(750_000_000L),
          new TaskUsage.Memory(
              OptionalLong.of(1000),
              OptionalLong.of(400),
              OptionalLong.of(100),
              OptionalLong.of(50),
              OptionalLong.of(300),
              OptionalLong.of(150)),
          OptionalLong.of(4),
          OptionalLong.of(5),
          OptionalLong.of(6),
          OptionalLong.of(7));

  private SomeTasks() {}

  static TaskView running(String name) {
    return view(name, TaskState.RUNNING, Optional.of(new Anchor(7, 70, "boot")));
  }

  static TaskView stopped(String name) {
    return view(name, TaskState.STOPPED, Optional.empty());
  }

  private static TaskView view(String name, TaskState state, Optional<Anchor> anchor) {
    return new TaskView(
        name,
        Optional.empty(),
        "test",
        state,
        Desired.RUNNING,
        anchor,
        Optional.empty(),
        Optional.empty(),
        new Supervision(3, 0, Optional.empty(), Optional.empty(), false, Optional.empty()),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        Duration.ZERO,
        Instant.EPOCH,
        Optional.empty(),
        new TaskView.Memory(2000, 48, 2048, 3000, OptionalLong.empty()),
        List.of());
  }
}
