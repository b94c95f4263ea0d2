package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.config.VolumeNames;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.DiskContent;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;
import org.lfedge.eve.tasks.core.volume.NodeDisks.Request;
import org.lfedge.eve.tasks.core.volume.VolumeRecord.Kind;
import org.lfedge.eve.tasks.spi.task.View;

/** The volumes that the node keeps: made, given to tasks, and removed. */
final class KeptVolumes {

  /** Names of volumes of tasks have what documents allow; none leads anywhere. */
  private static final Pattern SAFE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,254}");

  private final VolumeFiles files;
  private final NewVolumes making;
  private final DiskFiles disks;
  private final NodeDisks node;
  private final MountPoints points;
  private final ImageFileSystems images;

  KeptVolumes(
      VolumeFiles files,
      NewVolumes making,
      DiskFiles disks,
      NodeDisks node,
      MountPoints points,
      ImageFileSystems images) {
    this.files = files;
    this.making = making;
    this.disks = disks;
    this.node = node;
    this.points = points;
    this.images = images;
  }

  /** Removes what was being made or removed when a daemon was killed. */
  void removeUnfinished() {
    files.removeUnfinished(this::removeBeside);
  }

  private void removeBeside(VolumeRecord record) {
    if (record.kind() == Kind.IMAGE) {
      images.removeWritable(record.name());
    }
  }

  List<StoredVolume> list() {
    VolumeUse use = node.use();
    return files.list().stream().map(record -> describe(record, use)).toList();
  }

  /** Whether a volume has a disk, or may have one once it is made. */
  boolean hasDisk(String name) {
    return !isName(name)
        || files.find(name).map(record -> record.kind() != Kind.IMAGE).orElse(true);
  }

  Optional<StoredVolume> find(String name) {
    return isName(name)
        ? files.find(name).map(record -> describe(record, node.use()))
        : Optional.empty();
  }

  private static boolean isName(String name) {
    return SAFE_NAME.matcher(name).matches();
  }

  private StoredVolume describe(VolumeRecord record, VolumeUse use) {
    return new StoredVolume(
        record.name(),
        record.kind().text(),
        record.bytes(),
        used(record, use),
        record.createdAt(),
        record.madeFor(),
        record.content(),
        List.copyOf(users(record, use)));
  }

  private SortedSet<String> users(VolumeRecord record, VolumeUse use) {
    return node.users(use, record.name(), files.disk(record.name()));
  }

  /** With the file system's own structures, so that it is full when this is its size. */
  private long used(VolumeRecord record, VolumeUse use) {
    if (record.kind() == Kind.IMAGE) {
      return 0;
    }
    Path mounted = node.mounted(record.name());
    try {
      if (use.isMounted(mounted)) {
        FileStore store = Files.getFileStore(mounted);
        return record.bytes() - store.getUsableSpace();
      }
    } catch (IOException e) {
      // Unmounted since: its superblock tells then.
    }
    return DiskFiles.free(files.disk(record.name())).stream()
        .map(free -> Math.max(0, record.bytes() - free))
        .findFirst()
        .orElse(0);
  }

  StoredVolume create(
      String name, long bytes, Optional<String> content, Optional<VolumeConfig.Owner> owner) {
    return create(name, () -> making.blank(name, bytes, Optional.empty(), content, owner));
  }

  StoredVolume createDisk(String name, DiskContent content, long bytes) {
    return create(name, () -> making.disk(name, content, bytes));
  }

  private StoredVolume create(String name, Supplier<VolumeRecord> making) {
    VolumeNames.require(name);
    return node.deciding(
        name,
        () -> {
          if (files.exists(name)) {
            throw VolumeFiles.exists(name, "");
          }
          return describe(making.get(), node.use());
        });
  }

  void remove(String name) {
    node.deciding(
        name,
        () -> {
          VolumeRecord record = require(name, "cannot remove it");
          SortedSet<String> users = users(record, node.use());
          if (!users.isEmpty()) {
            throw TaskException.refused(
                Problem.user(
                    "VOLUME_IN_USE",
                    "volume "
                        + name
                        + " cannot be removed, tasks "
                        + String.join(", ", users)
                        + " have it; delete them first"));
          }
          points.unmount(node.mounted(name));
          files.remove(record, this::removeBeside);
          return record;
        });
  }

  private VolumeRecord require(String name, String sentence) {
    return (isName(name) ? files.find(name) : Optional.<VolumeRecord>empty())
        .orElseThrow(
            () ->
                TaskException.notFound(
                    Problem.user(
                        "VOLUME_NOT_FOUND",
                        sentence
                            + ": there is no volume "
                            + name
                            + " on this node; `taskctl volumes` lists those there are")));
  }

  /** Removes the volumes that were made with a task; all that can be, whatever fails. */
  void purge(String task) {
    List<Problem> problems = new ArrayList<>();
    for (VolumeRecord record : files.list()) {
      if (record.madeFor().equals(Optional.of(task))) {
        try {
          remove(record.name());
        } catch (TaskException e) {
          problems.addAll(e.problems());
        }
      }
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  /** The name of a volume that comes with a task. */
  static String nameFor(String task, VolumeConfig volume) {
    return task + "." + volume.name();
  }

  static String what(String task, VolumeConfig volume) {
    return what(task, volume.name());
  }

  static String what(String task, String volume) {
    return switch (volume) {
          case Volumes.ROOT -> "the root";
          case Volumes.TOOLS -> "the tools";
          default -> "volume " + volume;
        }
        + " of task "
        + task;
  }

  /** Makes the volume behind one of a task ready for it, making it if it comes with the task. */
  void prepare(String task, VolumeConfig volume, View view) {
    if (volume.source() instanceof Source.Named named) {
      node.deciding(named.volume(), () -> give(task, volume, view, named.volume()));
    } else {
      String name = nameFor(task, volume);
      node.deciding(
          name,
          () -> {
            Optional<VolumeRecord> present = files.find(name);
            present.ifPresent(record -> requireSame(task, volume, record));
            if (present.isPresent()) {
              give(task, volume, view, name);
            } else {
              making.forTask(task, volume, name);
              giveOrRemove(task, volume, view, name);
            }
          });
    }
  }

  private void giveOrRemove(String task, VolumeConfig volume, View view, String name) {
    try {
      give(task, volume, view, name);
    } catch (RuntimeException e) {
      try {
        remove(name);
      } catch (TaskException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  private void give(String task, VolumeConfig volume, View view, String name) {
    give(
        new Request(name, task, volume.name(), volume.readOnly()),
        require(name, "cannot make " + what(task, volume) + " ready"),
        view);
  }

  private void give(Request request, VolumeRecord record, View view) {
    Path disk = files.disk(record.name());
    if (record.kind() == Kind.IMAGE) {
      requireView(request, record, view == View.FILESYSTEM);
      node.giveFileSystem(
          request, () -> images.writable(record.name(), record.chainId().orElseThrow()));
    } else if (view == View.FILESYSTEM) {
      String fileSystem =
          record.filesystem().orElseGet(() -> disks.fileSystem(disk.toString(), disk, of(record)));
      node.giveFileSystem(
          request,
          disk,
          DiskFiles.neverWritable(fileSystem),
          () -> DiskFiles.mountCommand(disk, fileSystem, DiskFiles.Use.WRITING));
    } else {
      requireView(request, record, view == View.BLOCK);
      try (Staged staged =
          points.stage(
              request.task(), request.purpose(), false, HostSources.bindCommand(disk, false))) {
        node.giveDisk(request, staged);
      }
    }
  }

  private static String of(VolumeRecord record) {
    return "volume " + record.name();
  }

  private static void requireView(Request request, VolumeRecord record, boolean offered) {
    if (!offered) {
      throw TaskException.failed(
          Problem.user(
              "VIEW_NOT_SUPPORTED",
              "cannot "
                  + request.purpose()
                  + ": volume "
                  + record.name()
                  + " ("
                  + record.kind().text()
                  + ") cannot be seen in the way that is asked for; choose another kind of volume"
                  + " for it"));
    }
  }

  /**
   * Refuses a volume that was made otherwise than a document says now.
   *
   * @throws TaskException VOLUME_DIFFERS
   */
  void requireSame(String task, VolumeConfig volume, VolumeRecord record) {
    List<String> differences = new ArrayList<>();
    if (!record.madeFor().equals(Optional.of(task))) {
      differences.add("was made for " + record.madeFor().map(t -> "task " + t).orElse("nobody"));
    }
    Kind kind = kind(volume.source());
    if (kind != record.kind()) {
      differences.add("is of kind " + record.kind().text() + ", not " + kind.text());
    } else if (volume.source() instanceof Source.Blank blank && blank.bytes() != record.bytes()) {
      differences.add("has " + record.bytes() + " bytes, not " + blank.bytes());
    } else if (!content(volume.source()).equals(record.content())) {
      differences.add("was made from " + record.content().orElse("nothing"));
    }
    if (!differences.isEmpty()) {
      throw TaskException.refused(
          Problem.user(
              "VOLUME_DIFFERS",
              what(task, volume)
                  + ": volume "
                  + record.name()
                  + " is there already and "
                  + String.join(", ", differences)
                  + "; put the document right, give the volume another name, or remove volume "
                  + record.name()
                  + " and what is in it"));
    }
  }

  /** What would be wrong with the volume that comes with a task. */
  void check(String task, VolumeConfig volume) {
    Optional<VolumeRecord> present = files.find(nameFor(task, volume));
    present.ifPresent(record -> requireSame(task, volume, record));
    if (present.isEmpty() && volume.source() instanceof Source.Blank blank) {
      making.checkSize(what(task, volume), blank.bytes());
    }
  }

  /** What would be wrong with a volume that must be there. */
  void checkNamed(String task, VolumeConfig volume, String name) {
    VolumeRecord unused = require(name, what(task, volume) + " cannot be had");
  }

  /** How large the disk of a volume is that must be there. */
  long diskBytes(String task, VolumeConfig volume, String name) {
    return require(name, what(task, volume) + " cannot be had").bytes();
  }

  private static Kind kind(Source source) {
    return source instanceof Source.Blank
        ? Kind.BLANK
        : source instanceof Source.Image ? Kind.IMAGE : Kind.DISK;
  }

  private static Optional<String> content(Source source) {
    if (source instanceof Source.DiskFile disk) {
      return Optional.of(disk.path());
    }
    return source instanceof Source.Image image ? Optional.of(image.reference()) : Optional.empty();
  }
}
