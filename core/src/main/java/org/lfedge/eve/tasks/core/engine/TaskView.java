package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.core.lifecycle.Dependency;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;

/**
 * A task as listings show it.
 *
 * @param failure the last step of ours that failed, while the state is FAILED; or the last try of
 *     the cleanup of its seed, while that is due
 * @param supervision what its restart policy has done and will do
 * @param health while it has a health check and runs
 * @param waitingFor what it is started after, as far as that is not met and it is wanted running
 * @param stop how far its stop has come, while one is under way
 * @param stopBound the longest time that a stop takes, SIGKILL and a cleanup included
 * @param interfaces as they were made, in the order of the document
 */
public record TaskView(
    String name,
    Optional<String> displayName,
    String executor,
    TaskState state,
    Desired desired,
    Optional<Anchor> anchor,
    Optional<ExitStatus> exit,
    Optional<Failure> failure,
    Supervision supervision,
    Optional<HealthWatch.Health> health,
    List<Dependency> waitingFor,
    Optional<StopSequence.Progress> stop,
    Duration stopBound,
    Instant createdAt,
    Optional<Instant> startedAt,
    Memory memory,
    List<AttachedInterface> interfaces) {

  /** Keeps copies. */
  public TaskView {
    waitingFor = List.copyOf(waitingFor);
    interfaces = List.copyOf(interfaces);
  }

  /**
   * Memory of a task in bytes.
   *
   * @param asked for the workload
   * @param tax on top, for the anchor
   * @param limit of the cgroup: asked and tax; the tax alone if a hypervisor gives what was asked
   * @param hypervisor taken from a hypervisor: what was asked, if it gives that, and its tax
   * @param usage now, page cache included; empty while there is no anchor
   */
  public record Memory(long asked, long tax, long limit, long hypervisor, OptionalLong usage) {}
}
