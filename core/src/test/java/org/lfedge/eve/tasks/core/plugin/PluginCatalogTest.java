package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.by;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.executor;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.onlyRejected;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.rejected;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.serving;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.Rejected;
import org.lfedge.eve.tasks.core.port.Origin;

/** Which files are loaded, which serve, and what is said of the others. */
class PluginCatalogTest {

  private static final String GOOD = "good 1.0.0";

  @TempDir private Path directory;
  private PluginNode node;

  @BeforeEach
  void aNodeWithAGoodPlugin() throws IOException {
    node = new PluginNode(directory);
    node.drop("good.jar", PluginJar.executor("good", "1.0.0"));
  }

  @Test
  void aTrustedPluginServesWithItsVersionDigestAndOrigin() throws Exception {
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor good = executor(catalog, "good");
      assertEquals("good", by(good));
      assertEquals("1.0.0", good.version());
      assertEquals(JarCache.digest(node.plugins.resolve("good.jar")), good.digest());
      assertEquals(Origin.TRUSTED_DIGEST, good.origin());
      assertEquals(List.of(), catalog.rejected());
      assertTrue(catalog.find("other").isEmpty());
    }
  }

  @Test
  void aBundledPluginServesByTheDigestOfItsDistribution() throws Exception {
    Path file = node.bundle("own.jar", PluginJar.executor("own", "2.0.0"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD, "own 2.0.0"), serving(catalog));
      assertEquals(Origin.BUNDLED, executor(catalog, "own").origin());
      assertEquals(JarCache.digest(file), executor(catalog, "own").digest());
    }
  }

  @Test
  void aBundledFileThatIsChangedMissingOrNotOnTheListIsRejected() throws Exception {
    node.bundle("own.jar", PluginJar.executor("own", "2.0.0"));
    node.bundle("changed.jar", PluginJar.executor("changed", "1.0.0"));
    PluginJar.executor("changed", "1.0.1").writeTo(node.bundled.resolve("changed.jar"));
    Files.delete(node.bundle("gone.jar", PluginJar.executor("gone", "1.0.0")));
    PluginJar.executor("extra", "1.0.0").writeTo(node.bundled.resolve("extra.jar"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD, "own 2.0.0"), serving(catalog));
      assertEquals(
          Map.of("changed.jar", "NOT_BUNDLED", "extra.jar", "NOT_BUNDLED", "gone.jar", "MISSING"),
          rejected(catalog));
    }
  }

  @Test
  void withoutItsListTheDistributionHasNoPlugins() throws Exception {
    node.bundle("own.jar", PluginJar.executor("own", "2.0.0"));
    Files.writeString(node.bundled.resolve("SHA256SUMS"), "no digest  own.jar\n");
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(Map.of("SHA256SUMS", "NO_BUNDLED_DIGESTS"), rejected(catalog));
    }
    Files.delete(node.bundled.resolve("SHA256SUMS"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(Map.of("SHA256SUMS", "NO_BUNDLED_DIGESTS"), rejected(catalog));
    }
    PluginNode.names(node.bundled).forEach(name -> delete(node.bundled.resolve(name)));
    delete(node.bundled);
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(Map.of("bundled", "UNREADABLE"), rejected(catalog));
    }
  }

  private static void delete(Path file) {
    assertTrue(file.toFile().delete(), () -> "cannot delete " + file);
  }

  @Test
  void aPluginsDirectoryNeedNotExist() throws Exception {
    delete(node.plugins.resolve("good.jar"));
    delete(node.plugins);
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(), catalog.list());
      assertEquals(List.of(), catalog.rejected());
    }
  }

  @Test
  void aFileThatIsNotTrustedIsNamedWithItsDigestAndNeverOpened() throws Exception {
    Path file =
        PluginJar.executor("stranger", "1.0.0").writeTo(node.plugins.resolve("stranger.jar"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      Rejected rejected = onlyRejected(catalog);
      assertEquals("stranger.jar", rejected.file());
      assertEquals("NOT_TRUSTED", rejected.code());
      assertTrue(rejected.reason().contains(JarCache.digest(file)), rejected.reason());
      assertTrue(rejected.reason().contains("policy.trustedPlugins"), rejected.reason());
      assertEquals(1, node.cached().size());
    }
  }

  @Test
  void trustIsInTheContentNotInTheName() throws Exception {
    PluginJar.executor("good", "1.0.1").writeTo(node.plugins.resolve("good.jar"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(), catalog.list());
      assertEquals(Map.of("good.jar", "NOT_TRUSTED"), rejected(catalog));
    }
  }

  @Test
  void whatIsNoJarIsRejectedAndTheOthersLoad() throws Exception {
    byte[] good = Files.readAllBytes(node.plugins.resolve("good.jar"));
    node.trust(Files.write(node.plugins.resolve("half.jar"), Arrays.copyOf(good, good.length / 2)));
    node.trust(Files.write(node.plugins.resolve("empty.jar"), new byte[0]));
    node.trust(Files.writeString(node.plugins.resolve("text.jar"), "not a JAR"));
    Files.writeString(node.plugins.resolve("readme.txt"), "hello");
    Files.writeString(node.plugins.resolve(".upload.part"), "hidden");
    Files.createDirectory(node.plugins.resolve("folder.jar"));
    Files.createSymbolicLink(node.plugins.resolve("dangling.jar"), Path.of("nowhere"));
    try (RandomAccessFile large =
        new RandomAccessFile(node.plugins.resolve("large.jar").toFile(), "rw")) {
      large.setLength(JarCache.MAX_BYTES + 1);
    }
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(
          Map.of(
              "half.jar", "NOT_A_JAR",
              "empty.jar", "NOT_A_JAR",
              "text.jar", "NOT_A_JAR",
              "readme.txt", "NOT_A_JAR",
              "folder.jar", "NOT_A_JAR",
              "dangling.jar", "MISSING",
              "large.jar", "TOO_LARGE"),
          rejected(catalog));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Plugin-Id,,BAD_MANIFEST",
    "Plugin-Id,../../x,BAD_MANIFEST",
    "Plugin-Version,,BAD_MANIFEST",
    "Plugin-Version,one,BAD_MANIFEST",
    "Plugin-Requires,nonsense,BAD_MANIFEST",
    "Plugin-Requires,>=99.0.0,WRONG_SPI_VERSION",
    "Plugin-Requires,99.0.0,WRONG_SPI_VERSION",
    "Plugin-Requires,<1.0.0,WRONG_SPI_VERSION",
    "Plugin-Dependencies,other@1.0.0,HAS_DEPENDENCIES",
    "Class-Path,file:/tmp/other.jar,HAS_CLASS_PATH"
  })
  void aManifestThatCannotBeMetIsRejected(String key, String value, String code) throws Exception {
    PluginJar jar = PluginJar.executor("odd", "1.0.0");
    node.drop("odd.jar", value == null ? jar.without(key) : jar.manifest(key, value));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(Map.of("odd.jar", code), rejected(catalog));
      assertTrue(
          onlyRejected(catalog).reason().contains(code.equals("WRONG_SPI_VERSION") ? value : key));
    }
  }

  @Test
  void aRangeThatHoldsTheSpiVersionIsMet() throws Exception {
    node.drop(
        "ranged.jar",
        PluginJar.executor("ranged", "1.0.0-SNAPSHOT")
            .manifest("Plugin-Requires", ">=1.0.0 & <2.0.0"));
    node.drop(
        "exact.jar", PluginJar.executor("exact", "1.0.0").manifest("Plugin-Requires", "1.0.0"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of("exact 1.0.0", GOOD, "ranged 1.0.0-SNAPSHOT"), serving(catalog));
    }
  }

  @Test
  void theHighestVersionOfAnExecutorServes() throws Exception {
    node.drop("a.jar", PluginJar.executor("twice", "1.9.0"));
    node.drop("b.jar", PluginJar.executor("twice", "1.10.0"));
    node.drop("c.jar", PluginJar.executor("twice", "1.10.0-rc1"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD, "twice 1.10.0"), serving(catalog));
      assertEquals(Map.of("a.jar", "SUPERSEDED", "c.jar", "SUPERSEDED"), rejected(catalog));
      assertEquals(4, node.cached().size());
    }
  }

  @Test
  void twoFilesWithOneVersionOfAnExecutorServeNeither() throws Exception {
    node.drop("a.jar", PluginJar.executor("twice", "2.0.0"));
    node.drop("b.jar", PluginJar.executor("twice", "2.0.0").manifest("Plugin-Provider", "other"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(
          Map.of("a.jar", "VERSION_CONFLICT", "b.jar", "VERSION_CONFLICT"), rejected(catalog));
      assertTrue(catalog.rejected().get(0).reason().contains("b.jar"));
    }
  }

  @Test
  void theSameFileTwiceServesOnce() throws Exception {
    Files.copy(node.plugins.resolve("good.jar"), node.plugins.resolve("same.jar"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(Map.of("same.jar", "DUPLICATE"), rejected(catalog));
    }
  }

  @Test
  void aBundledNameIsReservedWhateverTheVersion() throws Exception {
    node.bundle("own.jar", PluginJar.executor("own", "1.0.0"));
    node.drop("claim.jar", PluginJar.executor("own", "9.0.0"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD, "own 1.0.0"), serving(catalog));
      assertEquals(Origin.BUNDLED, executor(catalog, "own").origin());
      assertEquals(Map.of("claim.jar", "NAME_RESERVED"), rejected(catalog));
    }
  }

  @Test
  void pluginsWithOneIdAndOtherExecutorsLiveSideBySide() throws Exception {
    node.drop("a.jar", PluginJar.executor("first", "1.0.0").manifest("Plugin-Id", "same"));
    node.drop("b.jar", PluginJar.executor("second", "1.0.0").manifest("Plugin-Id", "same"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of("first 1.0.0", GOOD, "second 1.0.0"), serving(catalog));
      assertEquals("first", by(executor(catalog, "first")));
      assertEquals("second", by(executor(catalog, "second")));
    }
  }

  @Test
  void aPluginMayHoldSeveralExecutors() throws Exception {
    node.drop(
        "both.jar",
        PluginJar.executor("one", "1.0.0")
            .executorClass("Second", "two", "", "\"two\"")
            .service("vendor.Main", "vendor.Second"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD, "one 1.0.0", "two 1.0.0"), serving(catalog));
    }
  }

  @Test
  void nothingIsWrittenIntoTheDirectoriesOfOthers() throws Exception {
    node.bundle("own.jar", PluginJar.executor("own", "1.0.0"));
    node.open().close();
    assertEquals(List.of("SHA256SUMS", "own.jar"), PluginNode.names(node.bundled));
    assertEquals(List.of("good.jar"), PluginNode.names(node.plugins));
  }

  @Test
  void theCacheHoldsWhatIsUsedAndNothingElse() throws Exception {
    Path extra = node.drop("extra.jar", PluginJar.executor("extra", "1.0.0"));
    node.open().close();
    assertEquals(2, node.cached().size());
    Files.delete(extra);
    Files.writeString(node.cache.resolve("copy1.part"), "left by a crash");
    node.open().close();
    String hex = JarCache.digest(node.plugins.resolve("good.jar")).substring("sha256:".length());
    assertEquals(List.of(hex + ".jar"), node.cached());
  }

  @Test
  void aCopyThatSufferedIsMadeAgain() throws Exception {
    node.open().close();
    Path copy = node.cache.resolve(node.cached().get(0));
    byte[] damaged = Files.readAllBytes(copy);
    damaged[damaged.length / 2]++;
    Files.write(copy, damaged);
    try (PluginCatalog catalog = node.open()) {
      assertEquals("good", by(executor(catalog, "good")));
    }
    assertNotEquals(Arrays.hashCode(damaged), Arrays.hashCode(Files.readAllBytes(copy)));
  }

  @Test
  void digestsAreThoseOfSha256sum() throws Exception {
    Path file = Files.write(directory.resolve("abc"), "abc".getBytes(StandardCharsets.UTF_8));
    assertEquals(
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        JarCache.digest(file));
  }
}
