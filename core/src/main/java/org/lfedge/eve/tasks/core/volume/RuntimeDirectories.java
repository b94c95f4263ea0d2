package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * Directories in memory that tasks and the daemon see: each is a tmpfs of its own, whose pages the
 * kernel counts towards the cgroup of whoever wrote them.
 */
final class RuntimeDirectories {

  /** A helper of an earlier daemon may have come first. */
  private static final String MOUNT =
      "mountpoint -q \"$2\" || mount --no-mtab -t tmpfs -o \"$1\" tmpfs \"$2\"";

  /** For sockets and small files; each takes memory that the size does not limit. */
  private static final int MAX_FILES = 4096;

  private final MountPoints points;

  RuntimeDirectories(MountPoints points) {
    this.points = points;
  }

  /** Short: what lies in it may be a socket, whose path has at most 107 bytes. */
  Path mounted(String task) {
    return points.directory().resolve(".run").resolve(task);
  }

  /**
   * Makes it.
   *
   * @param anew with nothing in it; if not, one that is there stays as it is
   */
  void prepare(String task, long bytes, User owner, boolean anew) {
    Path mounted = mounted(task);
    if (anew) {
      points.unmount(mounted);
    }
    String options =
        "nosuid,nodev,noexec,mode=0700,size=%d,nr_inodes=%d,uid=%d,gid=%d"
            .formatted(bytes, MAX_FILES, owner.uid(), owner.gid());
    points.mountOnce(
        mounted,
        "make the runtime directory of task " + task,
        List.of("sh", "-c", MOUNT, "sh", options));
  }

  /**
   * The end of a file in it. Nobody but the task knows what is at that name, and it may change at
   * any moment: it is opened in a way that follows no link, refuses directories, sockets and, by
   * the options of the mount, devices, and does not wait for the other end of a FIFO. From that,
   * nothing can be read at a position.
   */
  Optional<byte[]> read(String task, String name, int maxBytes) {
    Path file = mounted(task).resolve(name);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      int unused = channel.read(ByteBuffer.allocate(1), 0);
      ByteBuffer end = ByteBuffer.allocate((int) Math.min(maxBytes, channel.size()));
      long start = channel.size() - end.capacity();
      int read = 0;
      while (end.hasRemaining() && read >= 0) {
        read = channel.read(end, start + end.position());
      }
      return Optional.of(Arrays.copyOf(end.array(), end.position()));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  void release(String task) {
    points.unmount(mounted(task));
  }

  /** Those for whom something may be there. */
  SortedSet<String> tasks() {
    SortedSet<String> tasks = new TreeSet<>();
    MountPoints.children(points.directory().resolve(".run"))
        .forEach(child -> tasks.add(child.getFileName().toString()));
    return tasks;
  }
}
