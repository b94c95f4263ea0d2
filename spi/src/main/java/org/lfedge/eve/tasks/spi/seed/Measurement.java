package org.lfedge.eve.tasks.spi.seed;

import java.util.Objects;

/**
 * How the manager finds out what an anchor takes in fact, to compare it with the tax that the seed
 * states. Page cache never counts: it is given back when it is needed. Closed to implement, open to
 * growth.
 */
public sealed interface Measurement {

  /**
   * The anchor's process costs nothing but its own memory, and does none of the work: its anonymous
   * and shared resident memory counts. Right for an init process.
   */
  record OfAnchor() implements Measurement {}

  /**
   * None of the workload's memory is in the cgroup: everything there counts. Right where the memory
   * that the document asks for is taken from {@link Pool#HYPERVISOR}, and meant there if nothing is
   * stated.
   *
   * @since 1.1
   */
  record OfCgroup() implements Measurement {}

  /**
   * The workload's memory is one mapping of the anchor's process: everything in the cgroup counts
   * but what of that mapping is resident.
   *
   * @param mapping its name in the last column of {@code /proc/PID/smaps}, without {@code
   *     (deleted)}, such as {@code /memfd:guest-ram}
   */
  record AllBut(String mapping) implements Measurement {

    /** Long enough for a path, which may have 4096 bytes. */
    public static final int MAX_LENGTH = 4096;

    /** Refuses a name that no mapping can have. */
    public AllBut {
      Objects.requireNonNull(mapping);
      if (!mapping.equals(mapping.strip())
          || mapping.isEmpty()
          || mapping.length() > MAX_LENGTH
          || mapping.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException("not the name of a mapping: '" + mapping + "'");
      }
    }
  }
}
