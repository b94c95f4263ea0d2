package org.lfedge.eve.tasks.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * containerd's own command line.
 *
 * @param namespace of containerd
 */
record Ctr(Path socket, String namespace) {

  /** The daemon's own namespace. */
  static final String DAEMON_NAMESPACE = "taskmanager";

  /** Runs it, and gives what it wrote. */
  String run(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("ctr", "--address", socket.toString(), "--namespace", namespace));
    command.addAll(List.of(arguments));
    return Programs.run(command.toArray(String[]::new));
  }

  /** Brings in an image and unpacks it; gives its name. */
  String importImage(Path archive) throws IOException, InterruptedException {
    run("images", "import", "--base-name", "bench", archive.toString());
    return run("images", "list", "--quiet").strip();
  }

  /** Starts a task that sleeps, within the limits of {@link SleepTasks}. */
  void start(String image, String name) throws IOException, InterruptedException {
    run(
        "run",
        "-d",
        "--memory-limit",
        Long.toString(SleepTasks.MEMORY_BYTES),
        "--cpus",
        SleepTasks.CPUS,
        image,
        name,
        "sleep",
        "3600");
  }

  /** Ends a task and removes its container and its snapshot. */
  void remove(String name) throws IOException, InterruptedException {
    run("task", "delete", "--force", name);
    run("container", "delete", name);
  }
}
