package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.volume.MountTable.Mount;

/**
 * The directory in which volumes are mounted: {@code TASK/NAME} for tasks, and directories with a
 * dot, which no task can have, for us. It is a mount of its own that recursive binds leave out, see
 * {@code PinnedNetworkNamespaces}; it is private, so that what is mounted here shows up nowhere
 * else and mounts can be moved in it.
 *
 * <p>A mount is made at a path that nobody knows, looked at, and moved: what is at the path of a
 * volume was checked and has all its options, after a crash at any moment too. Those paths are new
 * each time, so that a helper that outlived its daemon cannot put something over a mount that was
 * looked at.
 */
final class MountPoints {

  /** May be repeated, whatever it finds. Only a private mount can be made unbindable. */
  private static final String ISOLATE =
      "{ mountpoint -q \"$1\" || mount --no-mtab --bind \"$1\" \"$1\"; }"
          + " && mount --no-mtab --make-private \"$1\" && mount --no-mtab --make-unbindable \"$1\"";

  /** A mount on top of a file or an empty directory keeps both from being removed. */
  private static final String REMOVE =
      "for p do until { if [ -d \"$p\" ]; then rmdir \"$p\"; else rm -f \"$p\"; fi; } 2>/dev/null;"
          + " do umount --no-mtab -R \"$p\" 2>/dev/null || umount --no-mtab -R -l \"$p\" || exit;"
          + " done; done";

  /** The staged path, the final one, then options and mount in turns. */
  private static final String MOVE =
      "from=$1; to=$2; shift 2; while [ $# -gt 0 ]; do"
          + " mount --no-mtab -o \"remount,bind,$1\" \"$2\" || exit; shift 2; done;"
          + " mount --no-mtab --move \"$from\" \"$to\" || exit;"
          + " rmdir \"$from\" 2>/dev/null || rm -f \"$from\"";

  /** What else a mount may carry that a remount would take from it. */
  private static final List<String> KEPT =
      List.of("noexec", "noatime", "nodiratime", "relatime", "nosymfollow");

  private final Path directory;
  private final HelperCommand helper;

  /** Uses a directory that exists, by its path without symbolic links. */
  MountPoints(Path directory, HelperCommand helper) {
    this.directory = directory;
    this.helper = helper;
  }

  /** Makes the mount, and removes what was being made when a daemon was killed. */
  void isolate() {
    helper.run(
        "",
        "keep the volumes of tasks apart in " + directory,
        List.of("sh", "-c", ISOLATE, "sh", directory.toString()));
    for (Path left : children(staging())) {
      remove("", left);
    }
  }

  /** Unmounts everything, the directory itself last. */
  void releaseAll() {
    int tries = MountTable.read().within(directory.toString()).size();
    while (!MountTable.read().within(directory.toString()).isEmpty()) {
      if (tries-- < 0) {
        throw TaskException.failed(
            Problem.host(
                "VOLUMES_NOT_RELEASED",
                "something is mounted below " + directory + " again and again; end what does it"));
      }
      helper.run(
          "",
          "unmount all volumes below " + directory,
          List.of("umount", "--no-mtab", "-R", "-l", directory.toString()));
    }
  }

  Path directory() {
    return directory;
  }

  private Path staging() {
    return directory.resolve(".staged");
  }

  Path point(String task, String volume) {
    if (task.startsWith(".") || volume.startsWith(".") || (task + volume).contains("/")) {
      throw new IllegalArgumentException("no names: " + task + ", " + volume);
    }
    return directory.resolve(task).resolve(volume);
  }

  /** The tasks that have a directory, whether something is mounted in it or not. */
  SortedSet<String> tasks() {
    SortedSet<String> tasks = new TreeSet<>();
    children(directory).forEach(child -> tasks.add(child.getFileName().toString()));
    tasks.removeIf(name -> name.startsWith("."));
    return tasks;
  }

  /** Whether a volume is mounted for a task, as a directory or as a file. */
  boolean isReady(String task, String volume, boolean asDirectory) {
    Path point = point(task, volume);
    return isMounted(point) && Files.isDirectory(point, LinkOption.NOFOLLOW_LINKS) == asDirectory;
  }

  /**
   * Mounts something at a path of its own.
   *
   * @param lock what the command works on: the name of a task, or whatever others name likewise
   * @param purpose completes the sentence "cannot ..."
   * @param asDirectory whether it is mounted on a directory; on a file otherwise
   * @param command to which that path is added
   */
  Staged stage(String lock, String purpose, boolean asDirectory, List<String> command) {
    Path path = staging().resolve(UUID.randomUUID().toString());
    try {
      make(path, asDirectory);
      helper.run(lock, purpose, plus(command, path.toString()));
      Mount mount =
          MountTable.read()
              .at(path.toString())
              .orElseThrow(
                  () ->
                      TaskException.failed(
                          Problem.host(
                              "VOLUME_NOT_MOUNTED",
                              "cannot " + purpose + ": somebody unmounted it; try again")));
      return new Staged(lock, path, mount);
    } catch (RuntimeException e) {
      removeAfter(e, lock, path);
      throw e;
    }
  }

  /** Something mounted that no task sees yet; closing it unmounts it unless it was moved away. */
  final class Staged implements AutoCloseable {

    private final String lock;
    private final Path path;
    private final Mount mount;
    private boolean moved;

    private Staged(String lock, Path path, Mount mount) {
      this.lock = lock;
      this.path = path;
      this.mount = mount;
    }

    Path path() {
      return path;
    }

    Mount mount() {
      return mount;
    }

    boolean isDirectory() {
      return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }

    boolean isFile() {
      return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Forbids writing, so that not even the kernel's own drivers write through it. */
    void makeReadOnly(String purpose) {
      helper.run(
          lock,
          purpose,
          List.of(
              "mount", "--no-mtab", "-o", "remount,bind," + options(mount, true), path.toString()));
    }

    /** Takes it to the path of a volume, with all that is mounted below it. */
    void moveTo(String task, String volume, boolean readOnly) {
      String purpose = "make " + KeptVolumes.what(task, volume) + " ready";
      Path point = point(task, volume);
      try {
        make(point, isDirectory());
        List<String> command =
            new ArrayList<>(List.of("sh", "-c", MOVE, "sh", path.toString(), point.toString()));
        for (Mount below : MountTable.read().within(path.toString())) {
          command.add(options(below, readOnly));
          command.add(below.point());
        }
        helper.run(lock, purpose, command);
        moved = true;
        if (!MountTable.read()
            .at(point.toString())
            .map(Mount::id)
            .equals(Optional.of(mount.id()))) {
          throw TaskException.failed(
              Problem.host(
                  "VOLUME_NOT_MOUNTED",
                  "cannot " + purpose + ": something else was mounted over it; try again"));
        }
      } catch (RuntimeException e) {
        removeAfter(e, lock, point);
        removeIfEmpty(task);
        throw e;
      }
    }

    @Override
    public void close() {
      if (!moved) {
        remove(lock, path);
      }
    }
  }

  /** What a mount keeps of its options, with those that all volumes have. */
  private static String options(Mount mount, boolean readOnly) {
    SortedSet<String> options = new TreeSet<>(mount.options());
    options.retainAll(KEPT);
    options.add(readOnly || mount.readOnly() ? "ro" : "rw");
    options.add("nosuid");
    options.add("nodev");
    return String.join(",", options);
  }

  boolean isMounted(Path path) {
    return MountTable.read().at(path.toString()).isPresent();
  }

  /**
   * Mounts something that several volumes are made of, unless it is.
   *
   * @param command must leave alone what is mounted; the path is added to it
   */
  void mountOnce(Path path, String purpose, List<String> command) {
    if (!isMounted(path)) {
      try {
        make(path, true);
        helper.run(path.toString(), purpose, plus(command, path.toString()));
      } catch (RuntimeException e) {
        removeAfter(e, path.toString(), path);
        throw e;
      }
    }
  }

  /** Unmounts what {@link #mountOnce} has mounted. */
  void unmount(Path path) {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      remove(path.toString(), path);
    }
  }

  /** Unmounts all volumes of a task, whatever is there, and removes its directory. */
  void release(String task) {
    Path own = directory.resolve(task);
    if (Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
      List<Path> paths = new ArrayList<>(children(own));
      paths.add(own);
      remove(task, paths.toArray(new Path[0]));
    }
  }

  /** Unmounts one volume of a task; says whether anything was there. */
  boolean release(String task, String volume) {
    boolean present = Files.exists(point(task, volume), LinkOption.NOFOLLOW_LINKS);
    if (present) {
      remove(task, point(task, volume));
      removeIfEmpty(task);
    }
    return present;
  }

  private void removeIfEmpty(String task) {
    if (children(directory.resolve(task)).isEmpty()) {
      remove(task, directory.resolve(task));
    }
  }

  private void remove(String lock, Path... paths) {
    List<String> command = new ArrayList<>(List.of("sh", "-c", REMOVE, "sh"));
    Stream.of(paths).map(Path::toString).forEach(command::add);
    helper.run(lock, "unmount " + paths[0], command);
  }

  private void removeAfter(RuntimeException failure, String lock, Path path) {
    try {
      remove(lock, path);
    } catch (TaskException e) {
      failure.addSuppressed(e);
    }
  }

  private static void make(Path path, boolean asDirectory) {
    try {
      Files.createDirectories(path.resolveSibling(".").normalize());
      if (asDirectory) {
        Files.createDirectories(path);
      } else if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.createFile(path);
      }
    } catch (IOException e) {
      throw failure("make " + path, e);
    }
  }

  static List<Path> children(Path directory) {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(directory)) {
      return children.sorted().toList();
    } catch (IOException e) {
      throw failure("list " + directory, e);
    }
  }

  private static List<String> plus(List<String> command, String argument) {
    return Stream.concat(command.stream(), Stream.of(argument)).toList();
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("VOLUME_DIRECTORY", "cannot " + action + ": " + cause + "; is the disk full?"),
        cause);
  }
}
