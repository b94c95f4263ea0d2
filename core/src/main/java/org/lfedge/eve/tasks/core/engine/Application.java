package org.lfedge.eve.tasks.core.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.engine.Change.Action;
import org.lfedge.eve.tasks.core.engine.Change.Field;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/** One run of {@code apply}: compares documents with tasks and does what brings them together. */
final class Application {

  private static final String HIDDEN = "(not shown)";

  private final TaskManager manager;
  private final SortedMap<String, TaskDocument> documents = new TreeMap<>();
  private final Mode mode;

  /** How documents are applied. */
  enum Mode {
    /** Tasks that no document names are left alone. */
    ADD,
    /** Tasks that no document names are deleted. */
    PRUNE,
    /** As ADD, and a task that somebody stopped stays so until its document changes. */
    KEEP_STOPPED,
    /** As PRUNE, and a task that somebody stopped stays so until its document changes. */
    PRUNE_KEEP_STOPPED;

    static Mode of(boolean prune, boolean keepStopped) {
      if (keepStopped) {
        return prune ? PRUNE_KEEP_STOPPED : KEEP_STOPPED;
      }
      return prune ? PRUNE : ADD;
    }

    boolean prunes() {
      return this == PRUNE || this == PRUNE_KEEP_STOPPED;
    }

    boolean keepsStopped() {
      return this == KEEP_STOPPED || this == PRUNE_KEEP_STOPPED;
    }
  }

  Application(TaskManager manager, List<TaskDocument> documents, Mode mode) {
    this.manager = manager;
    this.mode = mode;
    documents.forEach(document -> this.documents.put(document.name(), document));
  }

  /** Plans, and unless this is a dry run does it, each task on its own. */
  CompletableFuture<List<Change>> run(boolean dryRun) {
    manager.refuseCircles(documents.values());
    List<CompletableFuture<Change>> changes =
        plan().stream()
            .map(change -> dryRun ? CompletableFuture.completedFuture(change) : carryOut(change))
            .toList();
    return CompletableFuture.allOf(changes.toArray(CompletableFuture[]::new))
        .thenApply(all -> changes.stream().map(CompletableFuture::join).toList());
  }

  private List<Change> plan() {
    List<Change> changes = new ArrayList<>();
    documents.forEach((name, document) -> changes.add(change(document, manager.record(name))));
    if (mode.prunes()) {
      manager.names().stream()
          .filter(name -> !documents.containsKey(name))
          .forEach(name -> changes.add(change(name, Action.DELETE, List.of())));
    }
    changes.sort(Comparator.comparing(Change::task));
    return changes;
  }

  private Change change(TaskDocument document, Optional<TaskRecord> present) {
    String name = document.name();
    List<Field> fields =
        present.map(record -> differences(record.document(), document)).orElse(List.of());
    try {
      if (present.isEmpty()) {
        manager.check(document);
        return change(name, Action.CREATE, List.of());
      }
      if (!fields.isEmpty()) {
        return change(
            name,
            manager.staysWith(present.get(), document) ? Action.UPDATE : Action.REPLACE,
            fields);
      }
    } catch (TaskException e) {
      return failed(change(name, present.isEmpty() ? Action.CREATE : Action.REPLACE, fields), e);
    }
    return change(name, isKept(present.get()) ? Action.NONE : Action.START, List.of());
  }

  /** Whether nothing has to be done for a task to be as its document says. */
  private boolean isKept(TaskRecord record) {
    return record.desired() == Desired.STOPPED ? mode.keepsStopped() : isDone(Optional.of(record));
  }

  /** Whether a task that is wanted runs, or will, or has done what it was to do. */
  private static boolean isDone(Optional<TaskRecord> present) {
    if (present.isEmpty()) {
      return true;
    }
    TaskRecord record = present.get();
    boolean finished =
        record.document().restart().mode() != RestartPolicy.Mode.ALWAYS
            && record.exit().map(ExitStatus::success).orElse(false);
    return switch (record.state()) {
      case PENDING, CREATED, RUNNING, STOPPING -> true;
      case STOPPED -> finished || record.supervision().startsAgain();
      case FAILED, DELETED -> false;
    };
  }

  private static Change change(String task, Action action, List<Field> fields) {
    return new Change(task, action, fields, List.of());
  }

  /** The fields in which two documents differ, in canonical form, lists as a whole. */
  static List<Field> differences(TaskDocument before, TaskDocument after) {
    List<Field> fields = new ArrayList<>();
    compare(TaskDocuments.toJson(before), TaskDocuments.toJson(after), "", fields);
    return fields;
  }

  private static void compare(JsonNode before, JsonNode after, String path, List<Field> fields) {
    if (before.equals(after)) {
      return;
    }
    if (!before.isObject() || !after.isObject()) {
      boolean confidential = path.startsWith("env.");
      fields.add(
          new Field(
              path,
              shown(withoutUserData(before), confidential),
              shown(withoutUserData(after), confidential)));
      return;
    }
    SortedMap<String, JsonNode> keys = new TreeMap<>();
    before.properties().forEach(field -> keys.put(field.getKey(), field.getValue()));
    after.properties().forEach(field -> keys.put(field.getKey(), field.getValue()));
    for (Map.Entry<String, JsonNode> key : keys.entrySet()) {
      String name = key.getKey();
      compare(
          before.path(name), after.path(name), path.isEmpty() ? name : path + "." + name, fields);
    }
  }

  /** Lists are shown as a whole, and what cloud-init is given may be private to its task. */
  private static JsonNode withoutUserData(JsonNode value) {
    if (value.findValue("cloudInit") == null) {
      return value;
    }
    JsonNode copy = value.deepCopy();
    for (JsonNode volume : copy) {
      if (volume.path("source") instanceof ObjectNode source && source.has("cloudInit")) {
        source.put("cloudInit", HIDDEN);
      }
    }
    return copy;
  }

  private static String shown(JsonNode value, boolean confidential) {
    return value.isMissingNode() ? "" : confidential ? HIDDEN : value.toString();
  }

  private CompletableFuture<Change> carryOut(Change change) {
    if (!change.problems().isEmpty()) {
      return CompletableFuture.completedFuture(change);
    }
    String name = change.task();
    CompletableFuture<TaskView> work =
        switch (change.action()) {
          case CREATE -> manager.createAndStart(document(name));
          case UPDATE, REPLACE -> manager.revise(document(name)).thenCompose(this::startIfStopped);
          case START -> manager.ensureStarted(name);
          case DELETE ->
              manager.stop(name, false).thenCompose(stopped -> manager.delete(name, false, false));
          case NONE -> CompletableFuture.completedFuture(null);
        };
    return work.handle((view, error) -> error == null ? change : failed(change, error));
  }

  /** A changed document declares its task as wanted, also if somebody had stopped it. */
  private CompletableFuture<TaskView> startIfStopped(TaskView view) {
    boolean kept = view.desired() == Desired.RUNNING && isDone(manager.record(view.name()));
    return kept ? CompletableFuture.completedFuture(view) : manager.ensureStarted(view.name());
  }

  private TaskDocument document(String name) {
    return Objects.requireNonNull(documents.get(name));
  }

  private static Change failed(Change change, Throwable error) {
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    List<Problem> problems =
        cause instanceof TaskException known
            ? known.problems()
            : List.of(Problem.internal("UNEXPECTED", String.valueOf(cause)));
    return new Change(change.task(), change.action(), change.fields(), problems);
  }
}
