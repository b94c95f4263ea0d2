package org.lfedge.eve.tasks.core.volume;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.SandboxJob;
import org.lfedge.eve.tasks.core.port.SandboxJob.Bind;
import org.lfedge.eve.tasks.core.port.SandboxResult;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * Copies a directory into a new volume, in a sandbox: a task that may write there can put a
 * symbolic link in the place of a directory while it is copied, which then leads nowhere.
 */
final class ContentCopy {

  /** With owners, modes, devices and the capabilities of files, as an archive has them. */
  private static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_MKNOD", "CAP_SETFCAP");

  private static final String SCRIPT = "cp -a /content/. /volume/ && chown \"$1\" /volume";
  private static final String SCRIPT_AS_IT_IS = "cp -a /content/. /volume/";
  private static final long MEMORY_BYTES = 256L << 20;
  private static final Duration DEADLINE = Duration.ofMinutes(10);

  private final Sandbox sandbox;

  ContentCopy(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  /**
   * Copies all that is in a directory.
   *
   * @param owner whom the uppermost directory belongs to; as it is in the source if empty
   */
  void copy(Path from, Path to, String what, Optional<VolumeConfig.Owner> owner) {
    SandboxResult result =
        sandbox.run(
            SandboxJob.ofNode(
                "fill " + what,
                owner
                    .map(ids -> List.of("/bin/sh", "-c", SCRIPT, "sh", ids.uid() + ":" + ids.gid()))
                    .orElse(List.of("/bin/sh", "-c", SCRIPT_AS_IT_IS)),
                List.of(new Bind(from, "/content", false), new Bind(to, "/volume", true)),
                new SandboxJob.Identity(0, 0, SortedCopies.setOf(CAPABILITIES)),
                SandboxJob.Bounds.of(MEMORY_BYTES, DEADLINE)));
    if (result.success()) {
      return;
    }
    if (result.errors().contains("No space left on device")) {
      throw TaskException.failed(
          Problem.user(
              "VOLUME_TOO_SMALL",
              what + " is too small for what it is to be filled with; give it more bytes"));
    }
    throw TaskException.failed(
        Problem.host("VOLUME_NOT_FILLED", "cannot fill " + what + ": " + result.reason()));
  }
}
