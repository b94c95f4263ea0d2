package org.lfedge.eve.tasks.core.volume;

import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.port.DiskContent;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;
import org.lfedge.eve.tasks.core.volume.VolumeRecord.Kind;

/** Makes volumes that the node keeps, each whole or not at all. */
final class NewVolumes {

  private final Path directory;
  private final VolumeFiles files;
  private final DiskFiles disks;
  private final MountPoints points;
  private final HostSources sources;
  private final DiskFilling filling;
  private final ContentCopy copy;
  private final ImageFileSystems images;
  private final InstantSource clock;

  /**
   * Makes volumes in a directory.
   *
   * @param files which knows it
   */
  NewVolumes(
      Path directory,
      VolumeFiles files,
      DiskFiles disks,
      MountPoints points,
      HostSources sources,
      DiskFilling filling,
      ContentCopy copy,
      ImageFileSystems images,
      InstantSource clock) {
    this.directory = directory;
    this.files = files;
    this.disks = disks;
    this.points = points;
    this.sources = sources;
    this.filling = filling;
    this.copy = copy;
    this.images = images;
    this.clock = clock;
  }

  /** Refuses a size that a volume cannot have. */
  void checkSize(String what, long bytes) {
    DiskFiles.checkSize(directory, what, bytes);
  }

  /**
   * Makes one with a file system of ours.
   *
   * @param content a directory of the node that it is filled from
   */
  VolumeRecord blank(
      String name,
      long bytes,
      Optional<String> madeFor,
      Optional<String> content,
      Optional<VolumeConfig.Owner> owner) {
    String what = "volume " + name;
    checkSize(what, bytes);
    return files.create(
        name,
        making -> {
          Path disk = VolumeFiles.diskIn(making);
          disks.format(disk, what, bytes, owner);
          content.ifPresent(source -> fill(disk, what, source, owner));
          Optional<String> fileSystem = Optional.of(DiskFiles.EXT4);
          return record(name, Kind.BLANK, bytes, madeFor, content, fileSystem, Optional.empty());
        });
  }

  /**
   * Makes one that is a disk with the content of another.
   *
   * @param least how large it is at least; a number without a sign
   */
  VolumeRecord disk(String name, DiskContent content, long least) {
    return files.create(
        name,
        making -> {
          long bytes = filling.fill(making, content, least, "volume " + name);
          return record(
              name,
              Kind.DISK,
              bytes,
              Optional.empty(),
              Optional.of(content.origin()),
              // It may have partitions; and whoever has it as a disk makes of it what they want.
              Optional.empty(),
              Optional.empty());
        });
  }

  private void fill(Path disk, String what, String source, Optional<VolumeConfig.Owner> owner) {
    String lock = disk.toString();
    try (Staged content = sources.stage(lock, what, source, true, false);
        Staged volume =
            points.stage(
                lock,
                "mount the disk of " + what,
                true,
                DiskFiles.mountCommand(disk, DiskFiles.EXT4, DiskFiles.Use.WRITING))) {
      copy.copy(content.path(), volume.path(), what, owner);
    }
  }

  private VolumeRecord record(
      String name,
      Kind kind,
      long bytes,
      Optional<String> madeFor,
      Optional<String> content,
      Optional<String> fileSystem,
      Optional<String> chainId) {
    return new VolumeRecord(
        name,
        kind,
        bytes,
        clock.instant().truncatedTo(ChronoUnit.SECONDS),
        madeFor,
        content,
        fileSystem,
        chainId);
  }

  /** Makes the one that comes with a task. */
  void forTask(String task, VolumeConfig volume, String name) {
    Source source = volume.source();
    if (source instanceof Source.Blank blank) {
      VolumeRecord unused =
          blank(name, blank.bytes(), Optional.of(task), Optional.empty(), volume.owner());
    } else if (source instanceof Source.Image image) {
      image(task, volume, name, image);
    } else if (source instanceof Source.DiskFile disk) {
      convert(task, volume, name, disk);
    } else {
      throw new IllegalArgumentException("no volume is made from " + source);
    }
  }

  private void image(String task, VolumeConfig volume, String name, Source.Image image) {
    Optional<String> chainId =
        Optional.of(images.unpacked(image.reference(), KeptVolumes.what(task, volume)));
    Optional<String> content = Optional.of(image.reference());
    VolumeRecord unused =
        files.create(
            name,
            making ->
                record(name, Kind.IMAGE, 0, Optional.of(task), content, Optional.empty(), chainId));
  }

  /** The copy is the task's own: what it writes stays in it, and the file stays as it is. */
  private void convert(String task, VolumeConfig volume, String name, Source.DiskFile source) {
    String what = KeptVolumes.what(task, volume);
    VolumeRecord unused =
        files.create(
            name,
            making -> {
              Path raw = VolumeFiles.diskIn(making);
              try (Staged disk = sources.stage(task, what, source.path(), false, false)) {
                disk.makeReadOnly("mount " + source.path() + " for " + what);
                long bytes = filling.convert(disk.path(), source.format(), raw, 0, what);
                return record(
                    name,
                    Kind.DISK,
                    bytes,
                    Optional.of(task),
                    Optional.of(source.path()),
                    Optional.of(disks.fileSystem(raw.toString(), raw, what)),
                    Optional.empty());
              }
            });
  }
}
