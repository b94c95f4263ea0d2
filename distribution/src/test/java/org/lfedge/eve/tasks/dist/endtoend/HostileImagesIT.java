package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestImages.Image;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;

/** Images that mean harm: they are refused or confined, and the daemon and its node stay well. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileImagesIT {

  private final FixtureRegistry registry = FixtureRegistry.plain();
  private final PackagedNode node = new PackagedNode(List.of(), ServedImage.nodeConfig(registry));
  private final long pid = node.pid();

  @AfterAll
  void close() {
    node.close();
    registry.close();
  }

  @AfterEach
  void nothingIsLeft() {
    ServedImage.assertNoneLeft(node);
    assertTrue(ProcessHandle.of(pid).orElseThrow().isAlive(), node.daemonLog());
    assertEquals(pid, node.pid());
  }

  /** Serves an image, and returns its name. */
  private String serve(String repository, TestImages made, Descriptor target) {
    registry.forget();
    HostileRecipes.serve(registry, made, target, repository);
    return registry.host() + "/" + repository + ":" + repository;
  }

  /** Some claim to hold more than is read in a minute. */
  @ParameterizedTest
  @EnumSource
  void anImageIsRefused(HostileImage image) {
    TestImages made = new TestImages();
    Descriptor target = image.recipe().make(made);
    String name = serve(image.name().toLowerCase(Locale.ROOT), made, target);

    Programs.Result refused = node.taskctl("-o", "json", "images", "pull", name);

    assertEquals(List.of(image.code()), refused.errorCodes(), refused.toString());
    assertEquals(List.of(), ServedImage.entries(Traces.of(node), "snapshots"));
  }

  /** What one of them makes the daemon keep in memory, it keeps for each at the same time. */
  @Test
  void severalAtOnceDoNotExhaustTheDaemon() {
    List<CompletableFuture<Programs.Result>> pulls = new ArrayList<>();
    registry.forget();
    for (HostileImage image :
        List.of(
            HostileImage.AN_INDEX_OF_LARGE_ITEMS,
            HostileImage.MANY_EMPTY_OBJECTS,
            HostileImage.AN_INDEX_OF_4_000_MANIFESTS)) {
      TestImages made = new TestImages();
      Descriptor target = image.recipe().make(made);
      for (String turn : List.of("first", "second", "third")) {
        String tag = image.name().toLowerCase(Locale.ROOT) + "-" + turn;
        HostileRecipes.serve(registry, made, target, tag);
        pulls.add(
            CompletableFuture.supplyAsync(
                () ->
                    node.taskctl("-o", "json", "images", "pull", registry.host() + "/many:" + tag),
                work -> new Thread(work, "pull").start()));
      }
    }
    pulls.forEach(
        pull -> assertEquals(List.of("BAD_LAYOUT"), pull.join().errorCodes(), node.daemonLog()));
  }

  @Test
  void aConfigThatIsTooLargeIsNotFetched() {
    TestImages made = new TestImages();
    Descriptor target = HostileRecipes.configThatIsLarge(HostileRecipes.LARGE).make(made);
    String name = serve("large", made, target);

    Programs.Result refused = node.taskctl("-o", "json", "images", "pull", name);

    assertEquals(List.of("BAD_LAYOUT"), refused.errorCodes(), refused.toString());
    assertEquals(List.of(), registry.requests("/blobs/"));
  }

  /** An image's links may point anywhere: they are followed in its root alone. */
  @Test
  void whatPointsToTheNodeStaysInTheRoot() throws IOException {
    Path outside = Files.createDirectory(node.documents().resolve("outside"));
    Path victim = Files.writeString(outside.resolve("victim"), "the node's");
    Image image =
        BusyboxImage.image()
            .layer(
                new TestLayer()
                    .symlink("directory", outside.toString())
                    .symlink("lower", outside.toString())
                    .symlink("absolute", victim.toString())
                    .symlink("climbing", "../../../.." + victim)
                    .file(victim.toString(), "the image's")
                    .hardLink("hard", victim.toString())
                    .file("directory/planted", "planted"))
            .layer(new TestLayer().file("lower/planted-too", "planted"));
    TestImages made = new TestImages();
    String name = serve("links", made, made.add(image));
    node.taskctl("images", "pull", name).expect(0);

    run(
        name,
        "for f in /absolute /climbing /hard; do cat $f; echo; done;"
            + " for f in /absolute /climbing /hard /directory/victim; do echo task > $f; done;"
            + " cat /directory/victim; echo done");

    List<String> output = output();
    assertEquals(List.of("the image's", "the image's", "the image's", "task", "done"), output);
    assertEquals("the node's", Files.readString(victim));
    try (var files = Files.list(outside)) {
      assertEquals(List.of(victim), files.toList());
    }
  }

  /** They are there as the image has them, and the task's cgroup keeps them shut. */
  @Test
  void devicesOfAnImageCannotBeOpened() {
    TestImages made = new TestImages();
    Image image = BusyboxImage.image().layer(HostileLayers.devices());
    String name = serve("devices", made, made.add(image));
    node.taskctl("images", "pull", name).expect(0);

    run(
        name,
        "exec 2>&1; for d in /null /fuse /disk /loop; do cat $d && echo opened; done;"
            + " for d in /fuse /disk /loop; do echo x > $d; done; echo done");

    List<String> output = output();
    assertEquals("opened", output.get(0), "a device that every task has");
    assertEquals("done", output.get(output.size() - 1));
    List<String> refused = output.subList(1, output.size() - 1);
    assertEquals(6, refused.size(), output.toString());
    refused.forEach(line -> assertTrue(line.contains("Operation not permitted"), line));
  }

  private void run(String image, String script) {
    node.taskctl(
            "run",
            "-d",
            node.document(
                "hostile.yaml",
                """
                name: hostile
                root: {image: "%s"}
                command: [sh, -c, "%s"]
                resources: {memory: 32MiB}
                restart: {policy: never}
                """
                    .formatted(image, script)))
        .expect(0);
    node.awaitOutput("hostile", "done");
  }

  private List<String> output() {
    List<String> lines =
        Programs.read(node.directory().resolve("state/logs/hostile/stdout")).lines().toList();
    node.taskctl("delete", "--force", "hostile").expect(0);
    return lines;
  }
}
