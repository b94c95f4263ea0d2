package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.await;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.executor;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.rejected;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.serving;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.Seed;

/** JARs that policy does not trust, with sandboxes that tests play. */
class SandboxedPluginsTest {

  @TempDir Path directory;
  private PluginNode node;
  private final PlayedSandboxes sandboxes = new PlayedSandboxes();

  @BeforeEach
  void begin() throws Exception {
    node = new PluginNode(directory);
  }

  /** Whoever a JAR says it is in a sandbox. */
  private record Stranger(String name) implements Executor {
    @Override
    public ExecutorInfo info() {
      return ExecutorInfo.builder(name, "a test").build();
    }

    @Override
    public Seed seed(SeedRequest request) throws SeedException {
      throw SeedException.unsupported("root", name);
    }
  }

  private static final class PlayedSandboxes implements SandboxedExecutors {
    final SortedMap<String, Path> asked = new TreeMap<>();
    Optional<TaskException> failure = Optional.empty();

    @Override
    public synchronized Executor ofJar(Path jar, String digest) {
      asked.put(digest, jar);
      failure.ifPresent(
          thrown -> {
            throw thrown;
          });
      return new Stranger("stranger");
    }

    @Override
    public Executor ofJar(byte[] jar) {
      throw new UnsupportedOperationException("its file is there");
    }

    @Override
    public Executor ofProgram(String digest, String chainId, String path) {
      throw new UnsupportedOperationException("not in JARs");
    }
  }

  /** It would be made while it is loaded. */
  private static PluginJar stranger(String version) {
    return PluginJar.of("stranger", version)
        .executorClass("Main", "stranger", "static { System.exit(1); }", "\"\"")
        .service("vendor.Main");
  }

  @Test
  void noClassOfItIsLoadedHere() throws Exception {
    Path jar = stranger("1.0.0").writeTo(node.plugins.resolve("stranger.jar"));
    try (PluginCatalog catalog = node.open(sandboxes)) {
      LoadedExecutor loaded = executor(catalog, "stranger");
      assertEquals(Origin.PLUGINS_DIRECTORY, loaded.origin());
      assertEquals("1.0.0", loaded.version());
      assertEquals(JarCache.digest(jar), loaded.digest());
      Path copy = sandboxes.asked.get(loaded.digest());
      assertEquals(loaded.digest(), JarCache.digest(copy));
      // Whoever it is in the sandbox reads it.
      assertTrue(Files.getPosixFilePermissions(copy).contains(PosixFilePermission.OTHERS_READ));
    }
  }

  @Test
  void itIsAskedOnceAndGoesWithItsFile() throws Exception {
    stranger("1.0.0").writeTo(node.plugins.resolve("stranger.jar"));
    try (PluginCatalog catalog = node.open(sandboxes)) {
      Executor before = executor(catalog, "stranger").executor();
      node.look(catalog);
      assertSame(before, executor(catalog, "stranger").executor());
      assertEquals(1, node.cached().size());
      Files.delete(node.plugins.resolve("stranger.jar"));
      node.look(catalog);
      assertEquals(List.of(), catalog.list());
      await("its copy to go", () -> node.cachedNow().isEmpty());
    }
  }

  @Test
  void whyItSaysNothingIsTold() throws Exception {
    stranger("1.0.0").writeTo(node.plugins.resolve("stranger.jar"));
    sandboxes.failure =
        Optional.of(TaskException.failed(Problem.host("EXECUTOR_FAILED", "exit code 1")));
    try (PluginCatalog catalog = node.open(sandboxes)) {
      assertEquals(Map.of("stranger.jar", "EXECUTOR_FAILED"), rejected(catalog));
    }
  }

  @Test
  void aManifestThatIsWrongNeedsNoSandbox() throws Exception {
    PluginJar.of("-", "1.0.0").writeTo(node.plugins.resolve("stranger.jar"));
    try (PluginCatalog catalog = node.open(sandboxes)) {
      assertEquals(Map.of("stranger.jar", "BAD_MANIFEST"), rejected(catalog));
      assertEquals(Map.of(), sandboxes.asked);
    }
  }

  @Test
  void namesOfTrustedOnesAreNotForOthers() throws Exception {
    node.drop("good.jar", PluginJar.executor("stranger", "1.0.0"));
    stranger("9.0.0").writeTo(node.plugins.resolve("stranger.jar"));
    try (PluginCatalog catalog = node.open(sandboxes)) {
      assertEquals(List.of("stranger 1.0.0"), serving(catalog));
      assertEquals(Map.of("stranger.jar", "NAME_RESERVED"), rejected(catalog));
    }
  }
}
