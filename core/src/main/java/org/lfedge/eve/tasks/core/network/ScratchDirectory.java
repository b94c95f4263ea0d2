package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Files that a helper reads and writes, in a directory for each run of one.
 *
 * <p>All are removed when the next daemon starts: a helper of an earlier one that had not got its
 * lock by then finds no input, and does nothing.
 */
final class ScratchDirectory {

  private final Path directory;

  /** Takes over a directory, and removes all that is in it. */
  ScratchDirectory(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(directory);
      try (Stream<Path> left = Files.list(directory)) {
        for (Path run : left.toList()) {
          remove(run);
        }
      }
    } catch (IOException e) {
      throw failure("clean up " + directory, e);
    }
  }

  /** Does something with a file in a directory of its own, which only root can look into. */
  <T> T withFile(String name, String text, Function<Path, T> action) {
    try {
      Path run =
          Files.createTempDirectory(
              directory,
              "run",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try {
        Path file = Files.write(run.resolve(name), text.getBytes(StandardCharsets.UTF_8));
        return action.apply(file);
      } finally {
        remove(run);
      }
    } catch (IOException e) {
      throw failure("write " + name + " for a helper in " + directory, e);
    }
  }

  private static void remove(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("NETWORK_RECORDS", "cannot " + action + ": " + cause + "; is the disk full?"),
        cause);
  }
}
