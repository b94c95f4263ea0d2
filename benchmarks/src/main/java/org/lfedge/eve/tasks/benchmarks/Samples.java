package org.lfedge.eve.tasks.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Times that something took, in the order measured. */
final class Samples {

  private static final double NANOS_PER_MILLI = 1e6;

  private final List<Long> nanos = new ArrayList<>();

  /** Something to be timed. */
  interface Work {
    void run() throws Exception;
  }

  /** Runs it and keeps how long that took. */
  void time(Work work) throws Exception {
    long start = System.nanoTime();
    work.run();
    nanos.add(System.nanoTime() - start);
  }

  void add(long duration) {
    nanos.add(duration);
  }

  int count() {
    return nanos.size();
  }

  /**
   * The smallest time that this share of all do not exceed.
   *
   * @param share over 0, at most 1
   * @return milliseconds
   */
  double percentile(double share) {
    List<Long> sorted = nanos.stream().sorted().toList();
    int index = (int) Math.ceil(share * sorted.size()) - 1;
    return sorted.get(Math.max(0, index)) / NANOS_PER_MILLI;
  }

  /** The median and the 90th percentile as cells of a Markdown table. */
  String cells() {
    return String.format(Locale.ROOT, "%.0f | %.0f", percentile(0.5), percentile(0.9));
  }
}
