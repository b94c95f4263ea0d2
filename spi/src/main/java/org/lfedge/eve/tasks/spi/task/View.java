package org.lfedge.eve.tasks.spi.task;

/** A way in which the core can present a volume. Open to growth. */
public enum View {
  /** A directory tree. */
  FILESYSTEM,
  /** A single file. */
  FILE,
  /** A disk, as a file in the format of the volume. */
  BLOCK,
  /** A file with an ISO 9660 file system. */
  ISO9660
}
