package org.lfedge.eve.tasks.executor.jvm;

import org.lfedge.eve.tasks.spi.SeedException;

/**
 * How the memory that a task asks for is shared out: all of it is the program's. What is not said
 * is 10 parts heap, 4 metaspace, 1 buffers and 1 stacks of what is left, the last three up to a
 * bound; the heap has whatever remains.
 *
 * @param heap in bytes, as all sizes
 * @param stack of one thread
 */
record JvmMemory(long heap, long metaspace, long direct, long threads, long stack) {

  private static final long MIB = 1L << 20;

  /** Less than a JVM starts with. */
  static final long MIN_HEAP = 8 * MIB;

  static final long MIN_METASPACE = 8 * MIB;
  static final long MIN_DIRECT = MIB;

  static final long MAX_METASPACE = 256 * MIB;
  static final long MAX_DIRECT = 128 * MIB;
  static final long MAX_THREADS = 64;

  /** Half of a JVM's own choice: deep enough for frameworks, and more threads find room. */
  static final long STACK = MIB / 2;

  private static final int HEAP_PARTS = 10;
  private static final int METASPACE_PARTS = 4;
  private static final int OTHER_PARTS = 1;

  /**
   * Shares it out.
   *
   * @param memory of the task, in bytes
   * @throws SeedException if it is too little
   */
  static JvmMemory of(long memory, JvmOptions options) throws SeedException {
    boolean heapIsGiven = options.heap().isPresent() || options.heapPercent().isPresent();
    long heap = options.heap().orElseGet(() -> memory / 100 * options.heapPercent().orElse(0));
    long stack = options.stack().orElse(STACK);
    long stacks = options.threads().orElse(0) * stack;
    long given = heap + options.metaspace().orElse(0) + options.directMemory().orElse(0) + stacks;
    long left = Math.max(0, memory - given);
    int parts =
        (heapIsGiven ? 0 : HEAP_PARTS)
            + (options.metaspace().isPresent() ? 0 : METASPACE_PARTS)
            + (options.directMemory().isPresent() ? 0 : OTHER_PARTS)
            + (options.threads().isPresent() ? 0 : OTHER_PARTS);
    long part = parts == 0 ? 0 : left / parts;
    long metaspace = options.metaspace().orElse(Math.min(MAX_METASPACE, METASPACE_PARTS * part));
    long direct = options.directMemory().orElse(Math.min(MAX_DIRECT, OTHER_PARTS * part));
    long threads =
        options.threads().orElse(Math.max(1, Math.min(MAX_THREADS, OTHER_PARTS * part / stack)));
    long others = metaspace + direct + threads * stack;
    JvmMemory shared =
        new JvmMemory(heapIsGiven ? heap : memory - others, metaspace, direct, threads, stack);
    if (shared.total() > memory
        || shared.heap < MIN_HEAP
        || metaspace < MIN_METASPACE
        || direct < MIN_DIRECT) {
      throw new SeedException(
          "MEMORY_TOO_SMALL",
          "resources.memory",
          "a JVM with "
              + shared.shown()
              + " does not fit into "
              + memory
              + " bytes, and needs a heap and a metaspace of at least 8 MiB each; give the task"
              + " more memory, at least 32 MiB, or correct the sizes in options");
    }
    return shared;
  }

  /** All of it. */
  long total() {
    return heap + metaspace + direct + threads * stack;
  }

  private String shown() {
    return Math.max(0, heap / MIB)
        + " MiB of heap, "
        + metaspace / MIB
        + " MiB of metaspace, "
        + direct / MIB
        + " MiB of buffers and "
        + threads
        + " stacks of "
        + stack / 1024
        + " KiB";
  }
}
