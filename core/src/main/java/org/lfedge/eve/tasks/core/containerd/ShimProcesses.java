package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The shims that containerd has started in one of its namespaces, found in /proc, as containerd
 * itself forgets one if the call that deletes its task is cut off between the two steps of that:
 * the second, which ends the shim, is made with the caller's context.
 */
final class ShimProcesses {

  private static final String PROGRAM = "containerd-shim-runc-v2";

  /** For a shim to leave on SIGTERM; it closes its socket then. */
  private static final long ENDS_SECONDS = 5;

  private final Path socket;
  private final String namespace;

  ShimProcesses(Path socket, String namespace) {
    this.socket = socket;
    this.namespace = namespace;
  }

  /** Those that run, by the id of the container they were started for. */
  SortedMap<String, ProcessHandle> running() {
    SortedMap<String, ProcessHandle> shims = new TreeMap<>();
    ProcessHandle.allProcesses()
        .forEach(
            process -> {
              List<String> words = commandLine(process.pid());
              if (words.get(0).endsWith(PROGRAM)
                  && option(words, "-namespace").equals(namespace)
                  && option(words, "-address").equals(socket.toString())) {
                shims.put(option(words, "-id"), process);
              }
            });
    return shims;
  }

  /** Ends a shim that has no task. */
  static void end(ProcessHandle shim) {
    shim.destroy();
    try {
      shim.onExit().get(ENDS_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      shim.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String option(List<String> words, String name) {
    int at = words.indexOf(name);
    return at < 0 || at + 1 >= words.size() ? "" : words.get(at + 1);
  }

  private static List<String> commandLine(long pid) {
    try {
      return List.of(
          Files.readString(Path.of("/proc", Long.toString(pid), "cmdline")).split("\0", -1));
    } catch (IOException e) {
      // It has ended meanwhile.
      return List.of("");
    }
  }
}
