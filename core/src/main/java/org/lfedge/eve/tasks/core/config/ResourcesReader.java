package org.lfedge.eve.tasks.core.config;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a task document says of memory and CPUs. */
final class ResourcesReader {

  private static final int MILLI = 1000;
  private static final BigDecimal MIN_CPUS = new BigDecimal("0.001");
  private static final BigDecimal MAX_CPUS = BigDecimal.valueOf(4096);

  /** As many as {@link #MAX_CPUS}, counted from 0. */
  private static final int MAX_CPU = 4095;

  private ResourcesReader() {}

  /** The values of {@code resources:}; see {@link TaskDocument}. */
  record Resources(
      long memoryBytes, int milliCpus, OptionalLong taxMemoryBytes, List<Integer> pinnedCpus) {

    /** Stands in for those that cannot be read. */
    static final Resources NONE = new Resources(1, 1, OptionalLong.empty(), List.of());
  }

  /** {@code resources:}. */
  static Optional<Resources> read(DocumentObject resources) {
    long memory = resources.required("memory", v -> v.size(1)).orElse(1L);
    Optional<List<Integer>> pinned = resources.optional("pin", ResourcesReader::pinned);
    int pins = pinned.map(List::size).orElse(0);
    int milliCpus =
        resources.optional("cpus", v -> milliCpus(v, pins)).orElse(MILLI * Math.max(1, pins));
    OptionalLong taxMemory =
        resources
            .optional("tax", v -> v.object(tax -> tax.required("memory", m -> m.size(0))))
            .map(OptionalLong::of)
            .orElse(OptionalLong.empty());
    return Optional.of(new Resources(memory, milliCpus, taxMemory, pinned.orElse(List.of())));
  }

  /**
   * A CPU named twice is refused: it is more likely to stand for another one than to be meant, and
   * dropped in silence it would be one CPU less.
   *
   * @return nothing if one of them cannot be read: how many are wanted is then not known
   */
  private static Optional<List<Integer>> pinned(DocumentValue v) {
    SortedMap<Integer, Integer> places = new TreeMap<>();
    v.list(DocumentValue.MAX_LIST, (index, element) -> pin(index, element, places));
    return places.size() == v.size() ? Optional.of(List.copyOf(places.keySet())) : Optional.empty();
  }

  private static Optional<Integer> pin(
      int index, DocumentValue v, SortedMap<Integer, Integer> places) {
    Optional<Integer> cpu = v.whole(0, MAX_CPU).map(Long::intValue);
    Integer other = cpu.map(number -> places.putIfAbsent(number, index)).orElse(null);
    return other == null
        ? cpu
        : v.refuse("CONFLICT", "pin[" + other + "] is this CPU, too; keep one of them");
  }

  private static Optional<Integer> milliCpus(DocumentValue v, int pins) {
    return v.number(MIN_CPUS, MAX_CPUS)
        .map(cpus -> cpus.movePointRight(3).stripTrailingZeros())
        .flatMap(
            milli ->
                milli.scale() <= 0
                    ? Optional.of(milli.intValueExact())
                    : v.refuse("OUT_OF_RANGE", "must have at most three decimals"))
        .flatMap(
            milli ->
                pins == 0 || milli <= MILLI * pins
                    ? Optional.of(milli)
                    : v.refuse(
                        "CONFLICT",
                        "is more than the "
                            + pins
                            + " CPU(s) of pin, on which alone the task runs; pin more of them, or"
                            + " lower it"));
  }
}
