package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.files.DurableFiles;

/**
 * Disks in files of a fixed size for what a task writes: it sees a full disk at its limit, and the
 * node has promised no more than it has.
 */
final class BoundedDisks {

  static final String SUFFIX = ".img";
  private static final String UNFINISHED = ".new";

  private final MountPoints points;
  private final DiskFiles files;

  BoundedDisks(MountPoints points, DiskFiles files) {
    this.points = points;
    this.files = files;
  }

  /**
   * A disk.
   *
   * @param file that it is in
   * @param mounted where its file system is mounted
   * @param what is on it, in the words of an error message
   */
  record Disk(Path file, Path mounted, String what) {

    private Path unfinished() {
      return file.resolveSibling(file.getFileName() + UNFINISHED);
    }

    TaskException failure(IOException cause) {
      return TaskException.failed(
          Problem.host("VOLUME_DIRECTORY", "cannot keep " + what + ": " + cause), cause);
    }
  }

  /**
   * Makes a disk whole, or not at all.
   *
   * @param bytes its size
   * @param owner of its uppermost directory
   */
  void make(Disk disk, long bytes, VolumeConfig.Owner owner) {
    Path directory = disk.file().resolveSibling(".").normalize();
    try {
      Files.createDirectories(directory);
      DiskFiles.checkSize(directory, disk.what(), bytes);
      try {
        files.format(disk.unfinished(), disk.what(), bytes, Optional.of(owner));
        DurableFiles.publish(disk.unfinished(), disk.file());
      } finally {
        Files.deleteIfExists(disk.unfinished());
      }
    } catch (IOException e) {
      throw disk.failure(e);
    }
  }

  /** Mounts a disk that was made, unless it is mounted. */
  void mount(Disk disk, DiskFiles.Use use) {
    points.mountOnce(
        disk.mounted(),
        "mount the disk for " + disk.what(),
        DiskFiles.mountCommand(disk.file(), DiskFiles.EXT4, use));
  }

  /** Removes a disk with all that is on it, however far it was made. */
  void remove(Disk disk) {
    points.unmount(disk.mounted());
    try {
      Files.deleteIfExists(disk.file());
      Files.deleteIfExists(disk.unfinished());
    } catch (IOException e) {
      throw disk.failure(e);
    }
  }
}
