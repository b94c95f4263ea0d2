package org.lfedge.eve.tasks.spi.seed;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A small file that the core writes for the task and mounts read-only at its target. */
public final class SeedFile {

  /** The largest content of one file. */
  public static final int MAX_BYTES = 1 << 20;

  private final String target;
  private final byte[] content;
  private final int mode;

  /**
   * Describes a file.
   *
   * @param target absolute path inside the task, without {@code ..}
   * @param content at most {@value #MAX_BYTES} bytes; copied
   * @param mode permission bits, 0 to 0777
   */
  public SeedFile(String target, byte[] content, int mode) {
    this.target = Mount.requireAbsolute(target);
    if (content.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "file " + target + " has " + content.length + " bytes; at most " + MAX_BYTES);
    }
    if (mode < 0 || mode > 0777) {
      throw new IllegalArgumentException("mode must be within 0 and 0777: " + mode);
    }
    this.content = content.clone();
    this.mode = mode;
  }

  public String target() {
    return target;
  }

  /** A copy of the content. */
  public byte[] content() {
    return content.clone();
  }

  public int mode() {
    return mode;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SeedFile that
        && target.equals(that.target)
        && mode == that.mode
        && Arrays.equals(content, that.content);
  }

  @Override
  public int hashCode() {
    return target.hashCode();
  }

  /** Names the file without its content, which may be private to the task. */
  @Override
  public String toString() {
    return "SeedFile["
        + target
        + ", "
        + content.length
        + " bytes, 0"
        + Integer.toOctalString(mode)
        + "]";
  }
}
