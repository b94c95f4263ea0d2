package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that files which were fetched stay for as long as a task on record has them, and no
 * longer. Which those are is not kept anywhere: the records tell, so that nothing can disagree.
 */
final class RootFiles {

  private static final Logger log = LoggerFactory.getLogger(RootFiles.class);

  private final FetchedFiles files;
  private final Supplier<List<TaskRecord>> records;

  // Guarded by this.
  private int coming;
  private boolean kept;

  RootFiles(FetchedFiles files, Supplier<List<TaskRecord>> records) {
    this.files = files;
    this.records = records;
  }

  /**
   * Does something that may fetch the file of a task and put the task on record. No file is removed
   * meanwhile: this one is on no record yet.
   */
  <T> CompletableFuture<T> during(TaskDocument document, Supplier<CompletableFuture<T>> making) {
    return document.root() instanceof RootSource.Fetched ? during(making) : making.get();
  }

  /** Does something that may fetch a file which is needed until it is done. */
  <T> CompletableFuture<T> during(Supplier<CompletableFuture<T>> making) {
    synchronized (this) {
      coming++;
    }
    CompletableFuture<T> made;
    try {
      made = making.get();
    } catch (RuntimeException e) {
      made = CompletableFuture.failedFuture(e);
    }
    return made.whenComplete((done, failed) -> ended());
  }

  private synchronized void ended() {
    coming--;
    sweep();
  }

  /** After a task is gone. */
  void release(TaskRecord gone) {
    if (file(gone.document()).isPresent()) {
      sweep();
    }
  }

  /** Removes nothing from now on: there are records that cannot be read. */
  synchronized void keepAll() {
    kept = true;
  }

  /** Removes the files that no task has. What cannot be removed now is removed with the next. */
  synchronized void sweep() {
    if (coming > 0 || kept) {
      return;
    }
    try {
      SortedSet<String> held = new TreeSet<>();
      records.get().forEach(record -> held.addAll(digests(record)));
      files.keepOnly(held);
    } catch (TaskException e) {
      log.warn("files that no task has cannot be removed: {}", e.first());
    }
  }

  /** Of a task that is not planned yet, by what is known here of its document. */
  private List<String> digests(TaskRecord record) {
    List<String> digests = new ArrayList<>();
    record
        .blueprint()
        .map(made -> made.fetched().map(TaskRecord.Fetched::digest))
        .orElseGet(() -> digest(record.document()))
        .ifPresent(digests::add);
    record.unfinished().replacement().flatMap(this::digest).ifPresent(digests::add);
    return digests;
  }

  private Optional<String> digest(TaskDocument document) {
    return file(document).flatMap(file -> files.digest(file.from(), file.format()));
  }

  private static Optional<RootSource.Fetched> file(TaskDocument document) {
    return document.root() instanceof RootSource.Fetched file
        ? Optional.of(file)
        : Optional.empty();
  }
}
