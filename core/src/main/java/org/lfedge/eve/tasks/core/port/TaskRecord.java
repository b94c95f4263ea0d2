package org.lfedge.eve.tasks.core.port;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * All that is kept of a task on disk: written before each effect, so that a crash at any point can
 * be mended from it.
 *
 * @param uuid stays the same for as long as the task exists
 * @param document what the user asked for
 * @param createdAt when the document was accepted
 * @param desired what is wanted of it
 * @param blueprint what was made of the document; empty until that is done
 * @param standing where it is, as of the last effect
 * @param supervision what its restart policy has done and will do
 * @param unfinished what was begun and is not done
 * @param journal its newest events
 */
public record TaskRecord(
    UUID uuid,
    TaskDocument document,
    Instant createdAt,
    Desired desired,
    Optional<Blueprint> blueprint,
    Standing standing,
    Supervision supervision,
    Unfinished unfinished,
    Journal journal) {

  /** The name, which is also the id of the container. */
  public String name() {
    return document.name();
  }

  public TaskState state() {
    return standing.state();
  }

  /** The process, while the state has one. */
  public Optional<Anchor> anchor() {
    return standing.anchor();
  }

  /** How the last anchor ended. */
  public Optional<ExitStatus> exit() {
    return standing.exit();
  }

  /** The last step of ours that failed, if nothing succeeded since. */
  public Optional<Failure> failure() {
    return standing.failure();
  }

  /** What the cleanup of its seed is yet to clear away; empty if nothing can be left outside. */
  public Optional<Standing.Cleanup> cleanup() {
    return standing.cleanup();
  }

  /** When the last anchor was started. */
  public Optional<Instant> startedAt() {
    return standing.startedAt();
  }

  /** How many processes of the present anchor's task the kernel killed, as far as that was told. */
  public long oomKills() {
    return standing.oomKills();
  }

  /** A task that was just asked for. */
  public static TaskRecord of(UUID uuid, TaskDocument document, Desired desired, Instant now) {
    return new TaskRecord(
        uuid,
        document,
        now,
        desired,
        Optional.empty(),
        Standing.NEW,
        Supervision.NONE,
        Unfinished.NONE,
        Journal.EMPTY);
  }

  /** With another wish of the user. */
  public TaskRecord wanting(Desired value) {
    return new TaskRecord(
        uuid, document, createdAt, value, blueprint, standing, supervision, unfinished, journal);
  }

  /** With what was made of the document. */
  public TaskRecord planned(Blueprint value) {
    return new TaskRecord(
        uuid,
        document,
        createdAt,
        desired,
        Optional.of(value),
        standing,
        supervision,
        unfinished,
        journal);
  }

  /** With another document and what was made of it, for which the anchor can stay. */
  public TaskRecord revised(TaskDocument newDocument, Blueprint newBlueprint) {
    return new TaskRecord(
        uuid,
        newDocument,
        createdAt,
        desired,
        Optional.of(newBlueprint),
        standing,
        supervision,
        unfinished,
        journal);
  }

  /** Another task in the place of this one, of which nothing is left. */
  public TaskRecord replaced(TaskDocument newDocument, Instant now) {
    return new TaskRecord(
        uuid,
        newDocument,
        now,
        Desired.RUNNING,
        Optional.empty(),
        Standing.NEW,
        Supervision.NONE,
        Unfinished.NONE,
        journal);
  }

  /** With what the restart policy will do. */
  public TaskRecord supervised(Supervision value) {
    return new TaskRecord(
        uuid, document, createdAt, desired, blueprint, standing, value, unfinished, journal);
  }

  /** With something that is begun, or with nothing that is not done. */
  public TaskRecord with(Unfinished value) {
    return new TaskRecord(
        uuid, document, createdAt, desired, blueprint, standing, supervision, value, journal);
  }

  /** With events that happen by the step that this record is written for. */
  public TaskRecord telling(List<TaskEvent> events) {
    return new TaskRecord(
        uuid,
        document,
        createdAt,
        desired,
        blueprint,
        standing,
        supervision,
        unfinished,
        journal.then(events));
  }

  /** After the anchor's process was made. */
  public TaskRecord anchored(Anchor value) {
    return at(standing.anchored(value));
  }

  /** After the anchor's program was let go. */
  public TaskRecord started(Instant now) {
    return at(standing.started(now));
  }

  /** After the kernel killed processes for want of memory, of which so many are told of now. */
  public TaskRecord bereft(long oomKills) {
    return at(standing.bereft(oomKills));
  }

  /** When the stop plan begins. */
  public TaskRecord stopping() {
    return at(standing.stopping());
  }

  /** After the anchor ended. */
  public TaskRecord exited(ExitStatus value) {
    return at(standing.exited(value)).leaving();
  }

  /** After a step of ours failed and the task has no anchor. */
  public TaskRecord failed(Failure value) {
    TaskRecord failed = at(standing.failed(value));
    // If there was an anchor, its program may have run.
    return state().hasAnchor() ? failed.leaving() : failed;
  }

  /** What the anchor may have left outside of its container is on record with its end. */
  private TaskRecord leaving() {
    boolean clears = blueprint.flatMap(known -> known.seed().cleanup()).isPresent();
    return clears ? at(standing.leaving(Standing.Cleanup.DUE)) : this;
  }

  /** After the cleanup of the seed failed, for which nothing changes but that this is told. */
  public TaskRecord uncleaned(Failure value) {
    return at(standing.leaving(new Standing.Cleanup(Optional.of(value))));
  }

  /** After the cleanup of the seed succeeded, was given up, or nothing can have been left. */
  public TaskRecord cleaned() {
    return at(standing.cleaned());
  }

  /** When its removal begins: what is left of it is removed, now or after a crash. */
  public TaskRecord removed() {
    return at(standing.removed());
  }

  private TaskRecord at(Standing value) {
    return new TaskRecord(
        uuid, document, createdAt, desired, blueprint, value, supervision, unfinished, journal);
  }

  /**
   * What was begun and is not done; taken up again after a crash.
   *
   * @param replacement the document of the task that takes the place of this one
   * @param limits whether the limits of the blueprint are yet to be given to the running anchor
   * @param purge whether the volumes that were made with the task are to go with it
   */
  public record Unfinished(Optional<TaskDocument> replacement, boolean limits, boolean purge) {

    /** Nothing is under way. */
    public static final Unfinished NONE = new Unfinished(Optional.empty(), false, false);

    /** A task is to make way for another. */
    public static Unfinished replacement(TaskDocument document) {
      return new Unfinished(Optional.of(document), false, false);
    }

    /** The running anchor is to get other limits. */
    public static final Unfinished LIMITS = new Unfinished(Optional.empty(), true, false);

    /** A task that is being removed takes its volumes along. */
    public static final Unfinished PURGE = new Unfinished(Optional.empty(), false, true);
  }

  /**
   * The events of a task.
   *
   * @param count how many there were, those of the last step included
   * @param latest those of the last step that had any; the log of events may lack them after a
   *     crash
   */
  public record Journal(long count, List<TaskEvent> latest) {

    /** Of a task to which nothing has happened. */
    public static final Journal EMPTY = new Journal(0, List.of());

    /** Keeps a copy. */
    public Journal {
      latest = List.copyOf(latest);
    }

    /** The number of the first of the latest events, counted from 1. */
    public long first() {
      return count - latest.size() + 1;
    }

    Journal then(List<TaskEvent> events) {
      return events.isEmpty() ? this : new Journal(count + events.size(), events);
    }
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
   * @param trust why that image was let in; empty also in records of versions that did not ask
   * @param root what the runtime mounts
   * @param tools of the task, if it uses any
   * @param userNamespace whether the task has one of its own
   * @param seed what the executor answered
   * @param specJson the OCI runtime spec
   * @param userData of cloud-init as it stood in the file that the document names; empty if it
   *     names none
   * @param emulation of a task whose executor the node chose
   * @param fetched the root, if it is a file that was fetched
   */
  public record Blueprint(
      String executor,
      String executorVersion,
      String executorDigest,
      Origin origin,
      Optional<String> imageDigest,
      Optional<TrustVerdict> trust,
      RootFilesystem root,
      Optional<Tools> tools,
      boolean userNamespace,
      Seed seed,
      String specJson,
      Optional<UserData.Text> userData,
      Optional<Emulation> emulation,
      Optional<Fetched> fetched) {

    /**
     * A document with the user data in it that were read when this was made, and with what was
     * fetched then as its root.
     */
    public TaskDocument completed(TaskDocument document) {
      TaskDocument rooted =
          fetched.isPresent() && document.root() instanceof RootSource.Fetched root
              ? document.withRoot(root.as(fetched.get().digest()))
              : document;
      return userData
          .map(
              text ->
                  rooted.withVolumes(
                      rooted.volumes().stream().map(volume -> volume.withUserData(text)).toList()))
          .orElse(rooted);
    }

    /** A document with the executor and the option in it that the node chose for it. */
    public TaskDocument withChoices(TaskDocument document) {
      return emulation
          .map(chosen -> document.withExecutor(executor, chosen.option(), chosen.platform()))
          .orElse(document);
    }

    /** With another spec of the same seed. */
    public Blueprint withSpec(String json) {
      return new Blueprint(
          executor,
          executorVersion,
          executorDigest,
          origin,
          imageDigest,
          trust,
          root,
          tools,
          userNamespace,
          seed,
          json,
          userData,
          emulation,
          fetched);
    }
  }

  /**
   * The node chose an executor for a task by itself, as its image is for another platform.
   *
   * @param option of that executor which names the platform
   * @param platform its value, such as {@code linux/arm64}
   */
  public record Emulation(String option, String platform) {}

  /**
   * A root that is a file which was fetched.
   *
   * @param digest of the file, by which it is kept
   * @param from its URL, or the name of the artifact that held it
   * @param manifest digest of that artifact's
   */
  public record Fetched(String digest, String from, Optional<String> manifest) {}

  /**
   * The tools of a task whose anchor runs in them, or is given interpreters out of them.
   *
   * @param digest of the manifest of their image
   * @param trust why that image was let in
   * @param beside the chain ID of the image that is mounted beside the root of the anchor: of the
   *     task's own root, if that is an image and the anchor runs in the tools; else of the tools
   */
  public record Tools(String digest, TrustVerdict trust, Optional<String> beside) {}

  /**
   * A step of ours that failed.
   *
   * @param step such as {@code create anchor}
   */
  public record Failure(Problem problem, String step, Instant at) {}
}
