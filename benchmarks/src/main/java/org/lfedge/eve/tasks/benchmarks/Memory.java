package org.lfedge.eve.tasks.benchmarks;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** How much memory a daemon takes once it has nothing to do. */
final class Memory {

  static final double IDLE_GOAL_MIB = 96;
  static final double MANY_GOAL_MIB = 140;

  private static final long IDLE_SECONDS = 10;

  private Memory() {}

  /**
   * Leaves a daemon in peace for a while, then looks at it.
   *
   * @param what has been done with it
   * @param goal MiB of resident memory
   * @return a row of a Markdown table
   */
  static String row(String what, Daemon daemon, double goal)
      throws IOException, InterruptedException {
    double resident = atRest(daemon);
    return row(what, daemon, resident, Goal.atMost(goal, resident, "").cells());
  }

  /** The same, where nothing is aimed at. */
  static String row(String what, Daemon daemon) throws IOException, InterruptedException {
    return row(what, daemon, atRest(daemon), "| ");
  }

  /** The most that it took until now, since that was forgotten. */
  static String peakRow(String what, Daemon daemon, double goal) throws IOException {
    double peak = daemon.peakMemory();
    return String.format(
        Locale.ROOT, "| %s | %.0f | | %s |", what, peak, Goal.atMost(goal, peak, "").cells());
  }

  private static double atRest(Daemon daemon) throws IOException, InterruptedException {
    Thread.sleep(TimeUnit.SECONDS.toMillis(IDLE_SECONDS));
    return daemon.memory("Rss");
  }

  private static String row(String what, Daemon daemon, double resident, String goal)
      throws IOException {
    return String.format(
        Locale.ROOT,
        "| %s %d s ago | %.0f | %.0f | %s |",
        what,
        IDLE_SECONDS,
        resident,
        daemon.memory("Pss"),
        goal);
  }
}
