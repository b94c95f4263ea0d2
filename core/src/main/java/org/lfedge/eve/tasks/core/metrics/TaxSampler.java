package org.lfedge.eve.tasks.core.metrics;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.AnchorMemory;
import org.lfedge.eve.tasks.core.port.ObservedTax;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at intervals at what the anchors of running tasks take, and keeps the peak of each. The
 * kernel's own peak is of no use for that: on cgroup v1 it counts page cache, so that copying one
 * large file brings it to the limit.
 *
 * <p>Peaks are kept in memory alone; after a restart of the daemon they grow again.
 */
public final class TaxSampler implements ObservedTax, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TaxSampler.class);

  private final Supplier<List<TaskRecord>> records;
  private final AnchorMemory memory;
  private final Map<String, Peak> peaks = new ConcurrentHashMap<>();
  private final ScheduledThreadPoolExecutor thread;

  private record Peak(Anchor anchor, long bytes) {

    Peak or(Peak later) {
      return anchor.equals(later.anchor) && bytes > later.bytes ? this : later;
    }
  }

  /**
   * Measures nothing until it is started.
   *
   * @param records of all tasks
   */
  public TaxSampler(Supplier<List<TaskRecord>> records, AnchorMemory memory) {
    this.records = records;
    this.memory = memory;
    thread =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread result = new Thread(work, "tax-sampler");
              result.setDaemon(true);
              return result;
            });
  }

  /** Measures from now on. */
  public void start(Duration interval) {
    var unused =
        thread.scheduleWithFixedDelay(
            () -> {
              try {
                sample();
              } catch (RuntimeException e) {
                log.error("the tax of tasks cannot be measured: {}", e.toString());
              }
            },
            0,
            interval.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** Measures every task once whose tax is measurable; a few file reads for each. */
  void sample() {
    Map<String, Peak> seen = new HashMap<>();
    Set<String> present = new HashSet<>();
    for (TaskRecord task : records.get()) {
      present.add(task.name());
      measure(task)
          .ifPresent(bytes -> seen.put(task.name(), new Peak(task.anchor().orElseThrow(), bytes)));
    }
    peaks.keySet().retainAll(present);
    seen.forEach((task, peak) -> peaks.merge(task, peak, Peak::or));
  }

  private OptionalLong measure(TaskRecord task) {
    Optional<Measurement> measurement =
        task.blueprint().flatMap(blueprint -> measurement(blueprint.seed()));
    return task.anchor().isPresent() && measurement.isPresent()
        ? memory.measure(task.anchor().get(), measurement.get())
        : OptionalLong.empty();
  }

  /** Where a hypervisor has the workload's memory, all that is in the cgroup is the anchor's. */
  private static Optional<Measurement> measurement(Seed seed) {
    return seed.tax()
        .measurement()
        .or(
            () ->
                seed.memory() == Pool.HYPERVISOR
                    ? Optional.of(new Measurement.OfCgroup())
                    : Optional.empty());
  }

  @Override
  public OptionalLong peak(String task) {
    Peak peak = peaks.get(task);
    return peak == null ? OptionalLong.empty() : OptionalLong.of(peak.bytes());
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
