package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.lfedge.eve.tasks.core.api.v1.Memory;
import org.lfedge.eve.tasks.core.api.v1.TaskStats;

/** What tasks use, for people and for programs. */
final class StatsOutput {

  private StatsOutput() {}

  /** One line for each task, then what is to be advised. */
  static String table(List<TaskStats> tasks) {
    Table table =
        new Table(
            "NAME",
            "STATE",
            "CPU",
            "USED",
            "LIMIT",
            "CACHE",
            "ASKED + TAX",
            "TAX SEEN",
            "PIDS",
            "READ",
            "WRITTEN",
            "OOM");
    StringBuilder advice = new StringBuilder();
    for (TaskStats task : tasks) {
      Memory memory = task.getMemory();
      table.row(
          task.getName(),
          task.getState(),
          task.hasCpuPercent() ? String.format(Locale.ROOT, "%.1f%%", task.getCpuPercent()) : "",
          bytes(memory.hasUsageBytes(), memory.getUsageBytes()),
          Quantities.bytes(memory.getLimitBytes()),
          bytes(task.hasCacheBytes(), task.getCacheBytes()),
          Quantities.bytes(memory.getAskedBytes()) + " + " + Quantities.bytes(memory.getTaxBytes()),
          bytes(memory.hasTaxObservedBytes(), memory.getTaxObservedBytes()),
          task.hasPids() ? Long.toString(task.getPids()) : "",
          bytes(task.hasIoReadBytes(), task.getIoReadBytes()),
          bytes(task.hasIoWrittenBytes(), task.getIoWrittenBytes()),
          task.hasOomKills() ? Long.toString(task.getOomKills()) : "");
      if (!memory.getTaxAdvice().isEmpty()) {
        advice.append('\n').append(task.getName()).append(": ").append(memory.getTaxAdvice());
      }
    }
    return table.toString() + advice;
  }

  private static String bytes(boolean present, long bytes) {
    return present ? Quantities.bytes(bytes) : "";
  }

  /** An element of {@code stats}; what is not counted is null. */
  static ObjectNode json(TaskStats task) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", task.getName());
    json.put("state", task.getState());
    json.put("cpuPercent", task.hasCpuPercent() ? rounded(task.getCpuPercent()) : null);
    json.put("cpuNanos", task.hasCpuNanos() ? task.getCpuNanos() : null);
    json.put("throttledPeriods", task.hasThrottledPeriods() ? task.getThrottledPeriods() : null);
    json.put("throttledNanos", task.hasThrottledNanos() ? task.getThrottledNanos() : null);
    ObjectNode memory = TaskJson.memory(task.getMemory());
    memory.put("cacheBytes", task.hasCacheBytes() ? task.getCacheBytes() : null);
    memory.put("anonBytes", task.hasAnonBytes() ? task.getAnonBytes() : null);
    memory.put("shmemBytes", task.hasShmemBytes() ? task.getShmemBytes() : null);
    memory.put("kernelBytes", task.hasKernelBytes() ? task.getKernelBytes() : null);
    json.set("memory", memory);
    json.put("oomKills", task.hasOomKills() ? task.getOomKills() : null);
    json.put("pids", task.hasPids() ? task.getPids() : null);
    json.put("ioReadBytes", task.hasIoReadBytes() ? task.getIoReadBytes() : null);
    json.put("ioWrittenBytes", task.hasIoWrittenBytes() ? task.getIoWrittenBytes() : null);
    json.put("writableBytes", task.hasWritableBytes() ? task.getWritableBytes() : null);
    json.put(
        "writableLimitBytes", task.hasWritableLimitBytes() ? task.getWritableLimitBytes() : null);
    return json;
  }

  private static double rounded(double percent) {
    return Math.round(percent * 100) / 100.0;
  }
}
