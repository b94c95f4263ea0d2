package org.lfedge.eve.tasks.core.image;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Goes on with the layers of an image one after the other, on a thread of its own. */
final class LayerPipeline implements AutoCloseable {

  private final String image;
  private final IntConsumer work;
  private final ExecutorService thread;
  private final List<Future<?>> layers = new ArrayList<>();

  /** Of its thread alone: nothing can be put on what is not there. */
  private boolean failed;

  /**
   * Has no layer yet.
   *
   * @param work what is done with a layer, by its number from 0 on; it is done with those before it
   */
  LayerPipeline(String image, IntConsumer work) {
    this.image = image;
    this.work = work;
    thread = PullThreads.of("unpack " + image, 1);
  }

  /**
   * Takes the next layer.
   *
   * @throws TaskException what one before it failed with
   */
  void add() {
    layers.stream().filter(Future::isDone).forEach(this::await);
    int number = layers.size();
    layers.add(thread.submit(() -> goOn(number)));
  }

  private void goOn(int number) {
    if (failed) {
      return;
    }
    failed = true;
    work.accept(number);
    failed = false;
  }

  /**
   * Waits until all that were taken are done.
   *
   * @throws TaskException what one of them failed with
   */
  void await() {
    layers.forEach(this::await);
  }

  private void await(Future<?> layer) {
    try {
      var unused = layer.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof TaskException failure
          ? failure
          : ImageProblems.unreadable(image, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TaskException.failed(
          Problem.host("INTERRUPTED", "unpacking " + image + " was interrupted; try again"));
    }
  }

  /** Begins no other layer; nothing is done any more when it returns. */
  @Override
  public void close() {
    // The one that is under way is not interrupted: it could not clear away what it has begun.
    layers.forEach(layer -> layer.cancel(false));
    thread.shutdown();
    PullThreads.awaitEnd(thread);
  }
}
