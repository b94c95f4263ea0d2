package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.volume.MountTable.Mount;

/** Which tasks have what, as the node's mounts say: they outlive daemons, and cannot be wrong. */
final class VolumeUse {

  private final Path directory;

  /** Looks at the mounts below a directory. */
  VolumeUse(Path directory) {
    this.directory = directory;
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
    MountTable table = MountTable.read();
    Optional<Mount> shared = table.at(mounted.toString());
    SortedSet<String> tasks = new TreeSet<>();
    for (Mount mount : table.within(directory.toString())) {
      Optional<String> task = task(mount);
      if (task.isPresent()
          && shared.isPresent()
          && mount.location().device().equals(shared.get().location().device())) {
        tasks.add(task.get());
      }
    }
    return tasks;
  }

  /**
   * The tasks that have a file as such.
   *
   * @return for each of them whether it may only read it
   */
  SortedMap<String, Boolean> ofFile(FileIdentity file) {
    SortedMap<String, Boolean> tasks = new TreeMap<>();
    for (Mount mount : MountTable.read().within(directory.toString())) {
      Optional<String> task = task(mount);
      if (task.isPresent() && FileIdentity.find(Path.of(mount.point())).equals(Optional.of(file))) {
        tasks.merge(task.get(), mount.readOnly(), Boolean::logicalAnd);
      }
    }
    return tasks;
  }

  /** Whether what is mounted at a path of ours cannot be written to; empty if nothing is. */
  static Optional<Boolean> readOnly(Path mounted) {
    return MountTable.read().at(mounted.toString()).map(Mount::readOnly);
  }

  /** The task that a mount was made for; none has a name that starts with a dot. */
  private Optional<String> task(Mount mount) {
    List<String> names = List.of(mount.point().substring(directory.toString().length()).split("/"));
    return names.size() > 2 && !names.get(1).startsWith(".")
        ? Optional.of(names.get(1))
        : Optional.empty();
  }
}
