package org.lfedge.eve.tasks.core.api;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.admission.TaxAdvice;
import org.lfedge.eve.tasks.core.api.v1.Memory;
import org.lfedge.eve.tasks.core.api.v1.StatsResponse;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskStats;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.port.ObservedTax;
import org.lfedge.eve.tasks.core.port.StorageUse;
import org.lfedge.eve.tasks.core.port.TaskUsage;

/**
 * What tasks use as messages of the API.
 *
 * @param tax what anchors were seen to take
 */
record UsageMessages(ObservedTax tax) {

  /** A task with what its anchor was seen to take. */
  Task withTax(Task task) {
    Memory memory = withTax(task.getName(), task.getMemory());
    return task.toBuilder().setMemory(memory).build();
  }

  private Memory withTax(String task, Memory memory) {
    Memory.Builder message = memory.toBuilder();
    tax.peak(task)
        .ifPresent(
            observed -> {
              message.setTaxObservedBytes(observed);
              TaxAdvice.of(memory.getTaxBytes(), observed).ifPresent(message::setTaxAdvice);
            });
    return message.build();
  }

  /**
   * One sample.
   *
   * @param before the sample before, by task
   * @param now this sample, by task
   * @param written how full the limited storage is that a task writes its root to
   */
  StatsResponse stats(
      List<TaskView> tasks,
      Map<String, TaskUsage> before,
      Map<String, TaskUsage> now,
      Function<String, Optional<StorageUse>> written) {
    StatsResponse.Builder response = StatsResponse.newBuilder();
    for (TaskView task : tasks) {
      TaskStats.Builder stats = stats(task, before.get(task.name()), now.get(task.name()));
      written
          .apply(task.name())
          .ifPresent(
              use ->
                  stats.setWritableBytes(use.usedBytes()).setWritableLimitBytes(use.limitBytes()));
      response.addTasks(stats);
    }
    return response.build();
  }

  private TaskStats.Builder stats(
      TaskView task, @Nullable TaskUsage before, @Nullable TaskUsage now) {
    Memory memory = withTax(task.name(), TaskMessages.memory(task.memory()));
    TaskStats.Builder stats =
        TaskStats.newBuilder().setName(task.name()).setState(task.state().name());
    if (now == null) {
      return stats.setMemory(memory);
    }
    Memory.Builder used = memory.toBuilder();
    now.memory().usage().ifPresent(used::setUsageBytes);
    stats.setMemory(used);
    now.memory().cache().ifPresent(stats::setCacheBytes);
    now.memory().anon().ifPresent(stats::setAnonBytes);
    now.memory().shmem().ifPresent(stats::setShmemBytes);
    now.memory().kernel().ifPresent(stats::setKernelBytes);
    now.cpuNanos().ifPresent(stats::setCpuNanos);
    now.throttledPeriods().ifPresent(stats::setThrottledPeriods);
    now.throttledNanos().ifPresent(stats::setThrottledNanos);
    now.oomKills().ifPresent(stats::setOomKills);
    now.pids().ifPresent(stats::setPids);
    now.ioReadBytes().ifPresent(stats::setIoReadBytes);
    now.ioWrittenBytes().ifPresent(stats::setIoWrittenBytes);
    if (before != null) {
      cpuPercent(before, now).ifPresent(stats::setCpuPercent);
    }
    return stats;
  }

  /**
   * How much of one CPU was used between two samples, in percent; empty if that was not counted, or
   * if the counter went back because another anchor came between them.
   */
  static OptionalDouble cpuPercent(TaskUsage before, TaskUsage now) {
    long wall = Duration.between(before.at(), now.at()).toNanos();
    if (before.cpuNanos().isEmpty() || now.cpuNanos().isEmpty() || wall <= 0) {
      return OptionalDouble.empty();
    }
    long used = now.cpuNanos().getAsLong() - before.cpuNanos().getAsLong();
    return used < 0 ? OptionalDouble.empty() : OptionalDouble.of(100.0 * used / wall);
  }
}
