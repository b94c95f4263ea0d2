package org.lfedge.eve.tasks.core.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/** One run of {@code apply}: compares documents with tasks and does what brings them together. */
final class Application {

  private final TaskManager manager;
  private final SortedMap<String, TaskDocument> documents = new TreeMap<>();
  private final boolean prune;

  Application(TaskManager manager, List<TaskDocument> documents, boolean prune) {
    this.manager = manager;
    this.prune = prune;
    documents.forEach(document -> this.documents.put(document.name(), document));
  }

  /** Plans, and unless this is a dry run does it, each task on its own. */
  CompletableFuture<List<Change>> run(boolean dryRun) {
    List<CompletableFuture<Change>> changes =
        plan().stream()
            .map(
                change ->
                    dryRun ? CompletableFuture.completedFuture(checked(change)) : carryOut(change))
            .toList();
    return CompletableFuture.allOf(changes.toArray(CompletableFuture[]::new))
        .thenApply(all -> changes.stream().map(CompletableFuture::join).toList());
  }

  private List<Change> plan() {
    List<Change> changes = new ArrayList<>();
    documents.forEach((name, document) -> changes.add(change(document, manager.record(name))));
    if (prune) {
      manager.list().stream()
          .map(TaskView::name)
          .filter(name -> !documents.containsKey(name))
          .forEach(name -> changes.add(change(name, Change.Action.DELETE, List.of())));
    }
    changes.sort(Comparator.comparing(Change::task));
    return changes;
  }

  private static Change change(TaskDocument document, Optional<TaskRecord> present) {
    if (present.isEmpty()) {
      return change(document.name(), Change.Action.CREATE, List.of());
    }
    List<String> fields = differences(present.get().document(), document);
    if (!fields.isEmpty()) {
      return change(document.name(), Change.Action.REPLACE, fields);
    }
    boolean runs = present.get().state() == TaskState.RUNNING;
    return change(document.name(), runs ? Change.Action.NONE : Change.Action.START, List.of());
  }

  private static Change change(String task, Change.Action action, List<String> fields) {
    return new Change(task, action, fields, List.of());
  }

  /** The paths at which two documents differ, in canonical form, lists as a whole. */
  static List<String> differences(TaskDocument before, TaskDocument after) {
    List<String> paths = new ArrayList<>();
    compare(TaskDocuments.toJson(before), TaskDocuments.toJson(after), "", paths);
    return paths;
  }

  private static void compare(JsonNode before, JsonNode after, String path, List<String> paths) {
    if (before.equals(after)) {
      return;
    }
    if (!before.isObject() || !after.isObject()) {
      paths.add(path);
      return;
    }
    SortedMap<String, JsonNode> fields = new TreeMap<>();
    before.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
    after.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
    for (Map.Entry<String, JsonNode> field : fields.entrySet()) {
      String key = field.getKey();
      compare(before.path(key), after.path(key), path.isEmpty() ? key : path + "." + key, paths);
    }
  }

  private Change checked(Change change) {
    TaskDocument document = documents.get(change.task());
    if (document != null) {
      try {
        manager.check(document);
      } catch (TaskException e) {
        return failed(change, e);
      }
    }
    return change;
  }

  private CompletableFuture<Change> carryOut(Change change) {
    String name = change.task();
    CompletableFuture<TaskView> work =
        switch (change.action()) {
          case CREATE -> createAndStart(name);
          case REPLACE ->
              CompletableFuture.completedFuture(name)
                  .thenAccept(task -> manager.check(document(task)))
                  .thenCompose(checked -> remove(name))
                  .thenCompose(removed -> createAndStart(name));
          case START -> manager.start(name);
          case DELETE -> remove(name);
          case NONE -> CompletableFuture.completedFuture(null);
        };
    return work.handle((view, error) -> error == null ? change : failed(change, error));
  }

  private TaskDocument document(String name) {
    return java.util.Objects.requireNonNull(documents.get(name));
  }

  private CompletableFuture<TaskView> createAndStart(String name) {
    return manager.create(document(name)).thenCompose(created -> manager.start(name));
  }

  private CompletableFuture<TaskView> remove(String name) {
    return manager.stop(name, false).thenCompose(stopped -> manager.delete(name, false));
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
