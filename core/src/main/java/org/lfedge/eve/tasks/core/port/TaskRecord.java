package org.lfedge.eve.tasks.core.port;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * All that is kept of a task on disk: written before each effect, so that a crash at any point can
 * be mended from it.
 *
 * @param uuid stays the same for as long as the task exists
 * @param document what the user asked for
 * @param desired what is wanted of it
 * @param state as of the last effect
 * @param blueprint what was made of the document; empty until that is done
 * @param anchor the process, while the state has one
 * @param exit how the last anchor ended
 * @param failure why the state is FAILED
 * @param createdAt when the document was accepted
 * @param startedAt when the last anchor was started
 */
public record TaskRecord(
    UUID uuid,
    TaskDocument document,
    Desired desired,
    TaskState state,
    Optional<Blueprint> blueprint,
    Optional<Anchor> anchor,
    Optional<ExitStatus> exit,
    Optional<Failure> failure,
    Instant createdAt,
    Optional<Instant> startedAt) {

  /** The name, which is also the id of the container. */
  public String name() {
    return document.name();
  }

  /**
   * What was made of a document: every later start uses it, so an executor may be replaced or
   * removed while its tasks live.
   *
   * @param executor its name
   * @param executorVersion of the plugin that held it
   * @param executorDigest of that plugin's file
   * @param origin on which its trust was keyed
   * @param imageDigest of the root's manifest, if it is an image
   * @param root what the runtime mounts
   * @param seed what the executor answered
   * @param specJson the OCI runtime spec
   */
  public record Blueprint(
      String executor,
      String executorVersion,
      String executorDigest,
      Origin origin,
      Optional<String> imageDigest,
      RootFilesystem root,
      Seed seed,
      String specJson) {}

  /**
   * A step of ours that failed.
   *
   * @param step such as {@code create anchor}
   */
  public record Failure(Problem problem, String step, Instant at) {}
}
