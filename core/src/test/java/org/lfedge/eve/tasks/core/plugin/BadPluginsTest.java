package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.await;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.by;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.executor;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.onlyRejected;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.rejected;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.seed;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.serving;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch;

/** Trusted plugins that are bad all the same: each is named, and the others serve. */
class BadPluginsTest {

  private static final String GOOD = "good 1.0.0";

  /** Short, since a test has to wait for it; the good ones are asked under another. */
  private static final PluginCatalog.Limits IMPATIENT =
      new PluginCatalog.Limits(Duration.ofSeconds(2), Duration.ZERO);

  @TempDir private Path directory;
  private PluginNode node;
  private String endOfLoops;

  @BeforeEach
  void aNodeWithAGoodPlugin() throws IOException {
    node = new PluginNode(directory);
    node.drop("good.jar", PluginJar.executor("good", "1.0.0"));
    endOfLoops = "end.of.loops." + directory.getFileName();
  }

  @AfterEach
  void endLoops() {
    System.setProperty(endOfLoops, "now");
  }

  /** Does not end until the test does, and takes no notice of an interruption. */
  private String loop() {
    return "while (System.getProperty(\"" + endOfLoops + "\") == null) { Thread.onSpinWait(); }";
  }

  private static PluginJar plugin(String members, String by) {
    return PluginJar.of("it", "1.0.0").executorClass("It", "it", members, by).service("vendor.It");
  }

  private PluginJar loopingSeed() {
    return plugin("String hang() { " + loop() + " return \"\"; }", "hang()");
  }

  @Test
  void aJarWithoutAManifestIsNamed() throws Exception {
    node.drop("it.jar", plugin("", "1").without("Plugin-Id").without("Plugin-Version"));
    assertRefused("it.jar", "BAD_MANIFEST", "MANIFEST.MF");
  }

  @ParameterizedTest
  @CsvSource({
    "Plugin-Id,no id at all!,BAD_MANIFEST",
    "Plugin-Dependencies,it,HAS_DEPENDENCIES",
    "Plugin-Requires,>=2.0.0,WRONG_SPI_VERSION"
  })
  void aBadManifestIsNamed(String key, String value, String code) throws Exception {
    node.drop("it.jar", plugin("", "1").manifest(key, value));
    assertRefused("it.jar", code, key.equals("Plugin-Requires") ? value : key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "static { if (true) { throw new IllegalStateException(\"never\"); } }",
        "static final Object PART = new Part();",
      })
  void aClassThatCannotBeInitialisedIsNamed(String members) throws Exception {
    node.drop(
        "it.jar",
        plugin(members, "1").source("Part", "package vendor; class Part {}").withoutClass("Part"));
    assertRefused("it.jar", "EXECUTOR_FAILS", members.contains("Part") ? "Part" : "never");
  }

  private void assertRefused(String file, String code, String reason) throws Exception {
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(Map.of(file, code), rejected(catalog));
      assertTrue(onlyRejected(catalog).reason().contains(reason), onlyRejected(catalog).reason());
      assertEquals("good", by(executor(catalog, "good")));
      assertEquals(1, node.cached().size());
    }
  }

  @Test
  void oneThatNeverSaysWhoItIsKeepsNobodyWaiting() throws Exception {
    Path built = node.build("it.jar", plugin("public It() { " + loop() + " }", "1"));
    Path late = node.build("late.jar", PluginJar.executor("late", "1.0.0"));
    PluginCatalog.Limits patient = new PluginCatalog.Limits(Duration.ofSeconds(20), Duration.ZERO);
    try (PluginCatalog catalog = node.open(patient)) {
      node.place(built, "it.jar");
      node.place(late, "late.jar");
      catalog.refresh(DirectoryWatch.stamps(node.plugins));
      await("the other one to serve", () -> catalog.find("late").isPresent());
      assertEquals(List.of(GOOD, "late 1.0.0"), serving(catalog));
      assertEquals(Map.of("it.jar", "LOADING"), rejected(catalog));
      endLoops();
      await("it to be loaded after all", () -> catalog.find("it").isPresent());
    }
    System.clearProperty(endOfLoops);
    try (PluginCatalog catalog = node.open(IMPATIENT)) {
      await("it to be refused", () -> rejected(catalog).containsValue("EXECUTOR_TIMED_OUT"));
      assertTrue(catalog.find("it").isEmpty());
    }
  }

  @Test
  void oneThatHangsFailsTheCallAndIsCalledNoMoreWhenItDoesSoAgain() throws Exception {
    Path file = node.drop("it.jar", loopingSeed());
    node.drop("old.jar", PluginJar.executor("it", "0.9.0"));
    try (PluginCatalog catalog = node.open(IMPATIENT)) {
      LoadedExecutor it = executor(catalog, "it");
      TaskException first = assertThrows(TaskException.class, () -> seed(it));
      assertEquals("EXECUTOR_TIMED_OUT", first.first().code());
      assertTrue(first.first().message().contains("it 1.0.0 of it.jar"), first.first().message());
      assertEquals("1.0.0", executor(catalog, "it").version());

      assertThrows(TaskException.class, () -> seed(it));
      assertEquals(Map.of("it.jar", "EXECUTOR_STUCK"), rejected(catalog));
      assertEquals("0.9.0", executor(catalog, "it").version());
      TaskException third = assertThrows(TaskException.class, () -> seed(it));
      assertEquals("EXECUTOR_STUCK", third.first().code());

      node.look(catalog);
      assertEquals(Map.of("it.jar", "EXECUTOR_STUCK"), rejected(catalog));
      Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
      node.look(catalog);
      assertEquals(Map.of("old.jar", "SUPERSEDED"), rejected(catalog));
    }
  }

  @Test
  void oneThatHangsInItsQuestionsFailsTheCallToo() throws Exception {
    node.drop(
        "it.jar",
        plugin(
            "public List<FactQuery> facts(TaskConfig task, List<Fact> known) { "
                + loop()
                + " return List.of(); }",
            "1"));
    try (PluginCatalog catalog = node.open(IMPATIENT)) {
      LoadedExecutor it = executor(catalog, "it");
      TaskException failed =
          assertThrows(
              TaskException.class,
              () -> it.executor().facts(PluginNode.request(it).task(), List.of()));
      assertEquals("EXECUTOR_TIMED_OUT", failed.first().code());
    }
  }

  @Test
  void aCallThatComesBackAfterAllDoesNotHang() throws Exception {
    node.drop("it.jar", loopingSeed());
    try (PluginCatalog catalog = node.open(IMPATIENT)) {
      LoadedExecutor it = executor(catalog, "it");
      for (int i = 0; i < 2 * Plugin.MAX_STUCK; i++) {
        System.clearProperty(endOfLoops);
        assertEquals(
            "EXECUTOR_TIMED_OUT", assertThrows(TaskException.class, () -> seed(it)).first().code());
        endLoops();
        await("the thread to end", () -> threadsOf("executor it") == 0);
      }
      assertTrue(catalog.find("it").isPresent());
    }
  }

  private static long threadsOf(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(name))
        .count();
  }

  @Test
  void noThreadIsLeftOfPluginsThatAreNotCalled() throws Exception {
    try (PluginCatalog catalog = node.open()) {
      assertEquals("good", by(executor(catalog, "good")));
      await(
          "the threads to end",
          () -> threadsOf("executor good") + threadsOf("plugin ") + threadsOf("open ") == 0);
    }
  }

  @Test
  void anAnswerWithoutBoundsFailsTheCall() throws Exception {
    // A gigabyte when it is written, although it takes a megabyte here.
    node.drop(
        "it.jar",
        PluginJar.of("it", "1.0.0")
            .source(
                "It",
                """
                package vendor;
                import org.lfedge.eve.tasks.spi.*;
                import org.lfedge.eve.tasks.spi.seed.*;
                public class It implements Executor {
                  public ExecutorInfo info() {
                    return ExecutorInfo.builder("it", "a test")
                        .root(org.lfedge.eve.tasks.spi.task.Root.Kind.IMAGE).build();
                  }
                  public Seed seed(SeedRequest r) {
                    String big = "x".repeat(1 << 20);
                    return Seed.builder(
                            Base.TASK,
                            true,
                            AnchorProcess.builder(java.util.Collections.nCopies(1000, big)).build())
                        .build();
                  }
                }
                """)
            .service("vendor.It"));
    assertSeedFails("SEED_TOO_LARGE");
  }

  @Test
  void oneThatTakesAllMemoryFailsTheCall() throws Exception {
    node.drop("it.jar", plugin("", "new long[Integer.MAX_VALUE - 8].length"));
    assertSeedFails("EXECUTOR_FAILED");
  }

  private void assertSeedFails(String code) throws Exception {
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor it = executor(catalog, "it");
      TaskException failed = assertThrows(TaskException.class, () -> seed(it));
      assertEquals(code, failed.first().code());
      assertEquals("good", by(executor(catalog, "good")));
    }
  }

  @Test
  void whatAPluginThrowsHoldsNothingOfIt() throws Exception {
    node.drop(
        "it.jar",
        plugin(
            "Object broken() { throw new Mine(); }"
                + " static class Mine extends RuntimeException {"
                + " public String toString() { return \"y\".repeat(1 << 20); } }",
            "broken()"));
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor it = executor(catalog, "it");
      Throwable failed = assertThrows(TaskException.class, () -> seed(it));
      assertTrue(String.valueOf(failed.getMessage()).length() < 2_000);
      for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
        assertEquals(getClass().getClassLoader(), cause.getClass().getClassLoader());
      }
    }
  }

  private Path dropZip(PluginJar plugin) throws IOException {
    return node.trust(plugin.writeZipTo(node.plugins.resolve("it.zip")));
  }

  @Test
  void anArchiveServesWithItsClassesAndItsJars() throws Exception {
    Path part =
        PluginJar.of("part", "1.0.0")
            .source("lib/Part", "package lib; public class Part { }")
            .writeTo(directory.resolve("part.jar"));
    dropZip(
        plugin(
                "static String look() throws SeedException { try { return Class.forName(\"lib.Part\")"
                    + ".getName(); } catch (ClassNotFoundException e) { return \"none\"; } }",
                "look()")
            .entry("lib/part.jar", Files.readAllBytes(part)));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD, "it 1.0.0"), serving(catalog));
      assertEquals("lib.Part", by(executor(catalog, "it")));
      Files.delete(node.plugins.resolve("it.zip"));
      node.look(catalog);
      assertEquals(List.of(GOOD), serving(catalog));
    }
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(1, node.cached().size());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "../../climbed,LEAVES_ITS_DIRECTORY",
    "classes/../../climbed,LEAVES_ITS_DIRECTORY",
    "/tmp/climbed,LEAVES_ITS_DIRECTORY",
    "classes\\..\\climbed,LEAVES_ITS_DIRECTORY",
    ".,NOT_A_JAR",
    "classes,NOT_A_JAR"
  })
  void anArchiveThatClimbsOutIsNamedAndWritesNothing(String entry, String code) throws Exception {
    dropZip(plugin("", "1").entry(entry, "climbed".getBytes(StandardCharsets.UTF_8)));
    assertRefused("it.zip", code, "");
    try (var files = Files.walk(directory)) {
      assertTrue(files.noneMatch(file -> file.endsWith("climbed")));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Plugin-Id,,BAD_MANIFEST",
    "Plugin-Version,,BAD_MANIFEST",
    "Plugin-Dependencies,it,HAS_DEPENDENCIES",
    "Plugin-Requires,>=2.0.0,WRONG_SPI_VERSION"
  })
  void anArchiveWithBadPropertiesIsNamed(String key, String value, String code) throws Exception {
    PluginJar jar = plugin("", "1");
    dropZip(value == null ? jar.without(key) : jar.manifest(key, value));
    assertRefused("it.zip", code, "");
  }

  @Test
  void anArchiveWithoutPropertiesOrWithJarsThatBringInOthersIsNamed() throws Exception {
    Path jar = plugin("", "1").writeTo(directory.resolve("plain.jar"));
    node.trust(Files.copy(jar, node.plugins.resolve("it.zip")));
    assertRefused("it.zip", "BAD_MANIFEST", "plugin.properties");

    Path part =
        PluginJar.of("part", "1.0.0")
            .manifest("Class-Path", "other.jar")
            .writeTo(directory.resolve("part.jar"));
    Files.delete(node.plugins.resolve("it.zip"));
    dropZip(plugin("", "1").entry("lib/part.jar", Files.readAllBytes(part)));
    assertRefused("it.zip", "HAS_CLASS_PATH", "");
  }

  @Test
  void anArchiveThatUnpacksWithoutEndIsNamed() throws Exception {
    PluginJar bomb = plugin("", "1");
    byte[] zeros = new byte[(int) JarCache.MAX_BYTES];
    for (int i = 0; i < 5; i++) {
      bomb.entry("classes/zeros" + i, zeros);
    }
    dropZip(bomb);
    assertRefused("it.zip", "TOO_LARGE", "");
  }
}
