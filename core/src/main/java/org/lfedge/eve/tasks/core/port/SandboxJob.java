package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * What is to run in a sandbox.
 *
 * @param purpose completes the sentence "cannot ..."
 * @param args the program, a path of the node below {@code /usr}, and its arguments
 * @param binds files and directories of the node that it sees besides
 * @param uid as whom it runs
 * @param gid likewise
 * @param capabilities that it has, such as {@code CAP_CHOWN}; none as a rule
 * @param memoryBytes the limit of its cgroup
 * @param deadline after which it is killed
 */
public record SandboxJob(
    String purpose,
    List<String> args,
    List<Bind> binds,
    int uid,
    int gid,
    SortedSet<String> capabilities,
    long memoryBytes,
    Duration deadline) {

  /** Keeps copies. */
  public SandboxJob {
    args = List.copyOf(args);
    binds = List.copyOf(binds);
    capabilities = SortedCopies.setOf(capabilities);
  }

  /**
   * A file or directory that the program sees; its symbolic links lead nowhere outside.
   *
   * @param source on the node
   * @param target in the sandbox: a name in its root, such as {@code /input}
   * @param writable whether the program may change it
   */
  public record Bind(Path source, String target, boolean writable) {}
}
