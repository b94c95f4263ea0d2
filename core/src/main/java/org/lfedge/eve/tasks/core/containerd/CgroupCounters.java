package org.lfedge.eve.tasks.core.containerd;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.core.containerd.api.cgroups.v1.BlkIOEntry;
import org.lfedge.eve.tasks.core.containerd.api.cgroups.v2.IOEntry;
import org.lfedge.eve.tasks.core.port.TaskUsage;
import org.lfedge.eve.tasks.core.port.TaskUsage.Memory;

/** Reads the counters of cgroups, version 1 and 2, as the shim for runc sends them. */
final class CgroupCounters {

  private static final long NANOS_PER_MICRO = 1000;

  private CgroupCounters() {}

  /** What the counters say; empty if they are of a kind that is not known. */
  static Optional<TaskUsage> usage(Instant at, Any data) throws InvalidProtocolBufferException {
    // Some versions write the bare name, others a name with a host before it.
    String type = data.getTypeUrl().substring(data.getTypeUrl().lastIndexOf('/') + 1);
    return switch (type) {
      case "io.containerd.cgroups.v1.Metrics" ->
          Optional.of(
              usage(
                  at,
                  org.lfedge.eve.tasks.core.containerd.api.cgroups.v1.Metrics.parseFrom(
                      data.getValue())));
      case "io.containerd.cgroups.v2.Metrics" ->
          Optional.of(
              usage(
                  at,
                  org.lfedge.eve.tasks.core.containerd.api.cgroups.v2.Metrics.parseFrom(
                      data.getValue())));
      default -> Optional.empty();
    };
  }

  private static TaskUsage usage(
      Instant at, org.lfedge.eve.tasks.core.containerd.api.cgroups.v1.Metrics metrics) {
    boolean throttles = metrics.getCpu().hasThrottling();
    return new TaskUsage(
        at,
        when(metrics.getCpu().hasUsage(), metrics.getCpu().getUsage().getTotal()),
        when(throttles, metrics.getCpu().getThrottling().getThrottledPeriods()),
        when(throttles, metrics.getCpu().getThrottling().getThrottledTime()),
        metrics.hasMemory() ? memory(metrics.getMemory()) : Memory.UNKNOWN,
        when(metrics.hasMemoryOomControl(), metrics.getMemoryOomControl().getOomKill()),
        when(metrics.hasPids(), metrics.getPids().getCurrent()),
        when(metrics.hasBlkio(), bytes(metrics, "read")),
        when(metrics.hasBlkio(), bytes(metrics, "write")));
  }

  private static Memory memory(
      org.lfedge.eve.tasks.core.containerd.api.cgroups.v1.MemoryStat memory) {
    long file = memory.getTotalInactiveFile() + memory.getTotalActiveFile();
    return new Memory(
        when(memory.hasUsage(), memory.getUsage().getUsage()),
        OptionalLong.of(memory.getTotalRss()),
        // Not sent apart; what of the cache is on no list of files is shared memory.
        OptionalLong.of(Math.max(0, memory.getTotalCache() - file)),
        when(memory.hasKernel(), memory.getKernel().getUsage()),
        OptionalLong.of(memory.getTotalInactiveFile()),
        OptionalLong.of(memory.getTotalActiveFile()));
  }

  private static long bytes(
      org.lfedge.eve.tasks.core.containerd.api.cgroups.v1.Metrics metrics, String operation) {
    return metrics.getBlkio().getIoServiceBytesRecursiveList().stream()
        .filter(entry -> entry.getOp().equalsIgnoreCase(operation))
        .mapToLong(BlkIOEntry::getValue)
        .sum();
  }

  private static TaskUsage usage(
      Instant at, org.lfedge.eve.tasks.core.containerd.api.cgroups.v2.Metrics metrics) {
    return new TaskUsage(
        at,
        when(metrics.hasCpu(), metrics.getCpu().getUsageUsec() * NANOS_PER_MICRO),
        when(metrics.hasCpu(), metrics.getCpu().getNrThrottled()),
        when(metrics.hasCpu(), metrics.getCpu().getThrottledUsec() * NANOS_PER_MICRO),
        metrics.hasMemory() ? memory(metrics.getMemory()) : Memory.UNKNOWN,
        when(metrics.hasMemoryEvents(), metrics.getMemoryEvents().getOomKill()),
        when(metrics.hasPids(), metrics.getPids().getCurrent()),
        when(
            metrics.hasIo(),
            metrics.getIo().getUsageList().stream().mapToLong(IOEntry::getRbytes).sum()),
        when(
            metrics.hasIo(),
            metrics.getIo().getUsageList().stream().mapToLong(IOEntry::getWbytes).sum()));
  }

  private static Memory memory(
      org.lfedge.eve.tasks.core.containerd.api.cgroups.v2.MemoryStat memory) {
    return new Memory(
        OptionalLong.of(memory.getUsage()),
        OptionalLong.of(memory.getAnon()),
        OptionalLong.of(memory.getShmem()),
        // Not sent as a whole; the rest of the usage, as long as both were read at one moment.
        OptionalLong.of(Math.max(0, memory.getUsage() - memory.getAnon() - memory.getFile())),
        OptionalLong.of(memory.getInactiveFile()),
        OptionalLong.of(memory.getActiveFile()));
  }

  private static OptionalLong when(boolean present, long value) {
    return present ? OptionalLong.of(value) : OptionalLong.empty();
  }
}
