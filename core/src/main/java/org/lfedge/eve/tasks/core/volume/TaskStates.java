package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.volume.BoundedDisks.Disk;

/**
 * The states of tasks, each on a disk of its own, {@code TASK/NAME.img}: directories that outlive
 * the runs of a task, and a task that takes its place.
 */
final class TaskStates {

  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  private final Path directory;
  private final MountPoints points;
  private final BoundedDisks disks;

  TaskStates(Path directory, MountPoints points, BoundedDisks disks) {
    this.directory = directory;
    this.points = points;
    this.disks = disks;
  }

  Path mounted(String task, String name) {
    return mounted(task).resolve(name);
  }

  private Path mounted(String task) {
    return points.directory().resolve(".states").resolve(task);
  }

  private Disk disk(String task, String name) {
    return new Disk(
        directory.resolve(task).resolve(name + BoundedDisks.SUFFIX),
        mounted(task, name),
        "the state " + name + " of task " + task);
  }

  /** Makes one, unless it is there, and mounts it, unless it is mounted. */
  void prepare(String task, String name, long bytes, VolumeConfig.Owner owner) {
    Disk disk = disk(task, name);
    if (points.isMounted(disk.mounted())) {
      return;
    }
    if (!Files.exists(disk.file())) {
      disks.make(disk, diskBytes(bytes), owner);
    }
    disks.mount(disk, DiskFiles.Use.WRITING);
  }

  /**
   * A disk on which so many bytes fit. What mkfs.ext4 and the kernel take of it themselves is a
   * journal, a seventh of the smallest disk that has one of its size, of 1 GiB at most; 256 bytes
   * for each 16 KiB, for inodes; and up to 4 MiB that the kernel keeps of small ones.
   */
  static long diskBytes(long bytes) {
    return bytes + 4 * MIB + bytes / 32 + Math.min(bytes, GIB) / 7;
  }

  /** Unmounts those of a task. */
  void release(String task) {
    for (Path mounted : MountPoints.children(mounted(task))) {
      points.unmount(mounted);
    }
    points.unmount(mounted(task));
  }

  /** Removes those of a task. */
  void remove(String task) {
    release(task);
    Path own = directory.resolve(task);
    try {
      for (Path file : MountPoints.children(own)) {
        Files.delete(file);
      }
      Files.deleteIfExists(own);
    } catch (IOException e) {
      throw new Disk(own, mounted(task), "the states of task " + task).failure(e);
    }
  }

  /** Those for whom something may be there. */
  SortedSet<String> tasks() {
    SortedSet<String> tasks = new TreeSet<>();
    for (Path place : new Path[] {directory, points.directory().resolve(".states")}) {
      MountPoints.children(place).forEach(child -> tasks.add(child.getFileName().toString()));
    }
    return tasks;
  }
}
