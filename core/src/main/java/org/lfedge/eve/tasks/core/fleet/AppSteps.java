package org.lfedge.eve.tasks.core.fleet;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.engine.Change;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.AppVolume;
import org.lfedge.eve.tasks.core.fleet.AppStatus.Phase;
import org.lfedge.eve.tasks.core.port.AppRecord;

/**
 * The steps that bring one app to what is wanted of it. Each looks at what there is and does what
 * is missing, so they can be broken off anywhere and begun again. No thread waits for a step that
 * takes its time.
 */
final class AppSteps {

  private final String id;
  private final String task;
  private final Fleet.Parts parts;
  private final Executor threads;
  private final Progress progress;

  /** Who is told how far an app has come. */
  interface Progress {

    void reached(App app, Phase phase);

    /** Something is fetched for an app; who cancels it breaks it off. */
    void fetching(App app, CompletableFuture<?> fetch);
  }

  AppSteps(String id, String task, Fleet.Parts parts, Executor threads, Progress progress) {
    this.id = id;
    this.task = task;
    this.parts = parts;
    this.threads = threads;
    this.progress = progress;
  }

  boolean hasTask() {
    return parts.tasks().record(task).isPresent();
  }

  /** Ends its task, and keeps it. */
  CompletableFuture<?> halt(App app) {
    if (!hasTask()) {
      return done();
    }
    progress.reached(app, Phase.HALTING);
    return parts.tasks().stop(task, false);
  }

  /** Makes its volumes and its task, or makes them anew, and has the task run. */
  CompletableFuture<?> run(App app, TaskDocument document) {
    Optional<AppRecord> known = record();
    boolean purged = known.filter(one -> one.purges() != app.purges()).isPresent();
    Optional<AppRecord> before = purged ? Optional.empty() : known;
    return (purged ? purge(app) : done())
        .thenComposeAsync(ready -> prepare(app, before), threads)
        .thenComposeAsync(there -> make(app, document), threads)
        .thenComposeAsync(action -> restart(app, action, before), threads)
        .thenRunAsync(() -> save(app), threads);
  }

  private CompletableFuture<?> purge(App app) {
    progress.reached(app, Phase.PURGING);
    return removeTask().thenRunAsync(() -> app.volumes().forEach(this::removeVolume), threads);
  }

  /** What its task needs on the node. */
  private CompletableFuture<?> prepare(App app, Optional<AppRecord> before) {
    progress.reached(app, Phase.PREPARING);
    if (before.isEmpty()) {
      // The task is known to be ours before it is there.
      save(app);
    }
    CompletableFuture<?> made = done();
    for (AppVolume volume : app.volumes()) {
      made = made.thenComposeAsync(ready -> makeVolume(app, volume), threads);
    }
    return made;
  }

  private CompletableFuture<Change.Action> make(App app, TaskDocument document) {
    return parts
        .tasks()
        .keeping(
            document,
            () -> fetch(app, document).thenComposeAsync(here -> apply(app, document), threads));
  }

  /** Ahead, as it may have to be broken off, which an apply cannot be. */
  private CompletableFuture<?> fetch(App app, TaskDocument document) {
    boolean present =
        parts.tasks().record(task).filter(one -> one.document().equals(document)).isPresent();
    return present ? done() : fetching(app, parts.tasks().fetch(document));
  }

  private CompletableFuture<?> fetching(App app, CompletableFuture<?> fetch) {
    if (!fetch.isDone()) {
      progress.reached(app, Phase.FETCHING);
      progress.fetching(app, fetch);
    }
    return fetch;
  }

  private CompletableFuture<Change.Action> apply(App app, TaskDocument document) {
    progress.reached(app, Phase.APPLYING);
    return parts
        .tasks()
        .apply(List.of(document), false, false, false)
        .thenApply(
            changes -> {
              Change change =
                  changes.stream()
                      .filter(one -> one.task().equals(document.name()))
                      .findFirst()
                      .orElseThrow();
              if (!change.problems().isEmpty()) {
                throw TaskException.failed(change.problems());
              }
              return change.action();
            });
  }

  /** If it was to be restarted once more, and has not been started just now. */
  private CompletableFuture<?> restart(App app, Change.Action action, Optional<AppRecord> before) {
    boolean started =
        action == Change.Action.CREATE
            || action == Change.Action.REPLACE
            || action == Change.Action.START;
    if (started || before.filter(one -> one.restarts() != app.restarts()).isEmpty()) {
      return done();
    }
    progress.reached(app, Phase.RESTARTING);
    return parts
        .tasks()
        .stop(task, false)
        .thenComposeAsync(stopped -> parts.tasks().start(task, false), threads);
  }

  /** Removes its task, and that it was ever there. */
  CompletableFuture<?> remove() {
    return record().isEmpty()
        ? done()
        : removeTask().thenRunAsync(() -> parts.records().delete(id), threads);
  }

  private CompletableFuture<?> removeTask() {
    return hasTask()
        ? parts
            .tasks()
            .stop(task, false)
            .thenComposeAsync(stopped -> parts.tasks().delete(task, false, true), threads)
        : done();
  }

  private Optional<AppRecord> record() {
    return parts.records().find(id);
  }

  private void save(App app) {
    parts.records().save(new AppRecord(id, task, app.restarts(), app.purges()));
  }

  private CompletableFuture<?> makeVolume(App app, AppVolume volume) {
    if (parts.volumes().find(volume.name()).isPresent()) {
      return done();
    }
    if (volume instanceof AppVolume.Disk disk) {
      return disk.source() instanceof AppVolume.Source.Fetched fetched
          ? fetching(
              app,
              parts.tasks().createDisk(disk.name(), fetched.from(), disk.format(), disk.bytes()))
          : createOfNode(disk, (AppVolume.Source.OfNode) disk.source());
    }
    AppVolume.Blank blank = (AppVolume.Blank) volume;
    var unused =
        parts.volumes().create(blank.name(), blank.bytes(), Optional.empty(), Optional.empty());
    return done();
  }

  private CompletableFuture<?> createOfNode(AppVolume.Disk disk, AppVolume.Source.OfNode file) {
    return parts
        .tasks()
        .createDisk(disk.name(), file.path(), file.digest(), disk.format(), disk.bytes());
  }

  private void removeVolume(AppVolume volume) {
    if (parts.volumes().find(volume.name()).isPresent()) {
      parts.volumes().remove(volume.name());
    }
  }

  private static CompletableFuture<@Nullable Void> done() {
    return CompletableFuture.completedFuture(null);
  }
}
