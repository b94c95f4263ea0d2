package org.lfedge.eve.tasks.core.device;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfedge.eve.tasks.core.port.DeviceNode;

/**
 * Where the kernel shows the devices of the node. What cannot be read is as good as not there:
 * devices may vanish at any time.
 *
 * @param sys such as {@code /sys}
 * @param dev such as {@code /dev}
 * @param proc such as {@code /proc}
 */
record SystemTree(Path sys, Path dev, Path proc) {

  private static final String DEV = "/dev/";
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_NAMES = 4096;

  private static final int TYPE_BITS = 0170000;
  private static final int CHARACTER_BITS = 0020000;
  private static final int BLOCK_BITS = 0060000;
  private static final int PERMISSIONS = 0777;

  /** The text of a file without white space around it; at most 1 MiB of it. */
  static Optional<String> text(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return Optional.of(new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The last name of what a symbolic link leads to. */
  static Optional<String> linked(Path link) {
    try {
      return Optional.ofNullable(Files.readSymbolicLink(link).getFileName()).map(Path::toString);
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  /** The names in a directory, sorted; at most 4096 of them. */
  static List<String> names(Path directory) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (names.size() < MAX_NAMES) {
          names.add(String.valueOf(entry.getFileName()));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return List.of();
    }
    return names.stream().sorted().toList();
  }

  /** Where a path below {@code /dev} is. */
  Path place(String path) {
    return path.startsWith(DEV) ? dev.resolve(path.substring(DEV.length())) : Path.of(path);
  }

  boolean exists(String path) {
    try {
      return Files.exists(place(path));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * A device node, through symbolic links such as those below {@code /dev/serial}, which must not
   * lead out of {@code /dev}.
   *
   * @param path on the node; one that is not below {@code /dev} is taken as it is
   * @return empty if there is none, or something else
   */
  Optional<DeviceNode> node(String path, String access) {
    try {
      Path real = place(path).toRealPath();
      if (path.startsWith(DEV) && !real.startsWith(dev.toRealPath())) {
        return Optional.empty();
      }
      Map<String, Object> seen = Files.readAttributes(real, "unix:mode,rdev,uid,gid");
      int mode = (int) number(seen, "mode");
      long number = number(seen, "rdev");
      int type = mode & TYPE_BITS;
      if (type != CHARACTER_BITS && type != BLOCK_BITS) {
        return Optional.empty();
      }
      return Optional.of(
          new DeviceNode(
              path,
              type == CHARACTER_BITS ? DeviceNode.Type.CHARACTER : DeviceNode.Type.BLOCK,
              major(number),
              minor(number),
              mode & PERMISSIONS,
              OptionalInt.of((int) number(seen, "uid")),
              OptionalInt.of((int) number(seen, "gid")),
              access));
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static long number(Map<String, Object> seen, String name) {
    return ((Number) Objects.requireNonNull(seen.get(name))).longValue();
  }

  /** As glibc takes a device number apart. */
  private static int major(long number) {
    return (int) (((number >>> 8) & 0xfff) | ((number >>> 32) & ~0xfffL));
  }

  private static int minor(long number) {
    return (int) ((number & 0xff) | ((number >>> 12) & ~0xffL));
  }
}
