package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;
import org.lfedge.eve.tasks.core.volume.NodeDisks.Request;
import org.lfedge.eve.tasks.core.volume.VolumeUse.FileIdentity;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * Files of the node as volumes: handed on as they are, or the file system in them mounted. What is
 * mounted is found by the file itself, so two tasks that name one file by two paths share it.
 */
final class DiskSources {

  private final HostSources sources;
  private final NodeDisks node;
  private final DiskFiles disks;
  private final DiskConversion conversion;

  DiskSources(HostSources sources, NodeDisks node, DiskFiles disks, DiskConversion conversion) {
    this.sources = sources;
    this.node = node;
    this.disks = disks;
    this.conversion = conversion;
  }

  /** Makes a file of the node ready for a task. */
  void prepare(String task, VolumeConfig volume, Source.DiskFile source, View view) {
    String what = KeptVolumes.what(task, volume);
    boolean readOnly = volume.readOnly() || source.format() == Format.ISO;
    try (Staged file = sources.stage(task, what, source.path(), false, false)) {
      if (readOnly) {
        file.makeReadOnly("mount " + source.path() + " for " + what);
      }
      give(task, volume, source.format(), file, view, readOnly);
    }
  }

  /** Makes a file that the node has fetched ready for a task, which cannot write to it. */
  void prepare(String task, VolumeConfig volume, Source.Fetched source, View view) {
    try (Staged file =
        sources.stageFetched(task, KeptVolumes.what(task, volume), source.digest())) {
      give(task, volume, source.format(), file, view, true);
    }
  }

  private void give(
      String task, VolumeConfig volume, Format format, Staged file, View view, boolean readOnly) {
    String what = KeptVolumes.what(task, volume);
    Request request = new Request(id(file), task, volume.name(), readOnly);
    if (view == View.FILESYSTEM) {
      node.giveFileSystem(
          request, file.path(), readOnly, () -> mountCommand(task, file, what, readOnly));
    } else {
      if (format.isForeign()) {
        // Whoever opens it would follow it to other files.
        long unused = conversion.virtualBytes(file.path(), format, what);
      }
      node.giveDisk(request, file);
    }
  }

  /** How large a disk is for whoever uses it; nothing is made ready. */
  long bytes(String task, VolumeConfig volume, Source.DiskFile source) {
    String what = KeptVolumes.what(task, volume);
    try (Staged file = sources.stage(task, what, source.path(), false, false)) {
      file.makeReadOnly("mount " + source.path() + " for " + what);
      return bytes(file, source.format(), what);
    } catch (IOException e) {
      throw DiskFiles.unreadable(Path.of(source.path()), e);
    }
  }

  /** The same for a file that the node has fetched. */
  long bytes(String task, VolumeConfig volume, Source.Fetched source) {
    String what = KeptVolumes.what(task, volume);
    try (Staged file = sources.stageFetched(task, what, source.digest())) {
      return bytes(file, source.format(), what);
    } catch (IOException e) {
      throw DiskFiles.unreadable(Path.of(source.digest()), e);
    }
  }

  private long bytes(Staged file, Format format, String what) throws IOException {
    return format.isForeign()
        ? conversion.virtualBytes(file.path(), format, what)
        : DiskConversion.plausible(Files.size(file.path()), format, what);
  }

  private List<String> mountCommand(String task, Staged file, String what, boolean readOnly) {
    String fileSystem = disks.fileSystem(task, file.path(), what);
    if (!readOnly && DiskFiles.neverWritable(fileSystem)) {
      throw TaskException.failed(
          Problem.user(
              "DISK_NOT_WRITABLE",
              "the disk of "
                  + what
                  + " holds "
                  + fileSystem
                  + ", to which nobody can write; give the volume readOnly: true"));
    }
    return DiskFiles.mountCommand(
        file.path(), fileSystem, readOnly ? DiskFiles.Use.READING : DiskFiles.Use.WRITING);
  }

  /** No volume of the node has a name like this. */
  private static String id(Staged file) {
    FileIdentity identity = FileIdentity.of(file.path());
    return ".disk-" + Long.toHexString(identity.device()) + "-" + identity.inode();
  }
}
