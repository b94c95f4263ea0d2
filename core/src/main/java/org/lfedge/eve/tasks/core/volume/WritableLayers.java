package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.StorageUse;

/**
 * Disks for what tasks write to their roots, where that has a limit: {@code TASK.img}, with the two
 * directories of an overlay. The task sees a full disk at its limit, and the node has promised no
 * more than it has.
 */
final class WritableLayers {

  private static final String SUFFIX = ".img";
  private static final String UNFINISHED = ".new";

  private final Path disks;
  private final MountPoints points;
  private final DiskFiles files;

  WritableLayers(Path disks, MountPoints points, DiskFiles files) {
    this.disks = disks;
    this.points = points;
    this.files = files;
  }

  Path mounted(String task) {
    return points.directory().resolve(".writable").resolve(task);
  }

  private Path disk(String task) {
    return disks.resolve(task + SUFFIX);
  }

  /** Makes it, unless it is there, and mounts it, unless it is mounted. */
  Path prepare(String task, long bytes) {
    Path mounted = mounted(task);
    if (points.isMounted(mounted)) {
      return mounted;
    }
    String what = "the root of task " + task;
    try {
      Path disk = disk(task);
      if (Files.exists(disk)) {
        requireSize(task, bytes);
      } else {
        make(disk, what, bytes);
      }
      points.mountOnce(
          mounted,
          "mount the disk for what is written to " + what,
          DiskFiles.mountCommand(disk, DiskFiles.EXT4, DiskFiles.Use.ROOT));
      // The first is the root that the task sees, whatever umask the daemon has.
      Files.setPosixFilePermissions(
          Files.createDirectories(mounted.resolve("fs")),
          PosixFilePermissions.fromString("rwxr-xr-x"));
      Path unused = Files.createDirectories(mounted.resolve("work"));
      return mounted;
    } catch (IOException e) {
      throw failure(task, e);
    }
  }

  private void requireSize(String task, long bytes) throws IOException {
    long present = Files.size(disk(task));
    if (present != bytes) {
      throw TaskException.refused(
          Problem.user(
              "VOLUME_DIFFERS",
              "what task "
                  + task
                  + " wrote to its root is on a disk of "
                  + present
                  + " bytes, and its document says "
                  + bytes
                  + " now; delete the task and create it again"));
    }
  }

  private void make(Path disk, String what, long bytes) throws IOException {
    Files.createDirectories(disks);
    DiskFiles.checkSize(disks, what, bytes);
    Path unfinished = disk.resolveSibling(disk.getFileName() + UNFINISHED);
    try {
      files.format(unfinished, what, bytes, Optional.empty());
      VolumeFiles.force(unfinished);
      Files.move(unfinished, disk, StandardCopyOption.ATOMIC_MOVE);
      VolumeFiles.forceDirectory(disks);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /** How full it is, if the task has one that is mounted. */
  Optional<StorageUse> use(String task) {
    Path mounted = mounted(task);
    if (!points.isMounted(mounted)) {
      return Optional.empty();
    }
    try {
      long limit = Files.size(disk(task));
      FileStore store = Files.getFileStore(mounted);
      return Optional.of(new StorageUse(limit - store.getUsableSpace(), limit));
    } catch (IOException e) {
      throw failure(task, e);
    }
  }

  /** Removes it with all that was written. */
  void release(String task) {
    points.unmount(mounted(task));
    try {
      Files.deleteIfExists(disk(task));
      Files.deleteIfExists(disks.resolve(task + SUFFIX + UNFINISHED));
    } catch (IOException e) {
      throw failure(task, e);
    }
  }

  /** Those for whom something may be there. */
  SortedSet<String> tasks() {
    SortedSet<String> tasks = new TreeSet<>();
    for (Path child : MountPoints.children(disks)) {
      String name = child.getFileName().toString();
      int end = name.lastIndexOf(SUFFIX);
      if (end > 0) {
        tasks.add(name.substring(0, end));
      }
    }
    return tasks;
  }

  private static TaskException failure(String task, IOException cause) {
    return TaskException.failed(
        Problem.host(
            "VOLUME_DIRECTORY", "cannot keep what task " + task + " writes to its root: " + cause),
        cause);
  }
}
