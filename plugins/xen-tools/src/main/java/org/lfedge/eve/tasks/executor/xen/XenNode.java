package org.lfedge.eve.tasks.executor.xen;

import java.util.Optional;
import java.util.SortedSet;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;

/**
 * The hypervisor of the node, for which the tools have to be made.
 *
 * @param capabilities of {@code pv}, {@code hvm} and {@code hap}
 */
record XenNode(SortedSet<String> capabilities) {

  /** A label of the tools: of which Xen xl is, such as {@code 4.17}. */
  private static final String VERSION_LABEL = "org.lfedge.eve.tasks.xen.version";

  /** Refuses a node without Xen, and tools for another one. */
  static XenNode of(SeedRequest request) throws SeedException {
    Optional<Hypervisor> found =
        request.host().hypervisor().filter(hypervisor -> hypervisor.name().equals("xen"));
    if (found.isEmpty()) {
      throw new SeedException(
          "NO_XEN",
          "executor",
          "this node cannot run domains of Xen: "
              + request.host().accelerators().getOrDefault("xen", "it does not run on Xen")
              + "; use the executor qemu, or a node whose Linux is the control domain of Xen");
    }
    ResolvedImage tools =
        request
            .tools()
            .orElseThrow(
                () ->
                    new SeedException(
                        "TOOLS_MISSING",
                        "tools",
                        "a domain needs a tools image with xl; name it in the document as tools, or"
                            + " for all tasks under executors.xen.tools in the config of the node"));
    String version = found.get().version();
    String wanted = tools.labels().get(VERSION_LABEL);
    if (wanted != null && !(version + ".").startsWith(wanted + ".")) {
      throw new SeedException(
          "TOOLS_FOR_OTHER_XEN",
          "tools",
          "the tools are for Xen "
              + wanted
              + ", and the hypervisor of this node is "
              + version
              + ", with which their xl cannot speak; use tools that are made for it");
    }
    return new XenNode(found.get().capabilities());
  }
}
