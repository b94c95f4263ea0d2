package org.lfedge.eve.tasks.core.eve;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.eve.api.VmMode;

/**
 * What configs of controllers are mapped by on this node.
 *
 * @param executors for each of EVE's virtualization modes, the executor of its apps
 * @param cpus of the node, from 0 on without a gap
 */
public record NodeRules(SortedMap<VmMode, String> executors, int cpus) {

  /** EVE leaves as many for itself ({@code eve_max_vcpus}), and so do we where CPUs are pinned. */
  static final int UNPINNED_CPUS = 1;

  /** Keeps a copy. */
  public NodeRules {
    executors = Collections.unmodifiableSortedMap(new TreeMap<>(executors));
  }

  /** The modes that can be mapped. */
  public static List<VmMode> modes() {
    return List.of(VmMode.PV, VmMode.HVM, VmMode.Filler, VmMode.FML, VmMode.NOHYPER, VmMode.LEGACY);
  }

  /**
   * The executors of modes where the node's config says nothing: containers without a hypervisor,
   * everything else a domain where there is a hypervisor for those, else a virtual machine.
   *
   * @param domains whether this node runs on Xen
   */
  public static SortedMap<VmMode, String> usual(boolean domains) {
    SortedMap<VmMode, String> executors = new TreeMap<>();
    modes().forEach(mode -> executors.put(mode, domains ? GuestOptions.XEN : GuestOptions.QEMU));
    executors.put(VmMode.NOHYPER, "native-container");
    return executors;
  }
}
