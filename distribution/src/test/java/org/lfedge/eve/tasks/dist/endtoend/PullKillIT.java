package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.FixtureFault;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;
import org.lfedge.eve.tasks.core.registry.FixtureReply;

/** Kills the daemon in the middle of pulls; the next one goes on from what is there. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PullKillIT {

  private static final int LAYERS = 5;
  private static final int LAYER_BYTES = 3 << 20;

  /** What is handed to containerd at a time: so much of each layer under way is lost. */
  private static final int PIECE_BYTES = 1 << 20;

  /** Layers at a time. */
  private static final int PARALLEL = 3;

  private final FixtureRegistry registry = FixtureRegistry.plain();
  private final PackagedNode node = new PackagedNode(List.of(), ServedImage.nodeConfig(registry));
  private final String name = registry.host() + "/large:1";
  private final List<String> layers = new ArrayList<>();
  private long imageBytes;

  @AfterAll
  void close() {
    node.close();
    registry.close();
  }

  @BeforeAll
  void serve() {
    TestImages made = new TestImages();
    TestImages.Image image = BusyboxImage.image().compression(TestImages.Compression.NONE);
    Random random = new Random(1);
    for (int i = 0; i < LAYERS; i++) {
      byte[] content = new byte[LAYER_BYTES];
      random.nextBytes(content);
      image.layer(new TestLayer().executable("data/" + i, content));
    }
    Descriptor target = made.add(image);
    ServedImage.put(registry, made, target, "1");
    imageBytes = made.blobs().values().stream().mapToLong(blob -> blob.length).sum();
    made.blobs()
        .forEach(
            (digest, bytes) -> {
              if (bytes.length > LAYER_BYTES) {
                layers.add(digest);
              }
            });
    assertEquals(LAYERS, layers.size());
  }

  @Test
  void oneLayerAfterTheOtherIsCutShort() {
    for (String stuck : layers) {
      killWhileStuckAt(stuck, 2 * PIECE_BYTES + 1000);
    }
  }

  @Test
  void whatIsThereIsNotFetchedAgain() {
    killWhileStuckAt(layers.get(LAYERS / 2), 2 * PIECE_BYTES + 1000);
    // All layers at once, at the start, in the middle and just before the end.
    for (long at : new long[] {0, PIECE_BYTES + 1, LAYER_BYTES}) {
      killWhileStuckAt("/blobs/", at);
    }
  }

  private void killWhileStuckAt(String pathPart, long at) {
    registry.forget();
    registry.misbehave(pathPart, FixtureFault.until(FixtureReply.Limit.STALL, at));
    CompletableFuture<Programs.Result> pull =
        CompletableFuture.supplyAsync(
            () -> node.taskctl("images", "pull", name), work -> new Thread(work, "pull").start());
    Programs.await("a pull that gets no further", () -> !registry.requests(pathPart).isEmpty());
    Programs.awaitStill(
        "the bytes of the pull", () -> 1 + registry.bytesServed() + registry.requests().size());
    node.kill();
    assertTrue(pull.join().status() != 0, "it cannot have ended well");
    long before = registry.bytesServed();
    node.start();
    registry.forget();

    node.taskctl("images", "pull", name).expect(0);

    long after = registry.bytesServed();
    long slack = (long) PARALLEL * PIECE_BYTES + (64 << 10);
    assertTrue(
        before + after <= imageBytes + slack,
        "stuck in "
            + pathPart
            + " at "
            + at
            + ": "
            + before
            + " and then "
            + after
            + " of "
            + imageBytes);
    assertEquals(1, node.json("images", "list").size());
    node.taskctl("images", "prune").expect(0);
    for (String kind : List.of("images", "blobs", "unfinished blobs", "leases of pulls")) {
      assertEquals(List.of(), Traces.of(node).get(kind), kind);
    }
  }

  @Test
  void whatNobodyGoesOnWithIsPruned() {
    registry.forget();
    registry.misbehave(layers.get(0), FixtureFault.until(FixtureReply.Limit.STALL, 1000));
    CompletableFuture<Programs.Result> pull =
        CompletableFuture.supplyAsync(
            () -> node.taskctl("images", "pull", name), work -> new Thread(work, "pull").start());
    Programs.await("all but one layer", () -> registry.bytesServed() > 4L * LAYER_BYTES);
    node.kill();
    assertTrue(pull.join().status() != 0, "it cannot have ended well");
    node.start();
    assertTrue(!Traces.of(node).getOrDefault("blobs", List.of()).isEmpty(), "what it had");

    node.taskctl("images", "prune").expect(0);

    for (String kind : List.of("images", "blobs", "unfinished blobs", "leases of pulls")) {
      assertEquals(List.of(), Traces.of(node).get(kind), kind);
    }
  }
}
