package org.lfedge.eve.tasks.spi.seed;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What the anchor costs on top of what the workload asked for.
 *
 * @param parts memory, each part with its reason; names are distinct
 * @param milliCpus thousandths of a CPU, at least 0
 * @param measurement how its memory in the cgroup can be measured; empty where the workload and the
 *     anchor are one
 */
public record AnchorTax(List<Part> parts, int milliCpus, Optional<Measurement> measurement) {

  /** An anchor that does the work itself and costs nothing beside it. */
  public static final AnchorTax NONE = new AnchorTax(List.of(), 0);

  /** So that no sum of parts overflows. */
  public static final int MAX_PARTS = 64;

  /** A tax that cannot be measured. */
  public AnchorTax(List<Part> parts, int milliCpus) {
    this(parts, milliCpus, Optional.empty());
  }

  /** Refuses a name that stands twice and a negative CPU share. */
  public AnchorTax {
    Objects.requireNonNull(measurement);
    parts = List.copyOf(parts);
    if (parts.size() > MAX_PARTS) {
      throw new IllegalArgumentException("at most " + MAX_PARTS + " parts: " + parts.size());
    }
    if (milliCpus < 0) {
      throw new IllegalArgumentException("tax must not be negative: " + milliCpus + " mCPU");
    }
    if (parts.stream().map(Part::name).distinct().count() != parts.size()) {
      throw new IllegalArgumentException("two parts of the tax have one name: " + parts);
    }
  }

  /** The same, and how it can be measured. */
  public AnchorTax measured(Measurement value) {
    return new AnchorTax(parts, milliCpus, Optional.of(value));
  }

  /** The sum over all parts in a pool, in bytes. */
  public long bytes(Pool pool) {
    return parts.stream().filter(part -> part.pool() == pool).mapToLong(Part::bytes).sum();
  }

  /**
   * One reason for memory beside the workload's own.
   *
   * @param name short, as {@code init}
   * @param pool where it is taken from
   * @param bytes 0 to 2^53
   * @param why one sentence for operators, with the source of the number
   */
  public record Part(String name, Pool pool, long bytes, String why) {

    /** Refuses negative sizes and blank names. */
    public Part {
      Objects.requireNonNull(pool);
      Objects.requireNonNull(why);
      if (bytes < 0 || bytes > 1L << 53 || name.isBlank()) {
        throw new IllegalArgumentException("tax part needs a name and 0 to 2^53 bytes: " + name);
      }
    }
  }
}
