package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Disk that is set aside for the output of tasks: a file that is deleted when the file system is
 * nearly full, and made again when there is room. A shim that cannot write once copies no more for
 * as long as its task lives, so the room must be there before it is needed.
 */
final class OutputReserve {

  private static final Logger log = LoggerFactory.getLogger(OutputReserve.class);

  /** So many times the reserve must be free before it is made. */
  private static final int AMPLE = 4;

  private final Path file;
  private final long bytes;
  private final HelperCommand helper;
  private final FileStore store;
  private boolean held;
  private boolean cannotBeMade;

  /**
   * Looks after the file of that name.
   *
   * @param bytes its size; 0 for no reserve
   */
  OutputReserve(Path file, long bytes, HelperCommand helper) throws IOException {
    this.file = file;
    this.bytes = bytes;
    this.helper = helper;
    store = Files.getFileStore(file.toAbsolutePath().getParent());
    held = Files.exists(file) && Files.size(file) == bytes;
  }

  /** Whether the file system is so full that logs have to be cut; gives up the reserve first. */
  boolean isShort() throws IOException {
    // With what only root may use, as shims are root's.
    long free = store.getUnallocatedSpace();
    if (free < bytes && held) {
      giveUp();
      free = store.getUnallocatedSpace();
    } else if (!held && bytes > 0 && !cannotBeMade && free >= AMPLE * bytes) {
      make();
    }
    return free < bytes;
  }

  /** Whether there is so little room that it can be gone within a second. */
  boolean isTight() throws IOException {
    return store.getUnallocatedSpace() < 2 * AMPLE * bytes;
  }

  /** Deletes the file, because room is needed right now; returns whether that made any. */
  boolean giveUp() throws IOException {
    boolean made = held;
    held = false;
    Files.deleteIfExists(file);
    if (made) {
      log.warn(
          "the file system of {} is nearly full: the reserve of {} bytes for the output of tasks is"
              + " given up; make room",
          file.getParent(),
          bytes);
    }
    return made;
  }

  private void make() throws IOException {
    try {
      Files.deleteIfExists(file);
      // Where the file system cannot allocate, this writes zeros.
      String unused =
          helper.run(
              "",
              "set disk aside for the output of tasks",
              List.of("fallocate", "--posix", "--length", Long.toString(bytes), file.toString()));
      held = true;
    } catch (TaskException e) {
      cannotBeMade = true;
      log.warn("there is no reserve of disk for the output of tasks: {}", e.first());
      Files.deleteIfExists(file);
    }
  }
}
