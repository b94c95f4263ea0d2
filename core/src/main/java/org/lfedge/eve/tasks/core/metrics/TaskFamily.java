package org.lfedge.eve.tasks.core.metrics;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.port.TaskUsage;

/**
 * A metric that each task has, with its name in the label {@code task}.
 *
 * @param name as Prometheus shows it
 * @param counter whether it only rises; otherwise a gauge
 * @param value of a task; empty if there is none now
 */
record TaskFamily(
    String name, boolean counter, String help, Function<TaskSample, OptionalDouble> value) {

  private static final double NANOS = 1e9;

  /** All of them, in the order in which they are shown. */
  static final List<TaskFamily> ALL =
      List.of(
          gauge(
              "taskmanager_task_memory_limit_bytes",
              "Memory limit: what was asked for, unless a hypervisor gives it, plus the anchor tax.",
              sample -> whole(sample.view().memory().limit())),
          gauge(
              "taskmanager_task_memory_hypervisor_bytes",
              "Memory that is taken from a hypervisor, for tasks that take any.",
              sample -> {
                long bytes = sample.view().memory().hypervisor();
                return bytes == 0 ? OptionalDouble.empty() : whole(bytes);
              }),
          gauge(
              "taskmanager_task_memory_usage_bytes",
              "Memory that counts towards the limit, page cache included.",
              used(usage -> usage.memory().usage())),
          gauge(
              "taskmanager_task_memory_cache_bytes",
              "Page cache, which is given back when memory is short.",
              used(usage -> usage.memory().cache())),
          gauge(
              "taskmanager_task_tax_charged_bytes",
              "Anchor tax that the task is charged.",
              sample -> whole(sample.view().memory().tax())),
          gauge(
              "taskmanager_task_tax_observed_bytes",
              "The most that the anchor was seen to take, where it can be measured.",
              sample -> optional(sample.tax(), 1)),
          counter(
              "taskmanager_task_restarts_total",
              "Starts that the restart policy made since somebody last asked for a start.",
              sample -> whole(sample.view().supervision().restarts())),
          counter(
              "taskmanager_task_cpu_seconds_total",
              "CPU time of the present anchor and all that runs beside it.",
              used(TaskUsage::cpuNanos, NANOS)),
          counter(
              "taskmanager_task_cpu_throttled_periods_total",
              "Periods that ended with the task waiting for its CPU quota.",
              used(TaskUsage::throttledPeriods)),
          counter(
              "taskmanager_task_cpu_throttled_seconds_total",
              "Time for which the task waited for its CPU quota.",
              used(TaskUsage::throttledNanos, NANOS)),
          counter(
              "taskmanager_task_oom_kills_total",
              "Processes that the kernel killed because the memory limit was reached.",
              used(TaskUsage::oomKills)),
          gauge("taskmanager_task_pids", "Processes and threads.", used(TaskUsage::pids)),
          counter(
              "taskmanager_task_io_read_bytes_total",
              "Bytes read from block devices.",
              used(TaskUsage::ioReadBytes)),
          counter(
              "taskmanager_task_io_written_bytes_total",
              "Bytes written to block devices.",
              used(TaskUsage::ioWrittenBytes)));

  private static TaskFamily gauge(
      String name, String help, Function<TaskSample, OptionalDouble> value) {
    return new TaskFamily(name, false, help, value);
  }

  private static TaskFamily counter(
      String name, String help, Function<TaskSample, OptionalDouble> value) {
    return new TaskFamily(name, true, help, value);
  }

  private static Function<TaskSample, OptionalDouble> used(
      Function<TaskUsage, OptionalLong> value) {
    return used(value, 1);
  }

  private static Function<TaskSample, OptionalDouble> used(
      Function<TaskUsage, OptionalLong> value, double unit) {
    return sample ->
        sample
            .usage()
            .map(usage -> optional(value.apply(usage), unit))
            .orElse(OptionalDouble.empty());
  }

  private static OptionalDouble whole(long value) {
    return OptionalDouble.of((double) value);
  }

  private static OptionalDouble optional(OptionalLong value, double unit) {
    return value.isPresent() ? OptionalDouble.of(value.getAsLong() / unit) : OptionalDouble.empty();
  }
}
