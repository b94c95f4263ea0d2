package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The FIFOs on which the streams of a process are.
 *
 * @param stdin empty for no input
 * @param stdout a terminal's output too
 * @param stderr empty for a process with a terminal, which writes both to it
 */
public record StreamFifos(Optional<Path> stdin, Path stdout, Optional<Path> stderr) {}
