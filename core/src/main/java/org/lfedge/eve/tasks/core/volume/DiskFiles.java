package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;

/** Disks in files: made, looked at and mounted by the node's programs. */
final class DiskFiles {

  /** What mkfs.ext4 gives a journal to. Without one a loss of power may damage the file system. */
  static final long MIN_BYTES = 2L << 20;

  static final String EXT4 = "ext4";

  /**
   * All blocks are taken now: a disk that can run out of room under a file system gives I/O errors
   * to whoever uses it. The file reads as zeros, so nothing else need be written, now or by the
   * kernel in the background. Databases refuse a directory with {@code lost+found} in it.
   */
  private static final String FORMAT =
      "fallocate --posix --length \"$2\" \"$1\" && mkfs.ext4 -q -F -m 0 $4 -E"
          + " nodiscard,lazy_itable_init=1,lazy_journal_init=1,root_owner=\"$3\" \"$1\""
          + " && debugfs -w -R 'rmdir lost+found' \"$1\"";

  /**
   * By itself mkfs.ext4 takes a sixth of a disk of 64 MiB for its own structures; with what it
   * takes for larger ones, it is a twelfth. On very small ones there is no room for that journal.
   */
  private static final String LARGE = "-b 4096 -i 16384";

  private static final long LARGE_BYTES = 16L << 20;

  private static final String RESERVE = "fallocate --posix --length \"$2\" \"$1\"";

  /** 2: nothing is known of it, 8: several things are. */
  private static final String PROBE =
      "blkid -p -o export -- \"$1\" || { code=$?; [ $code = 2 ] || [ $code = 8 ]; }";

  /**
   * The check takes a few milliseconds unless something is wrong, and mends what can be mended
   * without asking. It must not run while the kernel still has the disk: a mount of ours that was
   * taken away may live on in a task that is ending; mount(8) then takes the same loop device.
   */
  private static final String MOUNT =
      "mountpoint -q \"$4\" && exit; case $1 in ext?) if [ \"$2\" != \"${2#rw}\" ]"
          + " && [ -z \"$(losetup --associated \"$3\")\" ]; then e2fsck -p \"$3\";"
          + " [ $? -le 2 ] || exit; fi;; esac;"
          + " mount --no-mtab -t \"$1\" -o \"loop,$2\" \"$3\" \"$4\"";

  /** What the kernel is to read from files that nobody vouches for; each is mounted as declared. */
  private static final List<String> FILE_SYSTEMS =
      List.of(EXT4, "ext3", "ext2", "xfs", "vfat", "squashfs", "iso9660");

  private static final int SUPERBLOCK = 1024;
  private static final int EXT_MAGIC = 0xEF53;

  /** The kernel keeps a fiftieth, and no more than that. */
  private static final long MAX_KEPT_BLOCKS = 4096;

  private final HelperCommand helper;

  DiskFiles(HelperCommand helper) {
    this.helper = helper;
  }

  /**
   * Refuses a size that is too small, or larger than the room there is.
   *
   * @param what is to have it, in the words of an error message
   */
  static void checkSize(Path directory, String what, long bytes) {
    if (bytes < MIN_BYTES) {
      throw TaskException.failed(
          Problem.user(
              "VOLUME_TOO_SMALL",
              what + " cannot have " + bytes + " bytes; the least is " + MIN_BYTES + " (2MiB)"));
    }
    checkRoom(directory, what, bytes);
  }

  /**
   * Refuses a size that is larger than the room there is.
   *
   * @param what is to have it, in the words of an error message
   */
  static void checkRoom(Path directory, String what, long bytes) {
    long room = room(directory);
    if (room < bytes) {
      throw TaskException.failed(
          Problem.host(
              "DISK_FULL",
              what
                  + " needs "
                  + bytes
                  + " bytes, and the file system of "
                  + directory
                  + " has only "
                  + room
                  + " left; remove volumes, images or tasks that are not needed, or make it"
                  + " smaller"));
    }
  }

  static long room(Path directory) {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      throw unreadable(directory, e);
    }
  }

  /** Makes a disk with an empty file system that is as safe as it is fast. */
  void format(Path disk, String what, long bytes, Optional<VolumeConfig.Owner> owner) {
    String ids = owner.map(one -> one.uid() + ":" + one.gid()).orElse("0:0");
    helper.run(
        disk.toString(),
        "make a disk of " + bytes + " bytes for " + what,
        List.of(
            "sh",
            "-c",
            FORMAT,
            "sh",
            disk.toString(),
            Long.toString(bytes),
            ids,
            bytes < LARGE_BYTES ? "" : LARGE));
  }

  /** Makes a disk of zeros whose blocks are all taken. */
  void reserve(Path disk, String what, long bytes) {
    helper.run(
        disk.toString(),
        "make a disk of " + bytes + " bytes for " + what,
        List.of("sh", "-c", RESERVE, "sh", disk.toString(), Long.toString(bytes)));
  }

  /**
   * The file system that fills a disk.
   *
   * @throws TaskException DISK_NOT_MOUNTABLE if there is none that containers can have
   */
  String fileSystem(String lock, Path disk, String what) {
    List<String> found =
        helper
            .run(
                lock,
                "find out what is on the disk of " + what,
                List.of("sh", "-c", PROBE, "sh", disk.toString()))
            .lines()
            .toList();
    Optional<String> type = value(found, "TYPE");
    if (type.isPresent() && FILE_SYSTEMS.contains(type.get())) {
      return type.get();
    }
    Optional<String> partitions = value(found, "PTTYPE");
    String content =
        partitions.isPresent()
            ? "holds a partition table (" + partitions.get() + ")"
            : type.map(other -> "holds " + other).orElse("holds no file system that is known");
    throw TaskException.failed(
        Problem.user(
            "DISK_NOT_MOUNTABLE",
            "the disk of "
                + what
                + " "
                + content
                + "; a container can have a disk that is one file system as a whole, of these: "
                + String.join(", ", FILE_SYSTEMS)));
  }

  private static Optional<String> value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst();
  }

  /** What a disk is mounted for. */
  enum Use {
    /** Nothing is written, not even what a journal holds. */
    READING,
    /** Neither devices nor set-user-ID bits count on it. */
    WRITING,
    /** For what is written to the root of a task, in which both may count. */
    ROOT
  }

  /** The command that mounts a disk, unless it is mounted, at a path that is to be added. */
  static List<String> mountCommand(Path disk, String fileSystem, Use use) {
    String options = options(fileSystem, use == Use.READING);
    return List.of(
        "sh",
        "-c",
        MOUNT,
        "sh",
        fileSystem,
        use == Use.ROOT ? options : options + ",nosuid,nodev",
        disk.toString());
  }

  /** Whether nobody can write to it, however it is mounted. */
  static boolean neverWritable(String fileSystem) {
    return fileSystem.equals("iso9660") || fileSystem.equals("squashfs");
  }

  private static String options(String fileSystem, boolean readOnly) {
    if (!readOnly && fileSystem.equals(EXT4)) {
      return "rw,errors=remount-ro,noinit_itable";
    }
    if (!readOnly && !neverWritable(fileSystem)) {
      return "rw";
    }
    return switch (fileSystem) {
      case EXT4, "ext3" -> "ro,noload";
      case "xfs" -> "ro,norecovery";
      default -> "ro";
    };
  }

  /**
   * How much of a disk can be written to, from its superblock: less than is free, as the kernel
   * keeps some for itself. Empty if that tells nothing.
   */
  static OptionalLong free(Path disk) {
    ByteBuffer block = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.READ)) {
      int read = 0;
      while (block.hasRemaining() && read >= 0) {
        read = channel.read(block, SUPERBLOCK + block.position());
      }
    } catch (IOException e) {
      return OptionalLong.empty();
    }
    if (block.hasRemaining() || (block.getShort(0x38) & 0xFFFF) != EXT_MAGIC) {
      return OptionalLong.empty();
    }
    int shift = 10 + block.getInt(0x18);
    long blocks = (block.getInt(0x04) & 0xFFFF_FFFFL) | ((long) block.getInt(0x150) << 32);
    long free = (block.getInt(0x0C) & 0xFFFF_FFFFL) | ((long) block.getInt(0x158) << 32);
    return shift < 10 || shift > 16 || free < 0
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(0, free - Math.min(MAX_KEPT_BLOCKS, blocks / 50)) << shift);
  }

  static TaskException unreadable(Path path, IOException cause) {
    return TaskException.failed(
        Problem.host("VOLUME_DIRECTORY", "cannot look at " + path + ": " + cause), cause);
  }
}
