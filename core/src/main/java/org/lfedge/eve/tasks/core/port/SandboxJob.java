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
 * @param root what it sees as its root file system, for reading alone
 * @param args the program, a path in that root, and its arguments
 * @param env its variables, {@code NAME=value}; without a {@code PATH} it gets the usual one
 * @param binds files and directories of the node that it sees besides
 * @param identity as whom it runs
 * @param bounds what it may take
 */
public record SandboxJob(
    String purpose,
    Root root,
    List<String> args,
    List<String> env,
    List<Bind> binds,
    Identity identity,
    Bounds bounds) {

  /** Keeps copies. */
  public SandboxJob {
    args = List.copyOf(args);
    env = List.copyOf(env);
    binds = List.copyOf(binds);
  }

  /** A program of the node, without variables of its own. */
  public static SandboxJob ofNode(
      String purpose, List<String> args, List<Bind> binds, Identity identity, Bounds bounds) {
    return new SandboxJob(
        purpose, new Root.NodePrograms(), args, List.of(), binds, identity, bounds);
  }

  /** Where the program comes from. */
  public sealed interface Root {

    /** The directories of programs of the node, such as {@code /usr}. */
    record NodePrograms() implements Root {}

    /**
     * The unpacked layers of an image.
     *
     * @param chainId the chain ID of the uppermost
     */
    record Image(String chainId) implements Root {}
  }

  /**
   * A file or directory that the program sees; its symbolic links lead nowhere outside.
   *
   * @param source on the node
   * @param target in the sandbox, such as {@code /input}
   * @param writable whether the program may change it
   */
  public record Bind(Path source, String target, boolean writable) {}

  /**
   * A user.
   *
   * @param capabilities that it has, such as {@code CAP_CHOWN}; none as a rule
   */
  public record Identity(int uid, int gid, SortedSet<String> capabilities) {

    /** Whom no file belongs to. */
    public static final Identity NOBODY = of(65534, 65534);

    /** Keeps a copy. */
    public Identity {
      capabilities = SortedCopies.setOf(capabilities);
    }

    /** A user without capabilities. */
    public static Identity of(int uid, int gid) {
      return new Identity(uid, gid, SortedCopies.setOf(List.<String>of()));
    }
  }

  /**
   * What a sandbox may take.
   *
   * @param memoryBytes the limit of its cgroup
   * @param outputBytes how much of its output is read; if it writes far more it is killed
   * @param deadline after which it is killed
   */
  public record Bounds(long memoryBytes, int outputBytes, Duration deadline) {

    private static final int USUAL_OUTPUT_BYTES = 64 * 1024;

    /** With 64 KiB of output, as much as messages need. */
    public static Bounds of(long memoryBytes, Duration deadline) {
      return new Bounds(memoryBytes, USUAL_OUTPUT_BYTES, deadline);
    }
  }
}
