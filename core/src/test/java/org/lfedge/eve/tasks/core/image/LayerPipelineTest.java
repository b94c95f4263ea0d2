package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Layers are unpacked in order, beside the check of those after them. */
class LayerPipelineTest {

  private final List<Integer> unpacked = new CopyOnWriteArrayList<>();

  @Test
  void layersAreUnpackedInOrderWhileOthersAreChecked() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch checked = new CountDownLatch(1);
    try (LayerPipeline layers =
        new LayerPipeline(
            "web",
            number -> {
              begun.countDown();
              await(checked);
              unpacked.add(number);
            })) {
      layers.add();
      begun.await();
      // The first one is in the middle of it, which holds up no check.
      layers.add();
      layers.add();
      checked.countDown();
      layers.await();
      assertEquals(List.of(0, 1, 2), unpacked);
    }
  }

  @Test
  void whatFailsIsToldAndNothingComesAfterIt() {
    TaskException full = TaskException.failed(Problem.host("DISK_FULL", "for the test"));
    LayerPipeline layers =
        new LayerPipeline(
            "web",
            number -> {
              if (number == 1) {
                throw full;
              }
              unpacked.add(number);
            });
    try (layers) {
      layers.add();
      layers.add();
      assertEquals("DISK_FULL", assertThrows(TaskException.class, layers::await).first().code());
      // Whoever goes on to check is told as well.
      assertEquals("DISK_FULL", assertThrows(TaskException.class, layers::add).first().code());
    }
    assertEquals(List.of(0), unpacked);
  }

  @Test
  void noLayerIsBegunOnceItIsClosed() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    LayerPipeline layers =
        new LayerPipeline(
            "web",
            number -> {
              begun.countDown();
              await(goOn);
              unpacked.add(number);
            });
    layers.add();
    layers.add();
    begun.await();
    Thread closing = new Thread(layers::close);
    closing.start();
    while (closing.getState() != Thread.State.TIMED_WAITING) {
      assertTrue(closing.isAlive(), "it waits for the one that is being unpacked");
      Thread.onSpinWait();
    }
    goOn.countDown();
    closing.join();
    assertEquals(List.of(0), unpacked);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
