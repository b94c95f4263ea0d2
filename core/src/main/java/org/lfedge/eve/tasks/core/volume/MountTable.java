package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.LexicalPath;

/**
 * The node's mounts as the kernel tells of them at one moment.
 *
 * <p>All mounts are in it, those hidden by others too; {@link #holding} finds the one that a path
 * leads to.
 */
record MountTable(List<Mount> mounts) {

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final String REMOVED = "//deleted";

  MountTable {
    mounts = List.copyOf(mounts);
  }

  /**
   * A mount.
   *
   * @param id its own for as long as it is mounted, wherever it is moved to
   * @param parent the id of the mount that it is mounted on
   * @param location what is mounted
   * @param point where
   * @param options those of the mount itself, such as {@code ro} and {@code nosuid}
   * @param propagation such as {@code shared:7} or {@code unbindable}; empty for a private one
   */
  record Mount(
      int id,
      int parent,
      Location location,
      String point,
      SortedSet<String> options,
      List<String> propagation) {

    Mount {
      options = new TreeSet<>(options);
      propagation = List.copyOf(propagation);
    }

    boolean readOnly() {
      return options.contains("ro");
    }

    /** Whether what is mounted was removed meanwhile, so that nobody can say where it lies. */
    boolean removed() {
      return location.path().endsWith(REMOVED);
    }

    /** Reads a line as proc_pid_mountinfo(5) describes it. */
    static Mount parse(String line) {
      String[] fields = line.split(" ", -1);
      int end = Arrays.asList(fields).indexOf("-");
      return new Mount(
          Integer.parseInt(fields[0]),
          Integer.parseInt(fields[1]),
          new Location(fields[2], unescape(fields[3])),
          unescape(fields[4]),
          new TreeSet<>(Arrays.asList(fields[5].split(",", -1))),
          List.of(Arrays.copyOfRange(fields, 6, end)));
    }
  }

  /**
   * A place in a file system, whatever paths lead to it.
   *
   * @param device the number of the file system, such as {@code 8:1}
   * @param path from the root of the file system on
   */
  record Location(String device, String path) {

    boolean isWithin(Location other) {
      return device.equals(other.device) && LexicalPath.isWithin(path, other.path);
    }
  }

  static MountTable read() {
    try {
      return parse(new String(Files.readAllBytes(MOUNTINFO), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("MOUNTS_UNREADABLE", "cannot read " + MOUNTINFO + ": " + e), e);
    }
  }

  /**
   * Reads what the kernel wrote.
   *
   * @param text a character for each byte: names need not be UTF-8, and one that is not must not
   *     keep us from reading the others
   */
  static MountTable parse(String text) {
    // Not at a carriage return, which the kernel leaves in names as it is.
    return new MountTable(
        Arrays.stream(text.split("\n")).filter(line -> !line.isEmpty()).map(Mount::parse).toList());
  }

  /** The kernel writes blanks and other odd characters as three octal digits. */
  private static String unescape(String field) {
    byte[] bytes = new byte[field.length()];
    int length = 0;
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && i + 3 < field.length()) {
        bytes[length++] = (byte) Integer.parseInt(field.substring(i + 1, i + 4), 8);
        i += 3;
      } else {
        bytes[length++] = (byte) field.charAt(i);
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /**
   * The mount that a path leads to, as far as that can be said without looking at symbolic links.
   *
   * @param path absolute and normalized
   */
  Optional<Mount> holding(String path) {
    Optional<Mount> at =
        mounts.stream()
            .filter(mount -> mount.point().equals("/"))
            .filter(mount -> mounts.stream().noneMatch(one -> one.id() == mount.parent()))
            .findFirst();
    // On the way down, the first mount point that the path comes to is the one that is entered.
    for (Optional<Mount> next = at; next.isPresent(); ) {
      at = next;
      int parent = at.get().id();
      next =
          mounts.stream()
              .filter(mount -> mount.parent() == parent)
              .filter(mount -> LexicalPath.isWithin(path, mount.point()))
              .min(Comparator.comparingInt(mount -> mount.point().length()));
    }
    return at;
  }

  /** The mount whose root a path is, and no other mount over it. */
  Optional<Mount> at(String path) {
    return holding(path).filter(mount -> mount.point().equals(path));
  }

  /** Where a path leads to, symbolic links left aside. */
  Optional<Location> locate(String path) {
    return holding(path)
        .map(
            mount ->
                new Location(
                    mount.location().device(),
                    LexicalPath.normalize(
                        mount.location().path() + "/" + path.substring(mount.point().length()))));
  }

  /** The mounts at a path and below it, hidden ones included, in the kernel's order. */
  List<Mount> within(String path) {
    return mounts.stream().filter(mount -> LexicalPath.isWithin(mount.point(), path)).toList();
  }
}
