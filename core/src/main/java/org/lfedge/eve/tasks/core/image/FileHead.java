package org.lfedge.eve.tasks.core.image;

/** A file of an image: its permissions, and as much of its start as was asked for. */
public final class FileHead {

  private final byte[] start;
  private final int mode;

  /**
   * @param start not copied, since it may be large
   * @param mode its permission bits
   */
  FileHead(byte[] start, int mode) {
    this.start = start;
    this.mode = mode;
  }

  /** The start itself, not to be written to. */
  byte[] bytes() {
    return start;
  }

  /** Its first bytes. */
  public byte[] start() {
    return start.clone();
  }

  /** Its permission bits. */
  public int mode() {
    return mode;
  }

  /** Whether everybody may read and run it. */
  public boolean executableByAll() {
    return (mode & 0555) == 0555;
  }
}
