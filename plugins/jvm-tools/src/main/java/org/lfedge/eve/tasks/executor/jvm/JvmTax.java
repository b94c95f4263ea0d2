package org.lfedge.eve.tasks.executor.jvm;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.container.ContainerProgram;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Pool;

/**
 * What a JVM costs beside the heap, the classes, the buffers and the threads of its program, which
 * are in the memory that the task asks for. The numbers were measured with OpenJDK 17.0.15 and its
 * native memory tracking, and with all of the program's parts full in a cgroup; what can be bounded
 * is, by the option that the part names.
 */
final class JvmTax {

  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;

  /** Symbols, modules, its own data, and what it changes of the archive of its classes. */
  static final long JVM = 16 * MIB;

  /** Working memory of the compilers; 22 MiB were seen while javac compiled 278 files. */
  static final long COMPILERS = 24 * MIB;

  /** Those of the JVM itself, each with a stack of which 64 KiB were seen in use. */
  private static final int OWN_THREADS = 16;

  private static final long OWN_STACK = 128 * KIB;

  /** Of the kernel, for each thread. */
  private static final long KERNEL_STACK = 16 * KIB;

  /** The smallest that there is; a word is written to it. */
  static final long RUNTIME_DIRECTORY = 64 * KIB;

  static final long TMP = 8 * MIB;

  /** While it is written, the archive is in memory; 9 MiB were seen for one of 3 MiB. */
  static final long ARCHIVE = 24 * MIB;

  private static final long PAGES_PER_TABLE_BYTE = 512;

  private final List<AnchorTax.Part> parts = new ArrayList<>();

  private JvmTax() {}

  /**
   * The tax.
   *
   * @param tmp the size of the file system at /tmp; 0 for none of ours
   */
  static AnchorTax of(
      JvmMemory memory, JvmOptions.Gc gc, long codeCache, long tmp, boolean init, boolean archive) {
    JvmTax tax = new JvmTax();
    tax.add(
        "jvm", JVM, "the JVM's own data, symbols, modules, what it changes of its class archive");
    tax.add(
        "code-cache", codeCache, "compiled code: as the JVM is told (-XX:ReservedCodeCacheSize)");
    tax.add("compilers", COMPILERS, "working memory of the compilers: 22 MiB seen");
    tax.add("gc", gc(memory.heap(), gc), gcReason(gc));
    tax.add(
        "threads",
        OWN_THREADS * OWN_STACK + (OWN_THREADS + memory.threads()) * KERNEL_STACK,
        "stacks of 16 threads of the JVM, and 16 KiB in the kernel for each thread of the program");
    if (archive) {
      tax.add("archive", ARCHIVE, "the archive of the program's classes, while it is written");
    }
    if (init) {
      tax.parts.add(ContainerProgram.INIT_TAX);
    }
    tax.add(
        "files", tmp + RUNTIME_DIRECTORY, "what /tmp and /run/task may hold, which are in memory");
    tax.add(
        "page-tables",
        (memory.total() + tax.sum()) / PAGES_PER_TABLE_BYTE,
        "1/512 of all: 8 bytes for each page of 4 KiB");
    return new AnchorTax(tax.parts, 0);
  }

  private static long gc(long heap, JvmOptions.Gc gc) {
    return switch (gc) {
      case SERIAL -> MIB + heap / 256;
      case PARALLEL -> 4 * MIB + heap / 32;
      case G1 -> 16 * MIB + heap / 24;
    };
  }

  private static String gcReason(JvmOptions.Gc gc) {
    return switch (gc) {
      case SERIAL -> "the collector: 1 MiB, and cards for 1/256 of the heap";
      case PARALLEL -> "the collector: 4 MiB, and marks for 1/32 of the heap";
      case G1 -> "the collector: 16 MiB, and marks, cards and remembered sets for 1/24 of the heap";
    };
  }

  private long sum() {
    return parts.stream().mapToLong(AnchorTax.Part::bytes).sum();
  }

  private void add(String name, long bytes, String why) {
    parts.add(new AnchorTax.Part(name, Pool.CGROUP, bytes, why));
  }
}
