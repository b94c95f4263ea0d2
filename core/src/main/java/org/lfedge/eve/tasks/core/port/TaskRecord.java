package org.lfedge.eve.tasks.core.port;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.Event;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Lifecycle;
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

  /** A task that was just asked for. */
  public static TaskRecord of(UUID uuid, TaskDocument document, Instant now) {
    return new TaskRecord(
        uuid,
        document,
        Desired.STOPPED,
        TaskState.PENDING,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        now,
        Optional.empty());
  }

  /** With another wish of the user. */
  public TaskRecord wanting(Desired value) {
    return new TaskRecord(
        uuid, document, value, state, blueprint, anchor, exit, failure, createdAt, startedAt);
  }

  /** With what was made of the document. */
  public TaskRecord planned(Blueprint value) {
    return new TaskRecord(
        uuid,
        document,
        desired,
        state,
        Optional.of(value),
        anchor,
        exit,
        failure,
        createdAt,
        startedAt);
  }

  /** After the anchor's process was made. */
  public TaskRecord anchored(Anchor value) {
    return after(Event.ANCHOR_CREATED, Optional.of(value), exit, Optional.empty(), startedAt);
  }

  /** After the anchor's program was let go. */
  public TaskRecord started(Instant now) {
    return after(Event.ANCHOR_STARTED, anchor, Optional.empty(), failure, Optional.of(now));
  }

  /** When the stop plan begins. */
  public TaskRecord stopping() {
    return after(Event.STOP_BEGUN, anchor, exit, failure, startedAt);
  }

  /** After the anchor ended. */
  public TaskRecord exited(ExitStatus value) {
    return after(Event.ANCHOR_EXITED, Optional.empty(), Optional.of(value), failure, startedAt);
  }

  /** After a step of ours failed and the task has no anchor. */
  public TaskRecord failed(Failure value) {
    return after(Event.STEP_FAILED, Optional.empty(), exit, Optional.of(value), startedAt);
  }

  /** When its removal begins: what is left of it is removed, now or after a crash. */
  public TaskRecord removed() {
    return after(Event.REMOVED, anchor, exit, failure, startedAt);
  }

  private TaskRecord after(
      Event event,
      Optional<Anchor> newAnchor,
      Optional<ExitStatus> newExit,
      Optional<Failure> newFailure,
      Optional<Instant> newStart) {
    TaskState next =
        Lifecycle.next(state, event)
            .orElseThrow(
                () -> new IllegalStateException(event + " cannot happen to a task in " + state));
    return new TaskRecord(
        uuid,
        document,
        desired,
        next,
        blueprint,
        newAnchor,
        newExit,
        newFailure,
        createdAt,
        newStart);
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
