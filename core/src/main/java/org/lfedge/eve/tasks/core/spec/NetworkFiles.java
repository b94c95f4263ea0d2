package org.lfedge.eve.tasks.core.spec;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the files that the core writes about the network of a task lie on the node. They are
 * mounted read-only at their usual places below {@code /etc}.
 *
 * @param resolvConf for {@code /etc/resolv.conf}
 * @param hosts for {@code /etc/hosts}
 * @param hostname for {@code /etc/hostname}
 */
public record NetworkFiles(
    Optional<Path> resolvConf, Optional<Path> hosts, Optional<Path> hostname) {}
