package org.lfedge.eve.tasks.core.output;

/**
 * How much disk the output of tasks may take, in bytes.
 *
 * @param perTask in segments, for one task; as much again may wait to be copied
 * @param total of all tasks together
 * @param reserve what is set aside and given up when the file system is nearly full
 */
public record OutputBounds(long perTask, long total, long reserve) {

  /** For a node with a few dozen tasks: what fits beside them on a small eMMC. */
  public static final OutputBounds DEFAULT = new OutputBounds(16L << 20, 256L << 20, 32L << 20);

  /** The least for one task that makes sense: sixteen segments of some records each. */
  public static final long MIN_PER_TASK = 1 << 20;

  private static final int SEGMENTS = 16;

  /** The size from which on a segment is full. */
  long segment() {
    return perTask / SEGMENTS;
  }
}
