package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.api.ApiProblems;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.Hypervisor;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.Memory;
import org.lfedge.eve.tasks.core.api.v1.NodeResponse;
import org.lfedge.eve.tasks.core.api.v1.StopProgress;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaxPart;
import org.lfedge.eve.tasks.core.config.Durations;
import org.lfedge.eve.tasks.core.lifecycle.Signal;

/** The daemon's answers as text for people. */
final class TaskTables {

  private TaskTables() {}

  /** One line for each task. */
  static String tasks(List<Task> tasks, Instant now) {
    Table table =
        new Table("NAME", "EXECUTOR", "STATE", "PID", "MEMORY", "USED", "RESTARTS", "EXIT", "AGE");
    for (Task task : tasks) {
      Memory memory = task.getMemory();
      table.row(
          task.getName(),
          task.getExecutor(),
          state(task),
          task.hasPid() ? String.valueOf(task.getPid()) : "",
          askedAndTax(memory),
          memory.hasUsageBytes() ? Quantities.bytes(memory.getUsageBytes()) : "",
          task.getRestarts() == 0 ? "" : String.valueOf(task.getRestarts()),
          exit(task),
          Quantities.age(Duration.between(instant(task.getCreatedAt()), now)));
    }
    return table.toString();
  }

  /** The state, and what else decides whether the task does its work. */
  private static String state(Task task) {
    if (task.hasHealth()) {
      return task.getState() + " " + task.getHealth().getStatus();
    }
    if (task.getWaitingForCount() > 0) {
      return task.getState() + " waiting";
    }
    return task.hasNextStart() ? task.getState() + " restarting" : task.getState();
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
    line(lines, "Exit meaning", task.hasPid() ? "" : task.getExitMeaning());
    if (task.hasStop()) {
      StopProgress stop = task.getStop();
      line(
          lines,
          "Stop",
          "step "
              + stop.getStep()
              + " of "
              + stop.getSteps()
              + ", "
              + stop.getAction()
              + ", next at "
              + instant(stop.getUntil()));
    }
    line(lines, "Restarts", restarts(task, now));
    line(lines, "Health", health(task));
    line(
        lines,
        "Waits for",
        task.getWaitingForList().stream()
            .map(dependency -> dependency.getTask() + " to be " + dependency.getOn())
            .collect(Collectors.joining(", ")));
    line(
        lines,
        "Stop takes at most",
        Durations.format(Duration.ofMillis(task.getStopBoundMillis())));
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
            + (memory.getHypervisorBytes() == 0
                ? ""
                : ", of the hypervisor " + Quantities.bytes(memory.getHypervisorBytes()))
            + (memory.hasUsageBytes() ? ", used " + Quantities.bytes(memory.getUsageBytes()) : ""));
    for (TaxPart part : detail.getTaxList()) {
      line(
          lines,
          "Tax " + part.getName(),
          Quantities.bytes(part.getBytes()) + " of " + part.getPool() + ": " + part.getWhy());
    }
    line(
        lines,
        "Tax seen",
        memory.hasTaxObservedBytes()
            ? Quantities.bytes(memory.getTaxObservedBytes()) + " at most, page cache left out"
            : "");
    line(lines, "Tax advice", memory.getTaxAdvice());
    task.getInterfacesList()
        .forEach(one -> line(lines, "Interface " + one.getName(), NetworksCommand.text(one)));
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
    if (node.hasHypervisor()) {
      line(lines, "Hypervisor", hypervisor(node.getHypervisor()));
      line(lines, "Hypervisor memory", hypervisorMemory(node.getHypervisor()));
    }
    line(lines, "Emulators", emulators(node.getBinaryFormats()));
    line(lines, "containerd", node.getContainerdVersion() + " at " + node.getContainerdSocket());
    line(lines, "Snapshotter", node.getSnapshotter());
    node.getNetworksList()
        .forEach(network -> line(lines, "Network " + network.getName(), network.getType()));
    line(lines, "Plugins directory", node.getPluginsDirectory());
    line(lines, "State directory", node.getStateDirectory());
    if (node.hasController()) {
      ControllerText.lines(node.getController())
          .forEach((title, value) -> line(lines, title, value));
    }
    return String.join("\n", lines);
  }

  private static String hypervisor(Hypervisor hypervisor) {
    String capabilities = String.join(", ", hypervisor.getCapabilitiesList());
    return hypervisor.getName()
        + " "
        + hypervisor.getVersion()
        + (capabilities.isEmpty() ? "" : " (" + capabilities + ")");
  }

  private static String hypervisorMemory(Hypervisor hypervisor) {
    return hypervisor.hasMemoryBytes()
        ? Quantities.bytes(hypervisor.getMemoryBytes())
            + ", "
            + Quantities.bytes(hypervisor.getFreeBytes())
            + " free"
        : hypervisor.getProblem();
  }

  private static String emulators(String scope) {
    return switch (scope) {
      case "task" -> "for a task alone";
      case "node" -> "for all of the node, while a task has them";
      default -> scope;
    };
  }

  /** One line that says where a task stands after a command. */
  static String standing(Task task) {
    String pid = task.hasPid() ? ", pid " + task.getPid() : "";
    String exit = exit(task);
    String waits =
        task.getWaitingForList().stream()
            .map(
                dependency ->
                    ", waits for " + dependency.getTask() + " to be " + dependency.getOn())
            .collect(Collectors.joining());
    return task.getName()
        + ": "
        + task.getState()
        + pid
        + (exit.isEmpty() ? "" : ", " + exit)
        + waits;
  }

  /** One line for each event. */
  static String event(Event event) {
    StringBuilder line = new StringBuilder();
    line.append(instant(event.getTime()).truncatedTo(ChronoUnit.MILLIS));
    line.append("  ").append(String.format("%-20s %-13s", event.getTask(), event.getType()));
    if (event.hasOomKilled()) {
      line.append(
          event.hasExitSignal()
              ? " " + new Signal(event.getExitSignal())
              : event.hasExitCode() ? " code " + event.getExitCode() : " status lost");
      line.append(event.getOomKilled() ? ", out of memory" : "");
      line.append(event.getExitOutcome().isEmpty() ? "" : ", " + event.getExitOutcome());
      line.append(event.getExitMeaning().isEmpty() ? "" : ": " + event.getExitMeaning());
    }
    if (event.hasFailure()) {
      line.append(" ").append(event.getFailure().getStep()).append(": ");
      line.append(ApiProblems.value(event.getFailure().getProblem()));
    }
    line.append(event.getReason().isEmpty() ? "" : " " + event.getReason());
    line.append(event.hasNextStart() ? ", next start " + instant(event.getNextStart()) : "");
    line.append(event.hasPid() ? " (pid " + event.getPid() + ")" : "");
    return line.toString().stripTrailing();
  }

  private static String restarts(Task task, Instant now) {
    if (task.getRestarts() == 0 && !task.hasNextStart()) {
      return "";
    }
    String reason = task.getRestartReason().isEmpty() ? "" : " (" + task.getRestartReason() + ")";
    String next =
        task.hasNextStart()
            ? ", next in " + Quantities.age(Duration.between(now, instant(task.getNextStart())))
            : "";
    return task.getRestarts() + reason + next;
  }

  private static String health(Task task) {
    if (!task.hasHealth()) {
      return "";
    }
    String reason = task.getHealth().getReason();
    return task.getHealth().getStatus()
        + (task.getHealth().getFailures() > 0
            ? ", " + task.getHealth().getFailures() + " failures in a row"
            : "")
        + (reason.isEmpty() ? "" : ": " + reason);
  }

  /** How the last anchor ended, or why there is none; empty while one runs. */
  private static String exit(Task task) {
    if (task.hasFailure()) {
      return task.getFailure().getProblem().getCode();
    }
    if (!task.hasExitedAt() || task.hasPid()) {
      return "";
    }
    return switch (task.getExitOutcome()) {
      case "crash" -> "crashed";
      case "reboot" -> "rebooted";
      case "out-of-memory" -> "out of memory";
      case "success" -> unlike(task, true) ? "success (" + code(task) + ")" : code(task);
      case "failure" -> unlike(task, false) ? "failure (" + code(task) + ")" : code(task);
      default -> task.getOomKilled() ? code(task) + " (out of memory)" : code(task);
    };
  }

  /** Whether the code alone would say something else. */
  private static boolean unlike(Task task, boolean success) {
    return !task.hasExitCode() || (task.getExitCode() == 0) != success;
  }

  private static String code(Task task) {
    if (!task.hasExitCode()) {
      return "unknown";
    }
    return task.hasExitSignal()
        ? new Signal(task.getExitSignal()).toString()
        : "code " + task.getExitCode();
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
