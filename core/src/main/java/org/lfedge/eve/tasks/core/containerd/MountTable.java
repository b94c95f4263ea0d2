package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** The node's mounts, read from the kernel and changed by mount(8) and umount(8). */
final class MountTable {

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final int DEADLINE_SECONDS = 20;
  private static final int MAX_OUTPUT = 4096;

  private MountTable() {}

  /**
   * A mount.
   *
   * @param target where it is mounted
   * @param propagation such as {@code shared:7} or {@code unbindable}; empty for a private one
   */
  record Mount(Path target, List<String> propagation) {

    /** Reads a line as proc_pid_mountinfo(5) describes it. */
    static Mount parse(String line) {
      String[] fields = line.split(" ", -1);
      int end = Arrays.asList(fields).indexOf("-");
      return new Mount(Path.of(unescape(fields[4])), List.of(Arrays.copyOfRange(fields, 6, end)));
    }

    /** The kernel writes blanks and backslashes as three octal digits. */
    private static String unescape(String text) {
      return text.replace("\\040", " ")
          .replace("\\011", "\t")
          .replace("\\012", "\n")
          .replace("\\134", "\\");
    }
  }

  /** All mounts, a mount on top of another after it. */
  static List<Mount> read() {
    try {
      return Files.readAllLines(MOUNTINFO).stream().map(Mount::parse).toList();
    } catch (IOException e) {
      throw failed("cannot read " + MOUNTINFO + ": " + e);
    }
  }

  /** Runs mount(8) with some arguments. */
  static void mount(String... arguments) {
    run("mount", arguments);
  }

  /** Takes away a mount and all below it at once, even if a dying process still uses it. */
  static void detach(Path target) {
    run("umount", "--lazy", target.toString());
  }

  private static void run(String program, String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = program;
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .start();
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw failed(String.join(" ", command) + " did not end in time");
      }
      if (process.exitValue() != 0) {
        byte[] output = process.getInputStream().readNBytes(MAX_OUTPUT);
        throw failed(new String(output, StandardCharsets.UTF_8).strip());
      }
    } catch (IOException e) {
      throw failed(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(String.join(" ", command) + " was interrupted");
    }
  }

  private static TaskException failed(String why) {
    return TaskException.failed(
        Problem.host(
            "MOUNT_FAILED",
            "cannot change the mounts of containerd's state directory: "
                + why
                + "; the daemon must be root, with the capability to mount"));
  }
}
