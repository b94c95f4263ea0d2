package org.lfedge.eve.tasks.dist.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The process of a task as taskctl names it. The start time, in clock ticks since boot, tells it
 * from later ones with the same PID.
 */
record Anchor(int pid, long startTime) {

  /** The anchor of a task that has one. */
  static Anchor of(JsonNode task) {
    if (!task.path("pid").isInt() || !task.path("pidStartTime").isIntegralNumber()) {
      throw new AssertionError("no PID with a start time in " + task);
    }
    return new Anchor(task.path("pid").intValue(), task.path("pidStartTime").longValue());
  }

  /** Whether the kernel has a process with this PID and start time, which has not ended. */
  boolean isAlive() {
    try {
      String stat = Files.readString(Path.of("/proc", Integer.toString(pid), "stat"));
      // From the third field on: the second is the program's name, and may hold anything.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Long.parseLong(fields[22 - 3]) == startTime && !fields[0].equals("Z");
    } catch (IOException e) {
      return false;
    }
  }

  /** The program's arguments, each ended by a blank. */
  String commandLine() {
    return Programs.read(Path.of("/proc", Integer.toString(pid), "cmdline")).replace('\0', ' ');
  }
}
