package org.lfedge.eve.tasks.core.controller;

import java.io.IOException;
import java.nio.file.Path;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.files.DurableFiles;

/** What becomes of a stored file that is of no use: somebody may want to look at it. */
final class DamagedFile {

  private DamagedFile() {}

  /**
   * Moves it aside, if that can be.
   *
   * @param what it holds, for people
   * @param why it is of no use
   * @return what people are told
   */
  static Problem setAside(String code, String what, Path file, String why) {
    String kept;
    try {
      Path aside =
          new DurableFiles(file.resolveSibling(".").normalize())
              .setAside(String.valueOf(file.getFileName()));
      kept = "kept as " + aside.getFileName();
    } catch (IOException e) {
      kept = "cannot be moved aside: " + e;
    }
    return Problem.host(
        code,
        "the stored "
            + what
            + " "
            + file
            + " is not used ("
            + why
            + ") and is "
            + kept
            + "; check the disk, then remove that file");
  }
}
