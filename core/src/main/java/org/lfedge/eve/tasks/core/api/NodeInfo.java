package org.lfedge.eve.tasks.core.api;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.HypervisorMemory;
import org.lfedge.eve.tasks.spi.task.HostFacts;

/**
 * What the API tells about the node and the daemon.
 *
 * @param version of the daemon
 * @param containerdVersion as containerd told it
 * @param snapshotter the one that root file systems come from
 * @param hypervisorMemory asked when somebody asks
 * @param controller who says which apps there are; looked up when somebody asks
 * @param binaryFormats for whom the binary formats of tasks hold; looked up when somebody asks
 */
public record NodeInfo(
    String version,
    HostFacts host,
    HypervisorMemory hypervisorMemory,
    String containerdVersion,
    Path containerdSocket,
    String snapshotter,
    Path pluginsDirectory,
    Path stateDirectory,
    Supplier<Optional<ControllerInfo>> controller,
    Supplier<BinaryFormats.Scope> binaryFormats) {

  /** In one word, or why tasks can have none. */
  String binaryFormatsText() {
    try {
      return binaryFormats.get().name().toLowerCase(Locale.ROOT);
    } catch (TaskException e) {
      return e.first().message();
    }
  }
}
