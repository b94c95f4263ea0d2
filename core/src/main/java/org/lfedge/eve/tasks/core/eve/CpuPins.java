package org.lfedge.eve.tasks.core.eve;

import java.util.List;
import java.util.stream.IntStream;
import org.lfedge.eve.tasks.core.eve.api.VmConfig;

/**
 * Gives CPUs to apps that want some for themselves, in the order of the config: the first ones are
 * left to the others, since the kernel itself prefers them.
 */
final class CpuPins {

  private final int cpus;
  private int next = NodeRules.UNPINNED_CPUS;

  CpuPins(int cpus) {
    this.cpus = cpus;
  }

  /**
   * The CPUs of an app; none if it pins none, or if there are too few, which is found then.
   *
   * @param path of what asks for them
   */
  List<Integer> take(VmConfig config, String path, Findings findings) {
    if (!config.getPinCpu()) {
      return List.of();
    }
    long count = Math.max(1, Integer.toUnsignedLong(config.getVcpus()));
    if (count > cpus - next) {
      findings.unsupported(
          path,
          count,
          "of the "
              + cpus
              + " CPUs of this node "
              + Math.max(0, cpus - next)
              + " can be pinned yet");
      return List.of();
    }
    List<Integer> taken = IntStream.range(next, next + (int) count).boxed().toList();
    next += (int) count;
    return taken;
  }
}
