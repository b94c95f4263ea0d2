package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.api.ApiProblems;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.Memory;
import org.lfedge.eve.tasks.core.api.v1.NodeResponse;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaxPart;
import org.lfedge.eve.tasks.core.lifecycle.Signal;

/** The daemon's answers as text for people. */
final class TaskTables {

  private TaskTables() {}

  /** One line for each task. */
  static String tasks(List<Task> tasks, Instant now) {
    Table table = new Table("NAME", "EXECUTOR", "STATE", "PID", "MEMORY", "USED", "EXIT", "AGE");
    for (Task task : tasks) {
      Memory memory = task.getMemory();
      table.row(
          task.getName(),
          task.getExecutor(),
          task.getState(),
          task.hasPid() ? String.valueOf(task.getPid()) : "",
          askedAndTax(memory),
          memory.hasUsageBytes() ? Quantities.bytes(memory.getUsageBytes()) : "",
          exit(task),
          Quantities.age(Duration.between(instant(task.getCreatedAt()), now)));
    }
    return table.toString();
  }

  /** What most want to know of one task; the specs are for {@code -o json}. */
  static String detail(InspectResponse detail, Instant now) {
    Task task = detail.getTask();
    Memory memory = task.getMemory();
    List<String> lines = new ArrayList<>();
    line(lines, "Name", task.getName());
    line(lines, "Display name", task.getDisplayName());
    line(lines, "State", task.getState() + " (desired: " + task.getDesired() + ")");
    if (task.hasFailure()) {
      line(
          lines,
          "Failure",
          task.getFailure().getStep() + ": " + ApiProblems.value(task.getFailure().getProblem()));
    }
    if (task.hasPid()) {
      line(lines, "Anchor PID", task.getPid() + " (start time " + task.getPidStartTime() + ")");
    }
    line(lines, "Exit", exit(task));
    line(lines, "Created", moment(task.getCreatedAt(), now));
    line(lines, "Started", task.hasStartedAt() ? moment(task.getStartedAt(), now) : "");
    line(lines, "Exited", task.hasExitedAt() ? moment(task.getExitedAt(), now) : "");
    line(
        lines,
        "Executor",
        String.join(
            " ",
            task.getExecutor(),
            detail.getExecutorVersion(),
            detail.getTrust().isEmpty() ? "" : "(" + detail.getTrust() + ")"));
    line(lines, "Executor digest", detail.getExecutorDigest());
    line(lines, "Image digest", detail.getImageDigest());
    line(
        lines,
        "Memory",
        askedAndTax(memory)
            + ", limit "
            + Quantities.bytes(memory.getLimitBytes())
            + (memory.hasUsageBytes() ? ", used " + Quantities.bytes(memory.getUsageBytes()) : ""));
    for (TaxPart part : detail.getTaxList()) {
      line(
          lines,
          "Tax " + part.getName(),
          Quantities.bytes(part.getBytes()) + " of " + part.getPool() + ": " + part.getWhy());
    }
    line(lines, "Cgroup", detail.getCgroup());
    new TreeMap<>(detail.getLimitsMap())
        .forEach((file, value) -> line(lines, "Limit " + file, value));
    line(lines, "Standard output", detail.getStdoutPath());
    line(lines, "Standard error", detail.getStderrPath());
    return String.join("\n", lines);
  }

  static String node(NodeResponse node) {
    List<String> lines = new ArrayList<>();
    line(lines, "Taskmanager", node.getVersion());
    line(lines, "Architecture", node.getArchitecture());
    line(lines, "Kernel", node.getKernel());
    line(lines, "Cgroups", "v" + node.getCgroupVersion());
    line(lines, "CPUs", String.valueOf(node.getCpus()));
    line(lines, "Memory", Quantities.bytes(node.getMemoryBytes()));
    new TreeMap<>(node.getAcceleratorsMap())
        .forEach((name, status) -> line(lines, "Accelerator " + name, status));
    line(lines, "containerd", node.getContainerdVersion() + " at " + node.getContainerdSocket());
    line(lines, "Snapshotter", node.getSnapshotter());
    line(lines, "Plugins directory", node.getPluginsDirectory());
    line(lines, "State directory", node.getStateDirectory());
    return String.join("\n", lines);
  }

  /** One line that says where a task stands after a command. */
  static String standing(Task task) {
    String pid = task.hasPid() ? ", pid " + task.getPid() : "";
    String exit = exit(task);
    return task.getName() + ": " + task.getState() + pid + (exit.isEmpty() ? "" : ", " + exit);
  }

  /** How the last anchor ended, or why there is none; empty while one runs. */
  private static String exit(Task task) {
    if (task.hasFailure()) {
      return task.getFailure().getProblem().getCode();
    }
    if (!task.hasExitedAt() || task.hasPid()) {
      return "";
    }
    if (!task.hasExitCode()) {
      return "unknown";
    }
    String text =
        task.hasExitSignal()
            ? new Signal(task.getExitSignal()).toString()
            : "code " + task.getExitCode();
    return task.getOomKilled() ? text + " (out of memory)" : text;
  }

  private static String askedAndTax(Memory memory) {
    return Quantities.bytes(memory.getAskedBytes())
        + " + "
        + Quantities.bytes(memory.getTaxBytes());
  }

  private static void line(List<String> lines, String title, String value) {
    if (!value.isBlank()) {
      lines.add(String.format("%-29s %s", title + ":", value.replace('\n', ' ').strip()));
    }
  }

  private static String moment(Timestamp time, Instant now) {
    Instant instant = instant(time);
    return instant + " (" + Quantities.age(Duration.between(instant, now)) + " ago)";
  }

  private static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }
}
