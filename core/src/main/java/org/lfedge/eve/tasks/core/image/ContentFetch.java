package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.Registries;

/**
 * The config and the layers of an image on their way from a registry into the content store, some
 * at a time. A blob can be opened here when it has arrived, and whoever opens it before waits.
 */
final class ContentFetch implements Blobs, AutoCloseable {

  /** Layers of one image that are fetched at a time; more gain nothing on the links of a node. */
  private static final int PARALLEL = 3;

  private final ImageWriter writer;
  private final Registries.Repository repository;
  private final Blobs stored;
  private final KeyedTurns turns;
  private final PullProgress progress;
  private final ExecutorService threads;
  private final Map<String, CompletableFuture<Void>> arrivals = new LinkedHashMap<>();

  /**
   * Starts to fetch.
   *
   * @param turns so that a layer of two images is fetched once
   */
  ContentFetch(
      ImageWriter writer,
      PlatformImage image,
      Registries.Repository repository,
      ContentStore content,
      KeyedTurns turns,
      PullProgress progress) {
    this.writer = writer;
    this.repository = repository;
    this.stored = new StoredBlobs(content);
    this.turns = turns;
    this.progress = progress;
    List<Descriptor> blobs = ImageWriter.content(image);
    threads = PullThreads.of("pull " + writer.name(), Math.min(PARALLEL, blobs.size()));
    blobs.forEach(blob -> progress.blob(blob, 0));
    for (Descriptor blob : blobs) {
      arrivals.put(blob.digest(), CompletableFuture.runAsync(() -> fetch(blob), threads));
    }
  }

  private void fetch(Descriptor blob) {
    turns.take(
        blob.digest(),
        () -> {
          writer.write(
              blob,
              offset ->
                  new CountedStream(
                      repository.open(blob, offset), offset, bytes -> progress.blob(blob, bytes)),
              List.of());
          return blob;
        });
    progress.blob(blob, blob.size());
  }

  /** Waits until all has arrived. */
  void awaitAll() {
    arrivals.values().forEach(this::await);
  }

  private void await(CompletableFuture<Void> arrival) {
    try {
      arrival.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof TaskException failure
          ? failure
          : ImageProblems.unreadable(writer.name(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TaskException.failed(
          Problem.host("INTERRUPTED", "pulling " + writer.name() + " was interrupted; try again"));
    }
  }

  private void await(Descriptor blob) {
    CompletableFuture<Void> arrival = arrivals.get(blob.digest());
    if (arrival != null) {
      await(arrival);
    }
  }

  @Override
  public Optional<Long> size(Descriptor blob) throws IOException {
    await(blob);
    return stored.size(blob);
  }

  @Override
  public boolean areChecked() {
    return stored.areChecked();
  }

  @Override
  public InputStream open(Descriptor blob) throws IOException {
    await(blob);
    return stored.open(blob);
  }

  /** Breaks off what is still on its way; nothing is written any more when it returns. */
  @Override
  public void close() {
    threads.shutdownNow();
    PullThreads.awaitEnd(threads);
  }
}
