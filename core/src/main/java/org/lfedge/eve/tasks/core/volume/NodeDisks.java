package org.lfedge.eve.tasks.core.volume;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;
import org.lfedge.eve.tasks.core.volume.VolumeUse.FileIdentity;

/**
 * What several tasks may have at once: a file system is mounted once, below {@code .mounted}, and
 * each task has a mount of it; a disk is handed to each as the file that it is. Never both, unless
 * nobody can write to it: two file system drivers on one disk destroy what is on it.
 */
final class NodeDisks {

  private final MountPoints points;
  private final NamedLocks locks = new NamedLocks();

  NodeDisks(MountPoints points) {
    this.points = points;
  }

  /** Who has what now. */
  VolumeUse use() {
    return VolumeUse.look(points.directory());
  }

  /** Where the file system of a disk is mounted for all who use it. */
  Path mounted(String id) {
    return points.directory().resolve(".mounted").resolve(id);
  }

  /** One thread at a time decides who gets a disk. */
  <T> T deciding(String id, Supplier<T> work) {
    return locks.within(id, work);
  }

  /** One thread at a time decides who gets a disk. */
  void deciding(String id, Runnable work) {
    locks.within(id, work);
  }

  /**
   * A volume that is asked for.
   *
   * @param id of the disk or the other file system, as in {@link #mounted}
   * @param task that is to have it
   * @param volume its name in the task
   * @param readOnly whether the task may not write to it
   */
  record Request(String id, String task, String volume, boolean readOnly) {

    String purpose() {
      return "make " + KeptVolumes.what(task, volume) + " ready";
    }
  }

  /**
   * Gives a task a file system, which is mounted if it is not yet.
   *
   * @param disk the file that it is in
   * @param onlyReading whether it is mounted in a way that lets nobody write to it
   * @param command makes the mount, see {@link MountPoints#mountOnce}; asked for only if it is
   *     needed
   */
  void giveFileSystem(
      Request request, Path disk, boolean onlyReading, Supplier<List<String>> command) {
    locks.within(
        request.id(),
        () -> {
          VolumeUse use = unmountedIfUnused(request);
          SortedMap<String, Boolean> holders = use.ofFile(FileIdentity.of(disk));
          if (!holders.isEmpty() && !(onlyReading && !holders.containsValue(false))) {
            throw inUse(request, holders.keySet(), "have it as a disk");
          }
          Path mounted = mounted(request.id());
          boolean readOnly = use.readOnly(mounted).orElse(onlyReading);
          if (readOnly && !onlyReading) {
            throw inUse(request, use.ofFileSystem(mounted), "have it mounted read-only");
          }
          giveMounted(request, command);
        });
  }

  /** Gives a task a file system that has no disk. */
  void giveFileSystem(Request request, Supplier<List<String>> command) {
    locks.within(request.id(), () -> giveMounted(request, command));
  }

  private void giveMounted(Request request, Supplier<List<String>> command) {
    Path mounted = mounted(request.id());
    boolean wasThere = use().isMounted(mounted);
    if (!wasThere) {
      points.mountOnce(mounted, "mount the disk of " + request.id(), command.get());
    }
    try (Staged staged =
        points.stage(
            request.task(), request.purpose(), true, HostSources.bindCommand(mounted, false))) {
      staged.moveTo(request.task(), request.volume(), request.readOnly());
    } catch (RuntimeException e) {
      if (!wasThere) {
        points.unmount(mounted);
      }
      throw e;
    }
  }

  /** Gives a task a disk as the file that it is, which is mounted at a path of ours already. */
  void giveDisk(Request request, Staged disk) {
    locks.within(
        request.id(),
        () -> {
          VolumeUse use = unmountedIfUnused(request);
          Path mounted = mounted(request.id());
          if (!use.readOnly(mounted).map(only -> only && request.readOnly()).orElse(true)) {
            throw inUse(request, use.ofFileSystem(mounted), "have it mounted");
          }
          SortedMap<String, Boolean> holders = use.ofFile(FileIdentity.of(disk.path()));
          if (!holders.isEmpty() && !(request.readOnly() && !holders.containsValue(false))) {
            throw inUse(request, holders.keySet(), "have it as a disk");
          }
          disk.moveTo(request.task(), request.volume(), request.readOnly());
        });
  }

  /** The tasks that have a disk of the node, in any way. */
  SortedSet<String> users(VolumeUse use, String id, Path disk) {
    SortedSet<String> users = new TreeSet<>(use.ofFileSystem(mounted(id)));
    FileIdentity.find(disk).ifPresent(file -> users.addAll(use.ofFile(file).keySet()));
    return users;
  }

  /** Unmounts the file systems that no task has any more. */
  void unmountUnused() {
    VolumeUse use = use();
    for (Path mounted : MountPoints.children(points.directory().resolve(".mounted"))) {
      if (use.ofFileSystem(mounted).isEmpty()) {
        locks.within(mounted.getFileName().toString(), () -> unmountIfUnused(mounted));
      }
    }
  }

  private VolumeUse unmountedIfUnused(Request request) {
    unmountIfUnused(mounted(request.id()));
    return use();
  }

  private void unmountIfUnused(Path mounted) {
    if (use().ofFileSystem(mounted).isEmpty()) {
      points.unmount(mounted);
    }
  }

  private static TaskException inUse(Request request, Collection<String> tasks, String how) {
    return TaskException.refused(
        Problem.user(
            "VOLUME_IN_USE",
            "cannot "
                + request.purpose()
                + ": "
                + "tasks "
                + String.join(", ", tasks)
                + " "
                + how
                + "; delete them first, use it in the same way, or read-only everywhere"));
  }
}
