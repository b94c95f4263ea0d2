package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.by;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.executor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.spi.SeedException;

/** A trusted JAR with flipped bytes may or may not be of use; the others always are. */
class DamagedPluginTest {

  private Path directory = Path.of("");

  @BeforeProperty
  void makeDirectory() throws IOException {
    directory = Files.createTempDirectory("damaged-plugin");
  }

  @AfterProperty
  void removeDirectory() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Property(tries = 100)
  void noBytesBreakTheCatalog(@ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int flips)
      throws IOException, SeedException {
    PluginNode node = new PluginNode(directory);
    Path good = directory.resolve("good");
    if (Files.notExists(good)) {
      PluginJar.executor("good", "1.0.0").writeTo(good);
      PluginJar.executor("damaged", "1.0.0").writeTo(directory.resolve("damaged"));
    }
    byte[] bytes = Files.readAllBytes(directory.resolve("damaged"));
    Random random = new Random(seed);
    for (int i = 0; i < flips; i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    node.trust(Files.write(node.plugins.resolve("damaged.jar"), bytes));
    node.trust(Files.write(node.plugins.resolve("good.jar"), Files.readAllBytes(good)));
    try (PluginCatalog catalog = node.open()) {
      assertEquals("good", by(executor(catalog, "good")));
      List<LoadedExecutor> others = catalog.list();
      assertEquals(2, others.size() + catalog.rejected().size());
      for (LoadedExecutor loaded : others) {
        useIfItCanBeUsed(loaded);
      }
    }
  }

  /** A seed, a refusal or a failure that says so; anything else ends the test. */
  private static void useIfItCanBeUsed(LoadedExecutor loaded) {
    try {
      assertFalse(PluginNode.seed(loaded).process().args().isEmpty());
    } catch (SeedException refused) {
      assertFalse(refused.code().isEmpty());
    } catch (TaskException failed) {
      assertEquals("EXECUTOR_FAILED", failed.first().code());
    }
  }
}
