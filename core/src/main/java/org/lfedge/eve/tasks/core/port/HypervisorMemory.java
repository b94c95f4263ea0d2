package org.lfedge.eve.tasks.core.port;

import java.util.Optional;

/**
 * The memory of the hypervisor that the node controls, which is not the node's own. It changes with
 * each guest that comes or goes, so it is asked for when it is needed.
 */
public interface HypervisorMemory {

  /**
   * What there is at the moment.
   *
   * @return empty if the node controls no hypervisor
   * @throws org.lfedge.eve.tasks.core.error.TaskException with code {@code HYPERVISOR_UNKNOWN} if
   *     the hypervisor cannot be asked, and what to install for that
   */
  Optional<Amount> now();

  /**
   * Memory in bytes.
   *
   * @param totalBytes of the machine, at least 0: the node's share and that of guests included
   * @param freeBytes what neither the node nor a guest has, at least 0
   */
  record Amount(long totalBytes, long freeBytes) {

    /** Refuses negative amounts. */
    public Amount {
      if (totalBytes < 0 || freeBytes < 0) {
        throw new IllegalArgumentException(
            "memory is not negative: " + freeBytes + " of " + totalBytes);
      }
    }
  }
}
