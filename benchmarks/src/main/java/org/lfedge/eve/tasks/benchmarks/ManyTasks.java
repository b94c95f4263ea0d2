package org.lfedge.eve.tasks.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.ListResponse;

/** What a node with many running tasks costs: their list, the daemon's memory and its start. */
final class ManyTasks {

  private static final int WARM_UP_LISTS = 10;
  private static final int LISTS = 30;
  private static final int CLIENT_LISTS = 10;
  private static final int RESTARTS = 5;

  private static final double LIST_GOAL_MILLIS = 30;
  private static final double START_GOAL_MILLIS = 2000;

  private final NodeBenchmark.Setting setting;
  private final int count;
  private final List<String> times = new ArrayList<>();
  private final List<String> memory = new ArrayList<>();

  private ManyTasks(NodeBenchmark.Setting setting, int count) {
    this.setting = setting;
    this.count = count;
  }

  /** Starts so many tasks, measures, and removes them. */
  static ManyTasks measure(NodeBenchmark.Setting setting, int count) throws Exception {
    ManyTasks many = new ManyTasks(setting, count);
    many.measure();
    return many;
  }

  /** How long it takes to list them and to take them up: rows of a Markdown table. */
  List<String> times() {
    return times;
  }

  /** What the daemon takes: rows of a Markdown table. */
  List<String> memory() {
    return memory;
  }

  private void measure() throws Exception {
    List<String> names = SleepTasks.names("bench-many", count);
    try (Daemon daemon = setting.start()) {
      SleepTasks tasks = SleepTasks.of(daemon.api(), setting.image());
      Clients.each(names, tasks::start);
      memory.add(Memory.row(count + " tasks, the last started", daemon, Memory.MANY_GOAL_MIB));
      list(daemon);
    }
    restart();
    try (Daemon daemon = setting.start()) {
      memory.add(
          Memory.row(count + " tasks, taken up by a daemon started", daemon, Memory.MANY_GOAL_MIB));
      SleepTasks tasks = SleepTasks.of(daemon.api(), setting.image());
      Clients.each(names, tasks::remove);
    }
  }

  private void list(Daemon daemon) throws Exception {
    for (int i = 0; i < WARM_UP_LISTS; i++) {
      requireAll(daemon);
    }
    Samples api = new Samples();
    for (int i = 0; i < LISTS; i++) {
      api.time(() -> requireAll(daemon));
    }
    Ctr ctr = new Ctr(setting.containerdSocket(), Ctr.DAEMON_NAMESPACE);
    String taskctl = setting.program("taskctl").toString();
    Samples ctrTimes = new Samples();
    Samples taskctlTimes = new Samples();
    for (int i = 0; i < CLIENT_LISTS; i++) {
      ctrTimes.time(() -> ctr.run("task", "list"));
      taskctlTimes.time(
          () -> Programs.run(taskctl, "--socket", setting.socket().toString(), "list"));
    }
    times.add(row("`ctr task list`", ctrTimes, "| "));
    times.add(
        row(
            "`List` through the API",
            api,
            Goal.atMost(LIST_GOAL_MILLIS, api.percentile(0.5), "").cells()));
    times.add(row("`taskctl list`", taskctlTimes, "| "));
  }

  private void requireAll(Daemon daemon) throws IOException {
    ListResponse answer = daemon.api().list(ListRequest.getDefaultInstance());
    long running =
        answer.getTasksList().stream().filter(task -> task.getState().equals("RUNNING")).count();
    if (running != count) {
      throw new IOException(running + " of " + count + " tasks run");
    }
  }

  private void restart() throws Exception {
    Samples samples = new Samples();
    for (int i = 0; i < RESTARTS; i++) {
      long start = System.nanoTime();
      try (Daemon daemon = setting.start()) {
        samples.add(System.nanoTime() - start);
        requireAll(daemon);
      }
    }
    times.add(
        row(
            "start of the daemon, until it lists them",
            samples,
            Goal.atMost(START_GOAL_MILLIS, samples.percentile(0.5), "").cells()));
  }

  private static String row(String what, Samples samples, String goal) {
    return String.format(
        Locale.ROOT, "| %s | %s | %d | %s |", what, samples.cells(), samples.count(), goal);
  }
}
