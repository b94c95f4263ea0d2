package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;

/** Regular files to which a task's streams are appended. */
public record OutputFiles(Path stdout, Path stderr) {}
