package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.task.Root;

/** Answers the questions of executors, bounded and confined to what the task may see. */
public interface FactSource {

  /** Looks one thing up. */
  Fact answer(FactQuery query, Root root);

  /** A directory by its path without symbolic links; empty if there is none. */
  Optional<Path> realDirectory(String path);

  /** Whether a file or directory of the node exists. */
  boolean exists(String path);

  /** The passwd and group files below a directory; symbolic links do not lead out of it. */
  AccountFiles accounts(String directory);
}
