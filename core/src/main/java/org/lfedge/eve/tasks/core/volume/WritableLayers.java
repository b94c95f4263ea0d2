package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.StorageUse;
import org.lfedge.eve.tasks.core.volume.BoundedDisks.Disk;

/**
 * Disks for what tasks write to their roots, where that has a limit: {@code TASK.img}, with the two
 * directories of an overlay.
 */
final class WritableLayers {

  private static final VolumeConfig.Owner ROOT = new VolumeConfig.Owner(0, 0);

  private final Path directory;
  private final MountPoints points;
  private final BoundedDisks disks;

  WritableLayers(Path directory, MountPoints points, BoundedDisks disks) {
    this.directory = directory;
    this.points = points;
    this.disks = disks;
  }

  Path mounted(String task) {
    return points.directory().resolve(".writable").resolve(task);
  }

  private Disk disk(String task) {
    return new Disk(
        directory.resolve(task + BoundedDisks.SUFFIX),
        mounted(task),
        "what task " + task + " writes to its root");
  }

  /** Makes it, unless it is there, and mounts it, unless it is mounted. */
  Path prepare(String task, long bytes) {
    Disk disk = disk(task);
    if (points.isMounted(disk.mounted())) {
      return disk.mounted();
    }
    try {
      if (Files.exists(disk.file())) {
        requireSize(task, Files.size(disk.file()), bytes);
      } else {
        disks.make(disk, bytes, ROOT);
      }
      disks.mount(disk, DiskFiles.Use.ROOT);
      // The first is the root that the task sees, whatever umask the daemon has.
      Files.setPosixFilePermissions(
          Files.createDirectories(disk.mounted().resolve("fs")),
          PosixFilePermissions.fromString("rwxr-xr-x"));
      Path unused = Files.createDirectories(disk.mounted().resolve("work"));
      return disk.mounted();
    } catch (IOException e) {
      throw disk.failure(e);
    }
  }

  private static void requireSize(String task, long present, long bytes) {
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

  /** How full it is, if the task has one that is mounted. */
  Optional<StorageUse> use(String task) {
    Disk disk = disk(task);
    if (!points.isMounted(disk.mounted())) {
      return Optional.empty();
    }
    try {
      long limit = Files.size(disk.file());
      FileStore store = Files.getFileStore(disk.mounted());
      return Optional.of(new StorageUse(limit - store.getUsableSpace(), limit));
    } catch (IOException e) {
      throw disk.failure(e);
    }
  }

  /** Removes it with all that was written. */
  void release(String task) {
    disks.remove(disk(task));
  }

  /** Those for whom something may be there. */
  SortedSet<String> tasks() {
    SortedSet<String> tasks = new TreeSet<>();
    for (Path child : MountPoints.children(directory)) {
      String name = child.getFileName().toString();
      int end = name.lastIndexOf(BoundedDisks.SUFFIX);
      if (end > 0) {
        tasks.add(name.substring(0, end));
      }
    }
    return tasks;
  }
}
