package org.lfedge.eve.tasks.core.api;

import java.nio.file.Path;
import org.lfedge.eve.tasks.spi.task.HostFacts;

/**
 * What the API tells about the node and the daemon.
 *
 * @param version of the daemon
 * @param containerdVersion as containerd told it
 * @param snapshotter the one that root file systems come from
 */
public record NodeInfo(
    String version,
    HostFacts host,
    String containerdVersion,
    Path containerdSocket,
    String snapshotter,
    Path pluginsDirectory,
    Path stateDirectory) {}
