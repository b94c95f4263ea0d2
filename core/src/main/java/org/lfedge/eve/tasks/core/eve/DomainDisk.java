package org.lfedge.eve.tasks.core.eve;

import java.util.Map;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;

/**
 * A disk of a domain.
 *
 * @param path of it in the config, with a dot at its end
 * @param location of its file, or of the directory of a container
 * @param format by EVE's numbers
 */
record DomainDisk(
    String path,
    String location,
    long format,
    long target,
    boolean readOnly,
    String mountDir,
    String displayName) {

  /** The format of what is no disk, but a directory with the root file system of an image. */
  static final int CONTAINER = 8;

  private static final Map<Long, Format> FORMATS =
      Map.of(
          1L, Format.RAW,
          3L, Format.QCOW2,
          5L, Format.VMDK,
          7L, Format.VHDX,
          9L, Format.ISO);

  private static final long UNKNOWN_TARGET = 0;
  private static final long DISK_TARGET = 1;
  private static final long APP_CUSTOM_TARGET = 5;

  /** Reads one. What cannot be the disk of a task here is found. */
  static DomainDisk of(GoStruct disk, Findings findings) {
    long target = disk.number("Target");
    if (target != UNKNOWN_TARGET && target != DISK_TARGET && target != APP_CUSTOM_TARGET) {
      findings.unsupported(
          disk.path("Target"), target, "guests start from their disks; this is none of these");
    }
    DomainDisk read =
        new DomainDisk(
            disk.path(""),
            disk.text("FileLocation"),
            disk.number("Format"),
            target,
            disk.flag("ReadOnly"),
            disk.text("MountDir"),
            disk.text("DisplayName"));
    if (!read.location.startsWith("/")) {
      findings.bad(disk.path("FileLocation"), read.location, "must be an absolute path");
    }
    if (!read.isContainer() && read.diskFormat().isEmpty()) {
      findings.unsupported(
          disk.path("Format"), read.format, "formats are RAW, QCOW2, VMDK, VHDX, CONTAINER, ISO");
    }
    return read;
  }

  /** Whether the domain gets it as a disk: EVE has some that it gives to no domain. */
  boolean isOfDomain() {
    return target != APP_CUSTOM_TARGET;
  }

  boolean isContainer() {
    return format == CONTAINER;
  }

  /** What the file holds; nothing if it is a directory, or cannot be used. */
  Optional<Format> diskFormat() {
    return Optional.ofNullable(FORMATS.get(format));
  }

  /** The root file system of a container. */
  String rootfs() {
    return location + "/rootfs";
  }

  /** Where the image of a container is described. */
  static String imageConfig(String location) {
    return location + "/image-config.json";
  }
}
