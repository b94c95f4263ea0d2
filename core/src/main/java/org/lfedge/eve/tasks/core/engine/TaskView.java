package org.lfedge.eve.tasks.core.engine;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;

/** A task as listings show it. */
public record TaskView(
    String name,
    Optional<String> displayName,
    String executor,
    TaskState state,
    Desired desired,
    Optional<Anchor> anchor,
    Optional<ExitStatus> exit,
    Optional<Failure> failure,
    Instant createdAt,
    Optional<Instant> startedAt,
    Memory memory) {

  /**
   * Memory of a task in bytes.
   *
   * @param asked for the workload
   * @param tax on top, for the anchor
   * @param limit of the cgroup: asked and tax
   * @param usage now, page cache included; empty while there is no anchor
   */
  public record Memory(long asked, long tax, long limit, OptionalLong usage) {}
}
