package org.lfedge.eve.tasks.core.controller;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.lfedge.eve.tasks.core.error.Problem;

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
          Files.createTempFile(
              file.toAbsolutePath().getParent(), file.getFileName() + ".damaged-", "");
      Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
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
