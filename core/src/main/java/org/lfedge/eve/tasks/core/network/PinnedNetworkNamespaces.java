package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;

/** Network namespaces pinned by a bind mount of {@code /proc/self/ns/net} on a file. */
public final class PinnedNetworkNamespaces implements NetworkNamespaces {

  /** The pin comes last, so that a namespace that is pinned is also ready. */
  private static final String MAKE =
      "ip link set lo up && exec mount --no-mtab --bind /proc/self/ns/net \"$1\"";

  private final Path directory;
  private final HelperCommand helper;

  /**
   * Keeps the pins in a directory, which is made when needed.
   *
   * @param directory best on a file system that a reboot empties
   */
  public PinnedNetworkNamespaces(Path directory, HelperCommand helper) {
    this.directory = directory;
    this.helper = helper;
  }

  @Override
  public Path pin(String task) {
    Path file = path(task);
    if (isPinned(file)) {
      return file;
    }
    try {
      Files.createDirectories(directory);
      if (!Files.exists(file)) {
        Files.createFile(file);
      }
    } catch (IOException e) {
      throw failure(task, "make " + file, e);
    }
    helper.run(
        task,
        "make the network namespace of task " + task,
        List.of("unshare", "--net", "sh", "-c", MAKE, "sh", file.toString()));
    return file;
  }

  @Override
  public Path path(String task) {
    return directory.resolve(task);
  }

  @Override
  public void unpin(String task) {
    Path file = path(task);
    while (isPinned(file)) {
      helper.run(
          task,
          "remove the network namespace of task " + task,
          List.of("umount", "--no-mtab", file.toString()));
    }
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failure(task, "remove " + file, e);
    }
  }

  @Override
  public List<String> pinned() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw failure("", "list " + directory, e);
    }
  }

  /** Whether a namespace, and not the empty file alone, is there. */
  private static boolean isPinned(Path file) {
    try {
      return Files.exists(file) && "nsfs".equals(Files.getFileStore(file).type());
    } catch (IOException e) {
      return false;
    }
  }

  private static TaskException failure(String task, String action, IOException cause) {
    return TaskException.failed(
        Problem.host(
            "NETWORK_NAMESPACE",
            "cannot " + action + " for task " + task + ": " + cause.getMessage()),
        cause);
  }
}
