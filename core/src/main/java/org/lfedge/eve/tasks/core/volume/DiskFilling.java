package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.port.DiskContent;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;

/** Makes raw disks with the content of other disks. */
final class DiskFilling {

  /** Who uses a disk by sectors would not see the rest of one. */
  private static final long SECTOR = 512;

  private final HostSources sources;
  private final DiskFiles disks;
  private final DiskConversion conversion;
  private final Path directory;

  /**
   * Makes disks.
   *
   * @param directory in which all volumes are
   */
  DiskFilling(HostSources sources, DiskFiles disks, DiskConversion conversion, Path directory) {
    this.sources = sources;
    this.disks = disks;
    this.conversion = conversion;
    this.directory = directory;
  }

  /**
   * Makes the disk of a volume.
   *
   * @param making the directory of the volume
   * @param least how large it is at least; a number without a sign
   * @param what it is for, in the words of an error message
   * @return its size
   */
  long fill(Path making, DiskContent content, long least, String what) {
    Path raw = VolumeFiles.diskIn(making);
    if (content.source() instanceof DiskContent.Fetched fetched) {
      try (Staged file = sources.stageFetched(raw.toString(), what, fetched.digest())) {
        return fill(raw, file.path(), content.format(), Optional.empty(), least, what);
      }
    }
    DiskContent.OfNode source = (DiskContent.OfNode) content.source();
    try (Staged file = sources.stage(raw.toString(), what, source.path(), false, false)) {
      file.makeReadOnly("mount " + source.path() + " for " + what);
      return fill(raw, file.path(), content.format(), source.digest(), least, what);
    }
  }

  private long fill(
      Path raw, Path from, Format format, Optional<String> digest, long least, String what) {
    if (!format.isForeign()) {
      return copy(from, format, digest, raw, least, what);
    }
    return digest.isPresent()
        ? convertCopy(from, format, digest, raw, least, what)
        : convert(from, format, raw, least, what);
  }

  private long copy(
      Path from, Format format, Optional<String> digest, Path raw, long least, String what) {
    long content = size(from);
    long bytes = bytes(content, least, format, what);
    make(raw, bytes, what);
    DiskCopy.copy(from, raw, content, digest, what);
    return bytes;
  }

  /**
   * Makes a raw disk of one in another format.
   *
   * @param least how large it is at least; a number without a sign
   * @return its size
   */
  long convert(Path from, Format format, Path raw, long least, String what) {
    long bytes = bytes(conversion.virtualBytes(from, format, what), least, format, what);
    make(raw, bytes, what);
    conversion.convert(from, format, raw, what);
    return bytes;
  }

  /** Of the file itself somebody could make another one between a look at it and the next. */
  private long convertCopy(
      Path from, Format format, Optional<String> digest, Path raw, long least, String what) {
    Path copy = raw.resolveSibling("source.img");
    long content = DiskConversion.plausible(size(from), format, what);
    make(copy, content, what);
    DiskCopy.copy(from, copy, content, digest, what);
    DiskConversion.giveOwner(from, copy);
    long bytes = convert(copy, format, raw, least, what);
    try {
      Files.delete(copy);
      return bytes;
    } catch (IOException e) {
      throw DiskFiles.unreadable(copy, e);
    }
  }

  private void make(Path disk, long bytes, String what) {
    DiskFiles.checkRoom(directory, "the disk of " + what, bytes);
    disks.reserve(disk, what, bytes);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw DiskFiles.unreadable(file, e);
    }
  }

  private static long bytes(long content, long least, Format format, String what) {
    long known = DiskConversion.plausible(content, format, what);
    long wanted = least < 0 ? Long.MAX_VALUE : Math.max(known, least);
    return (DiskConversion.plausible(wanted, format, what) + SECTOR - 1) / SECTOR * SECTOR;
  }
}
