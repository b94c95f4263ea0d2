package org.lfedge.eve.tasks.core.admission;

import java.util.Optional;

/**
 * Says when the anchor tax that a task is charged and what its anchor was seen to take are far
 * apart: by a factor of two, and by 8 MiB at least, since nobody gains from less.
 */
public final class TaxAdvice {

  private static final int FACTOR = 2;
  private static final long MIN_BYTES = 8L << 20;
  private static final long MIB = 1L << 20;

  private TaxAdvice() {}

  /**
   * What to do about the tax of a task; nothing if it is about right.
   *
   * @param charged bytes, the operator's override if there is one
   * @param observed the most that was seen, in bytes
   */
  public static Optional<String> of(long charged, long observed) {
    boolean above = observed / FACTOR >= charged && observed - charged >= MIN_BYTES;
    boolean below = charged / FACTOR >= observed && charged - observed >= MIN_BYTES;
    if (!above && !below) {
      return Optional.empty();
    }
    String seen = "the anchor was seen to take " + up(observed) + " MiB at most and is charged ";
    // A quarter more than was seen: a peak between two looks is not seen.
    String set = "resources.tax.memory: " + up(observed + observed / 4) + "MiB";
    return Optional.of(
        seen
            + up(charged)
            + " MiB; "
            + (above
                ? "the workload lacks the difference; set " + set + " or more"
                : set + " would free the difference for other tasks"));
  }

  private static long up(long bytes) {
    return (bytes + MIB - 1) / MIB;
  }
}
