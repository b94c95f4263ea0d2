package org.lfedge.eve.tasks.core.port;

import java.time.Instant;
import java.util.OptionalLong;

/**
 * What a task used up to a moment, over all its processes. What the node does not count is empty,
 * never 0. Counters start at 0 with each anchor.
 *
 * @param at when it was read
 * @param cpuNanos CPU time
 * @param throttledPeriods how many periods of its quota ended with it waiting
 * @param throttledNanos how long it waited for its quota
 * @param memory now
 * @param oomKills processes that the kernel killed because the memory limit was reached
 * @param pids processes and threads now
 * @param ioReadBytes read from block devices
 * @param ioWrittenBytes written to block devices
 */
public record TaskUsage(
    Instant at,
    OptionalLong cpuNanos,
    OptionalLong throttledPeriods,
    OptionalLong throttledNanos,
    Memory memory,
    OptionalLong oomKills,
    OptionalLong pids,
    OptionalLong ioReadBytes,
    OptionalLong ioWrittenBytes) {

  /**
   * Memory in bytes.
   *
   * @param usage all that counts towards the limit
   * @param anon of processes, without a file behind it
   * @param shmem shared memory and tmpfs
   * @param kernel kernel memory on behalf of the task, such as page tables and sockets
   * @param inactiveFile page cache that was not used lately; given back first
   * @param activeFile page cache that was used lately
   */
  public record Memory(
      OptionalLong usage,
      OptionalLong anon,
      OptionalLong shmem,
      OptionalLong kernel,
      OptionalLong inactiveFile,
      OptionalLong activeFile) {

    /** A node that counts none of it. */
    public static final Memory UNKNOWN =
        new Memory(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());

    /** The page cache: part of the usage, and given back when memory is short. */
    public OptionalLong cache() {
      return inactiveFile.isPresent() && activeFile.isPresent()
          ? OptionalLong.of(inactiveFile.getAsLong() + activeFile.getAsLong())
          : OptionalLong.empty();
    }
  }
}
