package org.lfedge.eve.tasks.core.host;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;

/**
 * Runs helpers under {@code flock(1)}. Java's own file locks are of another kind, which a helper
 * that outlived its daemon would not hold.
 *
 * <p>Lock files are a fixed set that tasks share by hash: a lock file of its own could not be
 * removed with its task without a race, and would stay behind.
 */
public final class LockedHelperCommand implements HelperCommand {

  private static final int LOCKS = 64;
  private static final int MAX_OUTPUT = 64 * 1024;

  private final Path lockDirectory;
  private final Duration deadline;

  /**
   * Prepares the locks.
   *
   * @param lockDirectory made when needed
   * @param deadline for waiting for the lock and running, together
   */
  public LockedHelperCommand(Path lockDirectory, Duration deadline) {
    this.lockDirectory = lockDirectory;
    this.deadline = deadline;
  }

  @Override
  public String run(String task, String purpose, List<String> command) {
    Path output = null;
    try {
      Files.createDirectories(lockDirectory);
      Path lock = lockDirectory.resolve(Integer.toString(Math.floorMod(task.hashCode(), LOCKS)));
      List<String> locked = new ArrayList<>(List.of("flock", "--no-fork", lock.toString()));
      locked.addAll(command);
      // A file, not a pipe: whatever the program leaves behind cannot keep the daemon waiting.
      output = Files.createTempFile(lockDirectory, "output", "");
      Process process =
          new ProcessBuilder(locked)
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw failed(purpose, command, "it took more than " + deadline.toSeconds() + " s", null);
      }
      String text = read(output);
      if (process.exitValue() != 0) {
        throw failed(purpose, command, "exit code " + process.exitValue() + ": " + text, null);
      }
      return text;
    } catch (IOException e) {
      throw failed(purpose, command, String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(purpose, command, "interrupted", e);
    } finally {
      delete(output);
    }
  }

  private static String read(Path output) throws IOException {
    try (InputStream in = Files.newInputStream(output)) {
      return new String(in.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8).strip();
    }
  }

  private static void delete(@Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("HELPER_FAILED", "cannot remove " + file + ": " + e.getMessage()), e);
    }
  }

  private static TaskException failed(
      String purpose, List<String> command, String why, @Nullable Throwable cause) {
    Problem problem =
        Problem.host(
            "HELPER_FAILED",
            "cannot "
                + purpose
                + ": "
                + command.get(0)
                + " (under flock) failed: "
                + why
                + "; the programs flock, unshare, mount (Debian: util-linux, mount) and ip"
                + " (iproute2) must be installed");
    return cause == null ? TaskException.failed(problem) : TaskException.failed(problem, cause);
  }
}
