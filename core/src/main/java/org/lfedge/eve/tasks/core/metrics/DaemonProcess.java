package org.lfedge.eve.tasks.core.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Metrics of this very process, under the names that Prometheus's libraries use. Read from {@code
 * /proc}: Java's management classes tell the same for some MiB more of memory.
 */
final class DaemonProcess {

  private static final Path SELF = Path.of("/proc/self");
  private static final double NANOS = 1e9;

  private DaemonProcess() {}

  static List<MetricSnapshot> snapshots() {
    List<MetricSnapshot> snapshots = new ArrayList<>();
    ProcessHandle.Info info = ProcessHandle.current().info();
    Duration cpu = info.totalCpuDuration().orElse(Duration.ZERO);
    snapshots.add(
        CounterSnapshot.builder()
            .name("process_cpu_seconds")
            .help("CPU time of the daemon.")
            .dataPoint(
                CounterSnapshot.CounterDataPointSnapshot.builder()
                    .value(cpu.toNanos() / NANOS)
                    .build())
            .build());
    Instant start = info.startInstant().orElse(Instant.EPOCH);
    snapshots.add(
        gauge(
            "process_start_time_seconds",
            "When the daemon was started, in seconds since 1970.",
            start.toEpochMilli() / 1000.0));
    status("VmRSS:")
        .ifPresent(
            kibibytes ->
                snapshots.add(
                    gauge(
                        "process_resident_memory_bytes",
                        "Resident memory of the daemon.",
                        kibibytes * 1024)));
    status("Threads:")
        .ifPresent(
            threads -> snapshots.add(gauge("process_threads", "Threads of the daemon.", threads)));
    openFiles()
        .ifPresent(
            files ->
                snapshots.add(
                    gauge("process_open_fds", "Open file descriptors of the daemon.", files)));
    Runtime runtime = Runtime.getRuntime();
    snapshots.add(
        gauge(
            "taskmanager_heap_used_bytes",
            "Heap of the daemon in use, garbage included.",
            runtime.totalMemory() - runtime.freeMemory()));
    snapshots.add(
        gauge("taskmanager_heap_max_bytes", "Limit of the daemon's heap.", runtime.maxMemory()));
    return snapshots;
  }

  private static MetricSnapshot gauge(String name, String help, Number value) {
    return TaskCollector.gauge(name, help)
        .dataPoint(TaskCollector.value(value.doubleValue(), Labels.EMPTY))
        .build();
  }

  private static OptionalLong status(String field) {
    try (Stream<String> lines = Files.lines(SELF.resolve("status"))) {
      return lines
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalLong openFiles() {
    try (Stream<Path> files = Files.list(SELF.resolve("fd"))) {
      // One of them is this very directory.
      return OptionalLong.of(files.count() - 1);
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
