package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * A file with task documents.
 *
 * @param name as the command line has it
 * @param baseDirectory where relative paths in it start; absolute
 */
record DocumentFile(String name, ByteString text, Path baseDirectory) {

  /**
   * Reads a file, or standard input if its name is {@code -}.
   *
   * @throws TaskException if it cannot be read or is too large to be one
   */
  static DocumentFile read(String name, InputStream standardInput) {
    try {
      if (name.equals("-")) {
        return new DocumentFile(
            name, bounded(standardInput, "standard input"), Path.of("").toAbsolutePath());
      }
      Path file = Path.of(name).toAbsolutePath().normalize();
      if (Files.isDirectory(file)) {
        throw unreadable(name, "it is a directory; name the files in it");
      }
      Path directory = file.getParent();
      try (InputStream in = Files.newInputStream(file)) {
        return new DocumentFile(name, bounded(in, name), directory == null ? file : directory);
      }
    } catch (NoSuchFileException | InvalidPathException e) {
      throw unreadable(name, "there is no such file");
    } catch (IOException e) {
      throw unreadable(name, e.toString());
    }
  }

  /** Problems in this file, their messages led by its name. */
  List<Problem> named(List<Problem> problems) {
    return problems.stream()
        .map(
            problem ->
                new Problem(
                    problem.code(),
                    problem.kind(),
                    problem.path(),
                    problem.value(),
                    "in " + name + ": " + problem.message()))
        .toList();
  }

  private static ByteString bounded(InputStream in, String name) throws IOException {
    byte[] text = in.readNBytes(TaskDocuments.MAX_BYTES + 1);
    if (text.length > TaskDocuments.MAX_BYTES) {
      throw TaskException.failed(
          Problem.user("TOO_LARGE", name + " has more than 1 MiB; split it into several files"));
    }
    return ByteString.copyFrom(text);
  }

  private static TaskException unreadable(String name, String why) {
    return TaskException.failed(
        Problem.user("CANNOT_READ", "cannot read the task document " + name + ": " + why));
  }
}
