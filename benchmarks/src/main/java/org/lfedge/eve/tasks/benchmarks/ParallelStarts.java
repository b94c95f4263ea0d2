package org.lfedge.eve.tasks.benchmarks;

import java.util.List;
import java.util.Locale;

/** How many tasks a second several clients start, against as many of containerd's own. */
final class ParallelStarts {

  private static final int ROUNDS = 2;
  private static final int STARTS = 50;

  /** Of what containerd's own client reaches. */
  private static final double GOAL = 0.9;

  private ParallelStarts() {}

  /**
   * Measures, in turns, and removes the tasks. The images are there.
   *
   * @return rows of a Markdown table
   */
  static List<String> measure(Daemon daemon, NodeBenchmark.Setting setting) throws Exception {
    SleepTasks tasks = SleepTasks.of(daemon.api(), setting.image());
    Ctr ctr = new Ctr(setting.containerdSocket(), setting.ctrNamespace());
    String image = ctr.importImage(setting.image());
    List<String> names = SleepTasks.names("bench-parallel", STARTS);
    long ctrNanos = 0;
    long apiNanos = 0;
    for (int round = 0; round < ROUNDS; round++) {
      ctrNanos += Clients.each(names, name -> ctr.start(image, name));
      Clients.each(names, ctr::remove);
      apiNanos += Clients.each(names, tasks::start);
      Clients.each(names, tasks::remove);
    }
    double ctrRate = ROUNDS * STARTS * 1e9 / ctrNanos;
    double apiRate = ROUNDS * STARTS * 1e9 / apiNanos;
    double ratio = apiRate / ctrRate;
    return List.of(
        row("`ctr run -d`", ctrRate, 1, "| "),
        row("`Create` and `Start`", apiRate, ratio, Goal.atLeast(GOAL, ratio).cells()));
  }

  private static String row(String what, double rate, double ratio, String goal) {
    return String.format(
        Locale.ROOT, "| %s | %.1f | %.2f | %d | %s |", what, rate, ratio, ROUNDS * STARTS, goal);
  }
}
