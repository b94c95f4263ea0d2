package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.volume.MountTable.Mount;

/**
 * Which tasks have what at one moment, as the node's mounts say: they outlive daemons, and cannot
 * be wrong.
 */
final class VolumeUse {

  /** By where it is mounted, the uppermost of several. */
  private final SortedMap<String, Mount> mounts = new TreeMap<>();

  private final SortedMap<String, SortedSet<String>> tasksByDevice = new TreeMap<>();

  private final List<Given> given = new ArrayList<>();

  /** Found out when first asked for. */
  private final Map<FileIdentity, SortedMap<String, Boolean>> holders = new HashMap<>();

  /** A mount that was made for a task. */
  private record Given(String task, Mount mount) {}

  private VolumeUse(Path directory) {
    for (Mount mount : MountTable.read().within(directory.toString())) {
      mounts.put(mount.point(), mount);
      task(directory, mount)
          .ifPresent(
              task -> {
                given.add(new Given(task, mount));
                tasksByDevice
                    .computeIfAbsent(mount.location().device(), device -> new TreeSet<>())
                    .add(task);
              });
    }
  }

  /** Looks at the mounts below a directory. */
  static VolumeUse look(Path directory) {
    return new VolumeUse(directory);
  }

  /** The task that a mount was made for; none has a name that starts with a dot. */
  private static Optional<String> task(Path directory, Mount mount) {
    List<String> names = List.of(mount.point().substring(directory.toString().length()).split("/"));
    return names.size() > 2 && !names.get(1).startsWith(".")
        ? Optional.of(names.get(1))
        : Optional.empty();
  }

  /** A file by what it is, not by its name; it cannot be given to another one while it is used. */
  record FileIdentity(long device, long inode) {

    /** Of a file, if it is there; a symbolic link is not followed. */
    static Optional<FileIdentity> find(Path file) {
      try {
        return Optional.of(new FileIdentity(number(file, "unix:dev"), number(file, "unix:ino")));
      } catch (NoSuchFileException e) {
        return Optional.empty();
      } catch (IOException e) {
        throw DiskFiles.unreadable(file, e);
      }
    }

    private static long number(Path file, String attribute) throws IOException {
      return ((Number) Files.getAttribute(file, attribute, LinkOption.NOFOLLOW_LINKS)).longValue();
    }

    /** Of a file that is there. */
    static FileIdentity of(Path file) {
      return find(file)
          .orElseThrow(() -> DiskFiles.unreadable(file, new NoSuchFileException(file.toString())));
    }
  }

  /** The tasks that have a part of the file system that is mounted at a path of ours. */
  SortedSet<String> ofFileSystem(Path mounted) {
    Mount mount = mounts.get(mounted.toString());
    return mount == null
        ? Collections.emptySortedSet()
        : tasksByDevice.getOrDefault(mount.location().device(), Collections.emptySortedSet());
  }

  /**
   * The tasks that have a file as such.
   *
   * @return for each of them whether it may only read it
   */
  SortedMap<String, Boolean> ofFile(FileIdentity file) {
    if (holders.isEmpty()) {
      for (Given one : given) {
        FileIdentity.find(Path.of(one.mount().point()))
            .ifPresent(
                identity ->
                    holders
                        .computeIfAbsent(identity, unknown -> new TreeMap<>())
                        .merge(one.task(), one.mount().readOnly(), Boolean::logicalAnd));
      }
    }
    return holders.getOrDefault(file, Collections.emptySortedMap());
  }

  boolean isMounted(Path path) {
    return mounts.containsKey(path.toString());
  }

  /** Whether what is mounted at a path of ours cannot be written to; empty if nothing is. */
  Optional<Boolean> readOnly(Path mounted) {
    return Optional.ofNullable(mounts.get(mounted.toString())).map(Mount::readOnly);
  }
}
