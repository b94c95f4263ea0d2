package org.lfedge.eve.tasks.dist.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.lfedge.eve.tasks.core.verification.Report;

/** Holds an executor in a file against what nodes ask of it, without a node. */
public interface ExecutorVerifier {

  /**
   * Verifies a JAR, a seed.json, or an image of tools in a layout.
   *
   * @param name what to call the executor of a seed.json, which does not say it itself
   * @param deadline for code of the executor to answer all that it is asked
   * @throws org.lfedge.eve.tasks.core.error.TaskException if there is no such file, or it is none
   *     of these
   */
  Report verify(Path file, Optional<String> name, Duration deadline);
}
