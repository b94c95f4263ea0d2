package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The processes of a session, as setsid(2) makes one; runc does so for each process that it adds to
 * a container. Killing the first one alone would leave what it has started, such as the {@code
 * wget} of a shell script, in the task for ever.
 */
final class ProcessSession {

  /** Each pass finds what those before it have started; a fork bomb is the cgroup's matter. */
  private static final int PASSES = 5;

  private static final Path PROC = Path.of("/proc");

  private ProcessSession() {}

  /**
   * Kills the members of a session but for its leader, who must live, so that its PID stands for
   * this session.
   */
  static void killMembers(int leader) {
    boolean found = true;
    for (int i = 0; i < PASSES && found; i++) {
      found = killOnce(leader);
    }
  }

  private static boolean killOnce(int leader) {
    boolean found = false;
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        long pid = Long.parseLong(process.getFileName().toString());
        if (pid != leader && isMember(process, leader)) {
          found = true;
          // A handle has the start time of its process, so it kills no later one of its PID.
          ProcessHandle.of(pid)
              .filter(handle -> isMember(process, leader))
              .ifPresent(ProcessHandle::destroyForcibly);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot list /proc", e);
    }
    return found;
  }

  private static boolean isMember(Path process, int leader) {
    try {
      String stat = Files.readString(process.resolve("stat"));
      // After the name, which is in parentheses and may hold both: state, parent, group, session.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5);
      return !fields[0].equals("Z") && Integer.parseInt(fields[3]) == leader;
    } catch (IOException e) {
      return false;
    }
  }
}
