package org.lfedge.eve.tasks.dist;

import java.util.function.LongSupplier;

/**
 * Finds out that the daemon has no memory left for good, so that it is better begun anew: tasks
 * outlive it, and a daemon without memory would only hang. That the memory runs out for a moment is
 * no reason, since a plugin that takes all of it fails alone and gives it back.
 */
final class MemoryShortage {

  /** Of the heap; with less than the rest, the collector does nothing but run. */
  private static final int FULL_PERCENT = 95;

  private static final int LOOKS = 3;

  private final LongSupplier usedBytes;
  private final long maxBytes;
  private final Runnable collection;
  private int full;

  /**
   * Looks at some heap.
   *
   * @param usedBytes garbage included
   * @param collection of the garbage
   */
  MemoryShortage(LongSupplier usedBytes, long maxBytes, Runnable collection) {
    this.usedBytes = usedBytes;
    this.maxBytes = maxBytes;
    this.collection = collection;
  }

  /** Looks at the heap of this JVM. */
  static MemoryShortage ofThisJvm() {
    Runtime runtime = Runtime.getRuntime();
    return new MemoryShortage(
        () -> runtime.totalMemory() - runtime.freeMemory(), runtime.maxMemory(), System::gc);
  }

  /**
   * Looks once.
   *
   * @return whether the heap was full at this look and the two before, without the garbage
   */
  boolean lasts() {
    if (isFull()) {
      collection.run();
    }
    full = isFull() ? full + 1 : 0;
    return full >= LOOKS;
  }

  private boolean isFull() {
    return usedBytes.getAsLong() >= maxBytes / 100 * FULL_PERCENT;
  }
}
