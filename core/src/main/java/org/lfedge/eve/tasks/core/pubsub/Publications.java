package org.lfedge.eve.tasks.core.pubsub;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.SortedSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * What the manager of domains publishes of them, in a directory for each topic. Whoever reads a
 * file at any time has all of it, as it was or as it is.
 */
public final class Publications {

  private static final String ENDING = ".json";

  private final Path directory;

  /**
   * Publishes nothing yet.
   *
   * @param root below which each program of EVE has its directory
   */
  public Publications(Path root) {
    directory = root.resolve("domainmgr");
  }

  /**
   * Publishes a value in place of the one before.
   *
   * @param topic what it is of
   * @param key by which it is known
   * @throws TaskException PUBLICATION_FAILED
   */
  public void publish(String topic, String key, byte[] value) {
    Path file = directory.resolve(topic).resolve(key + ENDING);
    // Readers take files by their ending; there is one writer, so one name does.
    Path unfinished = file.resolveSibling("." + key + ".new");
    try {
      Files.createDirectories(directory.resolve(topic));
      Files.write(unfinished, value);
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failure("write " + file, e);
    }
  }

  /**
   * Removes what is published by other keys.
   *
   * @throws TaskException PUBLICATION_FAILED
   */
  public void retain(String topic, SortedSet<String> keys) {
    Path of = directory.resolve(topic);
    try {
      Files.createDirectories(of);
      try (DirectoryStream<Path> files = Files.newDirectoryStream(of, "*" + ENDING)) {
        for (Path file : files) {
          String name = String.valueOf(file.getFileName());
          if (!keys.contains(name.substring(0, name.length() - ENDING.length()))) {
            Files.deleteIfExists(file);
          }
        }
      }
    } catch (IOException e) {
      throw failure("remove files in " + of, e);
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host(
            "PUBLICATION_FAILED",
            "cannot " + action + ": " + cause + "; may the daemon write there?"),
        cause);
  }
}
