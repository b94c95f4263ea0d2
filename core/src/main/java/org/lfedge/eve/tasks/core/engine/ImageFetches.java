package org.lfedge.eve.tasks.core.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.config.TaskDocument;

/**
 * Fetches the images and files that tasks and volumes need before they are made. On threads of its
 * own: a registry that is slow must not hold up the steps of other tasks.
 */
final class ImageFetches implements AutoCloseable {

  /** So many at once; each image is fetched in several streams. */
  private static final int AT_ONCE = 2;

  private final Planner planner;
  private final ThreadPoolExecutor threads;

  ImageFetches(Planner planner) {
    this.planner = planner;
    threads =
        new ThreadPoolExecutor(
            AT_ONCE,
            AT_ONCE,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "image-fetch");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /** Completes when the image of a task is here, at once if nothing has to be fetched. */
  CompletableFuture<Void> bring(TaskDocument document) {
    try {
      if (!planner.wantsFetch(document)) {
        return CompletableFuture.completedFuture(null);
      }
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    return run(
        () -> {
          planner.check(document);
          planner.fetch(document);
          return null;
        });
  }

  /** Does something that fetches. Who cancels the result breaks that off. */
  <T extends @Nullable Object> CompletableFuture<T> run(Supplier<T> fetching) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Future<?> work =
        threads.submit(
            () -> {
              try {
                result.complete(fetching.get());
              } catch (Throwable e) {
                // Errors too: whoever waits must get an answer.
                result.completeExceptionally(e);
              }
            });
    return cancelling(() -> work.cancel(true), result);
  }

  /** Has something done when a future is cancelled. */
  static <T extends @Nullable Object> CompletableFuture<T> cancelling(
      Runnable action, CompletableFuture<T> future) {
    var unused =
        future.whenComplete(
            (done, failed) -> {
              if (future.isCancelled()) {
                action.run();
              }
            });
    return future;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
