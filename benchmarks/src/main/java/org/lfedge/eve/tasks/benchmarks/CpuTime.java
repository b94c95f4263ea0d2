package org.lfedge.eve.tasks.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** CPU time of processes, as the kernel counts it: in hundredths of a second. */
final class CpuTime {

  private static final long NANOS_PER_TICK = 10_000_000;

  /** Of the fields of {@code /proc/PID/stat} after the program's name. */
  private static final int OWN_USER = 11;

  private static final int OWN_SYSTEM = 12;
  private static final int CHILDREN_USER = 13;
  private static final int CHILDREN_SYSTEM = 14;

  private CpuTime() {}

  /** What a process took so far, and what its children did that have ended. */
  static long of(long pid) throws IOException {
    return sum(pid, OWN_USER, OWN_SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM);
  }

  /** What the programs took that this one started and that have ended. */
  static long ofEndedPrograms() throws IOException {
    return sum(ProcessHandle.current().pid(), CHILDREN_USER, CHILDREN_SYSTEM);
  }

  private static long sum(long pid, int... fields) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    // The name may hold spaces and parentheses.
    String[] values = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = 0;
    for (int field : fields) {
      ticks += Long.parseLong(values[field]);
    }
    return ticks * NANOS_PER_TICK;
  }
}
