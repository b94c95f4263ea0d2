package org.lfedge.eve.tasks.core.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;

/**
 * Network namespaces pinned by a bind mount of {@code /proc/self/ns/net} on a file.
 *
 * <p>The directory of these files is a mount of its own that recursive binds leave out. A task on
 * the node's own root would otherwise hold a copy of every pin, and with it the namespaces of other
 * tasks: the kernel does not let go of a file that is a mount point anywhere in its mount
 * namespace.
 */
public final class PinnedNetworkNamespaces implements NetworkNamespaces {

  /**
   * All of it under the task's lock, or a helper that still had it would pin in between. There may
   * be no pin on the file, or one over another: it cannot be removed while there is one.
   */
  private static final String UNPIN =
      "umount --no-mtab \"$1\" 2>/dev/null; until rm -f \"$1\" 2>/dev/null; do umount --no-mtab"
          + " \"$1\" || exit; done";

  /** Only a private mount can be made unbindable. May be repeated, whatever it finds. */
  private static final String ISOLATE =
      "{ mountpoint -q \"$1\" || mount --no-mtab --bind \"$1\" \"$1\"; }"
          + " && mount --no-mtab --make-private \"$1\" && mount --no-mtab --make-unbindable \"$1\"";

  /** May be repeated: a helper that outlived its daemon may have pinned it meanwhile. */
  private static final String PIN_OF_NODE =
      "mountpoint -q \"$1\" || mount --no-mtab --bind /proc/self/ns/net \"$1\"";

  private static final List<String> LOOPBACK_UP = List.of("ip", "link", "set", "lo", "up");

  private final Path directory;
  private final HelperCommand helper;

  /** The tasks of whose namespaces this object knows that their loopback is up. */
  private final Set<String> ready = ConcurrentHashMap.newKeySet();

  /**
   * Keeps the pins in a directory.
   *
   * @param directory best on a file system that a reboot empties
   */
  public PinnedNetworkNamespaces(Path directory, HelperCommand helper) {
    this.directory = directory;
    this.helper = helper;
  }

  /**
   * The pin comes before the loopback, which saves a shell and a mount, a third of the time.
   * Between the two a node may have lost its daemon and the helper, so that the loopback of a pin
   * that was there before is set up again.
   */
  @Override
  public Path pin(String task, boolean ofNode) {
    Path file = path(task);
    if (ready.contains(task) && isPinned(file)) {
      return file;
    }
    if (ofNode) {
      makeFile(file);
      helper.run(
          task,
          "give task " + task + " the network of the node",
          List.of("sh", "-c", PIN_OF_NODE, "sh", file.toString()));
      return file;
    }
    List<String> within;
    if (isPinned(file)) {
      within = List.of("nsenter", "--net=" + file);
    } else {
      makeFile(file);
      within = List.of("unshare", "--net=" + file);
    }
    helper.run(
        task,
        "make the network namespace of task " + task,
        Stream.concat(within.stream(), LOOPBACK_UP.stream()).toList());
    ready.add(task);
    return file;
  }

  private static void makeFile(Path file) {
    try {
      if (!Files.exists(file)) {
        Files.createFile(file);
      }
    } catch (IOException e) {
      throw failure("make " + file, e);
    }
  }

  /** Makes the directory and its mount; to be called once before anything is pinned. */
  public void isolate() {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw failure("make " + directory, e);
    }
    helper.run(
        "",
        "keep the network namespaces of tasks apart in " + directory,
        List.of("sh", "-c", ISOLATE, "sh", directory.toString()));
  }

  /** Removes all namespaces and the mount that holds them, before their directory is removed. */
  public void release() {
    pinned().forEach(this::unpin);
    while (isMountPoint()) {
      helper.run("", "unmount " + directory, List.of("umount", "--no-mtab", directory.toString()));
    }
  }

  private boolean isMountPoint() {
    String point = " " + directory.toAbsolutePath() + " ";
    try {
      return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
          .anyMatch(line -> line.contains(point));
    } catch (IOException e) {
      throw failure("read /proc/self/mountinfo for " + directory, e);
    }
  }

  @Override
  public Path path(String task) {
    return directory.resolve(task);
  }

  @Override
  public void unpin(String task) {
    Path file = path(task);
    ready.remove(task);
    if (Files.exists(file)) {
      helper.run(
          task,
          "remove the network namespace of task " + task,
          List.of("sh", "-c", UNPIN, "sh", file.toString()));
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
      throw failure("list " + directory, e);
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

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("NETWORK_NAMESPACE", "cannot " + action + ": " + cause), cause);
  }
}
