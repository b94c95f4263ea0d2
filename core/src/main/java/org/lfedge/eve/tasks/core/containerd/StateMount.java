package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Makes a directory a mount of its own that recursive binds leave out. containerd mounts the roots
 * of tasks below its state directory; were they copied along when the node's root is bound for
 * another task, each such task would multiply the node's mounts.
 */
final class StateMount {

  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final int DEADLINE_SECONDS = 20;

  private StateMount() {}

  /** A line of the kernel's table: where, and how it propagates, such as {@code unbindable}. */
  record Mounted(Path target, List<String> propagation) {

    /** Reads a line as proc_pid_mountinfo(5) describes it. */
    static Mounted parse(String line) {
      String[] fields = line.split(" ", -1);
      int end = Arrays.asList(fields).indexOf("-");
      return new Mounted(Path.of(unescape(fields[4])), List.of(Arrays.copyOfRange(fields, 6, end)));
    }

    /** The kernel writes blanks and backslashes as three octal digits. */
    private static String unescape(String text) {
      return text.replace("\\040", " ")
          .replace("\\011", "\t")
          .replace("\\012", "\n")
          .replace("\\134", "\\");
    }
  }

  /** Makes the mount, or what is missing of it. */
  static void isolate(Path directory) {
    Path real = real(directory);
    Optional<Mounted> present =
        table().stream().filter(mount -> mount.target().equals(real)).reduce((a, b) -> b);
    if (present.isPresent() && present.get().propagation().contains("unbindable")) {
      return;
    }
    if (present.isEmpty()) {
      run("mount", "--bind", real.toString(), real.toString());
    }
    // Only a private mount can be made unbindable: a shared one is copied to its peers first.
    run("mount", "--make-private", real.toString());
    run("mount", "--make-unbindable", real.toString());
  }

  /** Unmounts all that is mounted at or below a directory. */
  static void release(Path directory) {
    Path real = real(directory);
    List<Path> targets =
        table().stream()
            .map(Mounted::target)
            .filter(target -> target.startsWith(real))
            .sorted(Comparator.comparingInt(Path::getNameCount).reversed())
            .toList();
    // Lazily, so that a dying process whose root it still is cannot hold it.
    targets.forEach(target -> run("umount", "--lazy", target.toString()));
  }

  private static Path real(Path directory) {
    try {
      return directory.toRealPath();
    } catch (IOException e) {
      throw failed("cannot find " + directory + ": " + e);
    }
  }

  private static List<Mounted> table() {
    try {
      return Files.readAllLines(MOUNTS).stream().map(Mounted::parse).toList();
    } catch (IOException e) {
      throw failed("cannot read " + MOUNTS + ": " + e);
    }
  }

  private static void run(String... command) {
    try {
      Process process =
          new ProcessBuilder(new ArrayList<>(List.of(command)))
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .start();
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw failed(String.join(" ", command) + " did not end in time");
      }
      if (process.exitValue() != 0) {
        byte[] output = process.getInputStream().readNBytes(4096);
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
            "STATE_NOT_MOUNTED",
            "cannot make or remove the mount of containerd's state directory: "
                + why
                + "; the daemon must be root, with the capability to mount"));
  }
}
