package org.lfedge.eve.tasks.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The command line of an anchor out of tools, run by a shell that enters the root file system of
 * the tools and becomes it: no containerd, no cgroup, no network of its own.
 */
final class BareAnchor {

  private static final long DEADLINE_SECONDS = 60;

  /** Files that the command line names are mounted where the task has them. */
  private static final String ENTER =
      """
      set -e
      root=$1 files=$2
      shift 2
      mount --make-rprivate /
      mount -t proc proc "$root/proc"
      mount --rbind /dev "$root/dev"
      mount -t tmpfs tmpfs "$root/run"
      mkdir "$root/run/task"
      while [ "$files" != 0 ]; do
        mkdir -p "$(dirname "$root$2")"
        touch "$root$2"
        mount --bind "$1" "$root$2"
        shift 2
        files=$((files - 1))
      done
      echo
      exec chroot "$root" "$@"
      """;

  private final List<String> command;

  private BareAnchor(List<String> command) {
    this.command = List.copyOf(command);
  }

  /**
   * The anchor of a task.
   *
   * @param spec of it, as JSON
   * @param root the unpacked root file system of its tools
   * @param files below which the files are mounted that its command line names
   */
  static BareAnchor of(String spec, Path root, String files) throws IOException {
    JsonNode json = new ObjectMapper().readTree(spec);
    List<String> mounted = new ArrayList<>();
    for (JsonNode mount : json.path("mounts")) {
      if (mount.path("destination").asText().startsWith(files)) {
        mounted.add(mount.path("source").asText());
        mounted.add(mount.path("destination").asText());
      }
    }
    // In a session of its own, as a task is: the kernel shares out CPU by session.
    List<String> command =
        new ArrayList<>(List.of("setsid", "unshare", "--mount", "sh", "-c", ENTER, "sh"));
    command.add(root.toString());
    command.add(Integer.toString(mounted.size() / 2));
    command.addAll(mounted);
    json.path("process").path("args").forEach(arg -> command.add(arg.asText()));
    return new BareAnchor(command);
  }

  /** Runs it until it says something, then ends it. */
  long nanosToFirstLine() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var output = process.getInputStream()) {
      if (output.read() != '\n') {
        throw new EOFException("the root file system of the tools cannot be entered");
      }
      long start = System.nanoTime();
      if (output.read() < 0) {
        throw new EOFException("it ended before it said anything");
      }
      return System.nanoTime() - start;
    } finally {
      end(process);
    }
  }

  private static void end(Process process) throws IOException, InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("the anchor, PID " + process.pid() + ", does not end");
    }
  }
}
