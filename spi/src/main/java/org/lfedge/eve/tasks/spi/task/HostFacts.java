package org.lfedge.eve.tasks.spi.task;

import java.util.Optional;
import java.util.SortedMap;

/** What the node can do; found out once when the daemon starts. */
public interface HostFacts {

  /** In Go's words: {@code amd64}, {@code arm64}. */
  String architecture();

  /** The kernel's release, such as {@code 6.1.0-18-amd64}. */
  String kernel();

  /** 1 or 2. */
  int cgroupVersion();

  /** CPUs that are online. */
  int cpus();

  long memoryBytes();

  /** By name, such as {@code kvm}: {@code ok}, or the reason why it cannot be used. */
  SortedMap<String, String> accelerators();

  /**
   * The hypervisor that the node runs on and controls: it can have guests beside the node. Empty on
   * a node without one, and on one that is itself a guest.
   *
   * @since 1.1
   */
  default Optional<Hypervisor> hypervisor() {
    return Optional.empty();
  }
}
