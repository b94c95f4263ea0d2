package org.lfedge.eve.tasks.core.host;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
  private static final String OUTPUT = "output";

  private final Path lockDirectory;
  private final Duration deadline;
  private final Runnable whileRunning;

  /**
   * Prepares the locks, of which there is one set on a node.
   *
   * @param lockDirectory made when needed
   * @param deadline for waiting for the lock and running, together
   */
  public LockedHelperCommand(Path lockDirectory, Duration deadline) {
    this(lockDirectory, deadline, () -> {});
  }

  /**
   * Prepares the locks, of which there is one set on a node.
   *
   * @param lockDirectory made when needed
   * @param deadline for waiting for the lock and running, together
   * @param whileRunning called for each program after it was started, before it is waited for
   */
  public LockedHelperCommand(Path lockDirectory, Duration deadline, Runnable whileRunning) {
    this.lockDirectory = lockDirectory;
    this.deadline = deadline;
    this.whileRunning = whileRunning;
    removeOutput();
  }

  /** Of a daemon that was killed between making such a file and taking its name away. */
  private void removeOutput() {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(lockDirectory, OUTPUT + "*")) {
      for (Path file : left) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      // Nothing was run here yet.
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("HELPER_FAILED", "cannot clean up " + lockDirectory + ": " + e), e);
    }
  }

  @Override
  public String run(String task, String purpose, List<String> command) {
    try {
      Files.createDirectories(lockDirectory);
      Path lock = lockDirectory.resolve(Integer.toString(Math.floorMod(task.hashCode(), LOCKS)));
      List<String> locked = new ArrayList<>(List.of("flock", "--no-fork", lock.toString()));
      locked.addAll(command);
      // A file, not a pipe: whatever the program leaves behind cannot keep the daemon waiting.
      Path output = Files.createTempFile(lockDirectory, OUTPUT, "");
      try (InputStream text = Files.newInputStream(output)) {
        return run(start(locked, output), purpose, command, text);
      }
    } catch (IOException e) {
      throw failed(purpose, command, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * The file loses its name at once: a daemon that is killed while the program runs leaves none.
   */
  private static Process start(List<String> command, Path output) throws IOException {
    try {
      return new ProcessBuilder(command)
          .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
          .redirectErrorStream(true)
          .redirectOutput(output.toFile())
          .start();
    } finally {
      Files.deleteIfExists(output);
    }
  }

  private String run(Process process, String purpose, List<String> command, InputStream output)
      throws IOException {
    try {
      whileRunning.run();
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw failed(purpose, command, "it took more than " + deadline.toSeconds() + " s", null);
      }
      String text = new String(output.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8).strip();
      if (process.exitValue() != 0) {
        throw failed(purpose, command, "exit code " + process.exitValue() + ": " + text, null);
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(purpose, command, "interrupted", e);
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
                + "; the programs flock, unshare, nsenter, mount (Debian: util-linux, mount), ip"
                + " (iproute2) and mkfs.ext4 (e2fsprogs) must be installed");
    return cause == null ? TaskException.failed(problem) : TaskException.failed(problem, cause);
  }
}
