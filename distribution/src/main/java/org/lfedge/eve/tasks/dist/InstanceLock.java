package org.lfedge.eve.tasks.dist;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Keeps a second daemon away from a state directory. The kernel lets go of the lock when the
 * process ends, however it ends.
 */
final class InstanceLock implements AutoCloseable {

  private final FileChannel file;

  private InstanceLock(FileChannel file) {
    this.file = file;
  }

  /**
   * Takes the lock.
   *
   * @param stateDirectory made if it is missing
   * @throws TaskException if another process has it
   */
  static InstanceLock take(Path stateDirectory) {
    try {
      Files.createDirectories(stateDirectory);
      FileChannel file =
          FileChannel.open(
              stateDirectory.resolve("taskd.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      FileLock lock = file.tryLock();
      if (lock == null) {
        file.close();
        throw TaskException.refused(
            Problem.host(
                "ALREADY_RUNNING",
                "another taskd uses the state directory "
                    + stateDirectory
                    + "; stop it first, or give this one a directory of its own"));
      }
      return new InstanceLock(file);
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host(
              "STATE_DIRECTORY", "cannot use the state directory " + stateDirectory + ": " + e),
          e);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
