package org.lfedge.eve.tasks.core.port;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;

/** What {@code /proc} and the cgroup file systems say of a process. */
public interface Processes {

  /**
   * When a process started, in clock ticks since boot; empty if there is no such process or it has
   * ended.
   */
  OptionalLong startTime(int pid);

  /** The path of its cgroup below the mount of the memory controller (v1) or of the tree (v2). */
  Optional<String> cgroup(int pid);

  /**
   * The limits of a cgroup as the kernel has them, by the names of its files, such as {@code
   * memory.max}; empty if there is no such cgroup.
   */
  SortedMap<String, String> limits(String cgroup);

  /** The CPUs that a cgroup may use, such as {@code 0-3,6}; empty if there is no such cgroup. */
  Optional<String> cpus(String cgroup);

  /** The memory that a cgroup uses now, page cache included, in bytes. */
  OptionalLong memoryUsage(String cgroup);

  /**
   * How many processes of a cgroup the kernel has killed because its memory limit was reached; only
   * ever rises while the cgroup is there. Empty if there is no such cgroup.
   */
  OptionalLong oomKills(String cgroup);
}
