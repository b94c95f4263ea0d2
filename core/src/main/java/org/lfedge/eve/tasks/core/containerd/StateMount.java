package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Makes a directory a mount of its own that recursive binds leave out. containerd mounts the roots
 * of tasks below its state directory; were they copied along when the node's root is bound for
 * another task, each such task would multiply the node's mounts.
 */
final class StateMount {

  private StateMount() {}

  /** Makes the mount, or what is missing of it. */
  static void isolate(Path directory) {
    Path real = real(directory);
    Optional<MountTable.Mount> present =
        MountTable.read().stream()
            .filter(mount -> mount.target().equals(real))
            .reduce((lower, upper) -> upper);
    if (present.isPresent() && present.get().propagation().contains("unbindable")) {
      return;
    }
    if (present.isEmpty()) {
      MountTable.mount("--bind", real.toString(), real.toString());
    }
    // Only a private mount can be made unbindable: a shared one is copied to its peers first.
    MountTable.mount("--make-private", real.toString());
    MountTable.mount("--make-unbindable", real.toString());
  }

  /** Unmounts all that is mounted at or below a directory. */
  static void release(Path directory) {
    Path real = real(directory);
    List<Path> targets =
        MountTable.read().stream()
            .map(MountTable.Mount::target)
            .filter(target -> target.startsWith(real))
            .sorted(Comparator.comparingInt(Path::getNameCount).reversed())
            .toList();
    targets.forEach(MountTable::detach);
  }

  /**
   * Unmounts the root of a task without processes. One that brings mounts of the node along cannot
   * be unmounted by containerd 1.6, which takes away the topmost alone.
   *
   * @param socket of containerd, which lies in its state directory
   * @return the roots that were mounted
   */
  static List<Path> releaseRoot(Path socket, String namespace, String id) {
    Path state = real(socket.toAbsolutePath().resolveSibling("."));
    Path root = Path.of("io.containerd.runtime.v2.task", namespace, id, "rootfs");
    List<Path> mounted =
        MountTable.read().stream()
            .map(MountTable.Mount::target)
            .filter(target -> target.startsWith(state) && target.endsWith(root))
            .toList();
    mounted.forEach(MountTable::detach);
    return mounted;
  }

  /**
   * Removes the directory of a task that could not be created. containerd 1.6 leaves it behind when
   * it could not unmount the root in it, and would refuse to create the task ever again.
   *
   * @param root the mount point in it, unmounted by now
   */
  static void removeBundle(Path root) {
    Path bundle = root.resolveSibling(".").normalize();
    try {
      // Never deeper than the files of the bundle: all below a root that is still mounted is not
      // ours, and deleting the mount point first fails then.
      Files.delete(root);
      try (DirectoryStream<Path> files = Files.newDirectoryStream(bundle)) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
      Files.delete(bundle);
    } catch (NoSuchFileException e) {
      // containerd was faster.
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host(
              "BUNDLE_NOT_REMOVED", "cannot remove what containerd left in " + bundle + ": " + e),
          e);
    }
  }

  private static Path real(Path directory) {
    try {
      return directory.toRealPath();
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("STATE_NOT_FOUND", "cannot find containerd's directory " + directory), e);
    }
  }
}
