package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.await;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.by;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.executor;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.onlyRejected;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.openFilesBelow;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.rejected;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.serving;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.Offer;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch;

/** Files that come, change and go while the catalog is in use. */
class HotPluginsTest {

  private static final String GOOD = "good 1.0.0";

  /** Nothing can be called any more as soon as it is gone. */
  private static final PluginCatalog.Limits AT_ONCE =
      new PluginCatalog.Limits(Duration.ofSeconds(60), Duration.ZERO);

  @TempDir private Path directory;
  private PluginNode node;

  @BeforeEach
  void aNodeWithAGoodPlugin() throws IOException {
    node = new PluginNode(directory);
    node.drop("good.jar", PluginJar.executor("good", "1.0.0"));
  }

  private Path build(String name, String version) throws IOException {
    return node.build(name + "-" + version + ".jar", PluginJar.executor(name, version));
  }

  @Test
  void aFileServesFromWhenItComesUntilItGoes() throws Exception {
    Path built = build("late", "1.0.0");
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of(GOOD), serving(catalog));
      Path file = node.place(built, "late.jar");
      node.look(catalog);
      assertEquals(List.of(GOOD, "late 1.0.0"), serving(catalog));
      assertEquals("late", by(executor(catalog, "late")));
      assertEquals("late.jar", executor(catalog, "late").file());
      Files.delete(file);
      node.look(catalog);
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(List.of(), catalog.rejected());
    }
  }

  @Test
  void theWatchSeesFilesComeAndGo() throws Exception {
    Path built = build("late", "1.0.0");
    Files.delete(node.plugins.resolve("good.jar"));
    Files.delete(node.plugins);
    try (PluginCatalog catalog = node.open()) {
      catalog.watch();
      Files.createDirectory(node.plugins);
      // In place, in two pieces: no renaming is needed.
      byte[] bytes = Files.readAllBytes(built);
      try (var out = Files.newOutputStream(node.plugins.resolve("late.jar"))) {
        out.write(bytes, 0, 100);
        out.flush();
        out.write(bytes, 100, bytes.length - 100);
      }
      await("the file to serve", () -> catalog.find("late").isPresent());
      Files.delete(node.plugins.resolve("late.jar"));
      await("it to serve no more", () -> catalog.find("late").isEmpty());
      assertEquals(1, watchers().count());
    }
    await("the watch to end", () -> watchers().findAny().isEmpty());
  }

  private static Stream<Thread> watchers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("plugins-directory"));
  }

  @Test
  void theOlderVersionServesAgainWhenTheNewerOneGoes() throws Exception {
    Path second = build("twice", "2.0.0");
    Path same = node.build("same.jar", PluginJar.executor("twice", "2.0.0").manifest("X", "y"));
    node.drop("one.jar", PluginJar.executor("twice", "1.0.0"));
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor first = executor(catalog, "twice");
      node.place(second, "two.jar");
      node.look(catalog);
      assertEquals(List.of(GOOD, "twice 2.0.0"), serving(catalog));
      assertEquals(Map.of("one.jar", "SUPERSEDED"), rejected(catalog));
      assertEquals(
          new Offer("twice", "1.0.0", first.digest()), onlyRejected(catalog).offer().orElseThrow());
      assertEquals("twice", by(first));

      node.place(same, "three.jar");
      node.look(catalog);
      assertEquals(List.of(GOOD, "twice 1.0.0"), serving(catalog));
      assertEquals(
          Map.of("two.jar", "VERSION_CONFLICT", "three.jar", "VERSION_CONFLICT"),
          rejected(catalog));

      Files.delete(node.plugins.resolve("two.jar"));
      Files.delete(node.plugins.resolve("three.jar"));
      node.look(catalog);
      assertEquals(List.of(GOOD, "twice 1.0.0"), serving(catalog));
      assertEquals(List.of(), catalog.rejected());
    }
  }

  @Test
  void aFileThatIsOverwrittenServesItsNewContentAndWhoHasTheOldOneKeepsIt() throws Exception {
    Path newer = build("it", "2.0.0");
    Path file =
        node.drop(
            "it.jar",
            PluginJar.of("it", "1.0.0")
                .executorClass("It", "it", "", "new Late().text()")
                .source("Late", "package vendor; class Late { String text() { return \"old\"; } }")
                .service("vendor.It"));
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor old = executor(catalog, "it");
      byte[] bytes = Files.readAllBytes(newer);
      Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
      node.look(catalog);
      assertEquals(List.of(GOOD), serving(catalog));
      assertEquals(Map.of("it.jar", "NOT_A_JAR"), rejected(catalog));
      Files.write(file, bytes);
      node.look(catalog);
      assertEquals(List.of(GOOD, "it 2.0.0"), serving(catalog));
      assertEquals("it", by(executor(catalog, "it")));
      assertEquals("old", by(old));
    }
  }

  @ParameterizedTest
  @CsvSource({"loaded", "refused"})
  void aFileThatChangesServesAsBeforeUntilWhatItHasNowIs(String outcome) throws Exception {
    String decision = "decision." + directory.getFileName();
    Path newer =
        node.build(
            "newer.jar",
            PluginJar.of("it", "2.0.0")
                .executorClass(
                    "It",
                    "it",
                    """
                    public It() {
                      while (System.getProperty("%1$s") == null) {
                        Thread.onSpinWait();
                      }
                      if (System.getProperty("%1$s").equals("refused")) {
                        throw new IllegalStateException("never");
                      }
                    }
                    """
                        .formatted(decision),
                    "2")
                .service("vendor.It"));
    node.drop("it.jar", PluginJar.executor("it", "1.0.0"));
    try (PluginCatalog catalog = node.open(AT_ONCE)) {
      node.place(newer, "it.jar");
      assertFalse(catalog.refresh(DirectoryWatch.stamps(node.plugins)));
      assertEquals(List.of(GOOD, "it 1.0.0"), serving(catalog));
      assertEquals(Map.of("it.jar", "LOADING"), rejected(catalog));
      assertEquals("it", by(executor(catalog, "it")));

      System.setProperty(decision, outcome);
      node.look(catalog);
      boolean loaded = outcome.equals("loaded");
      assertEquals(loaded ? List.of(GOOD, "it 2.0.0") : List.of(GOOD), serving(catalog));
      assertEquals(loaded ? Map.of() : Map.of("it.jar", "EXECUTOR_FAILS"), rejected(catalog));
      // Nothing is kept of what it had before.
      assertTrue(catalog.refresh(DirectoryWatch.stamps(node.plugins)));
      assertEquals(loaded ? 2 : 1, openFilesBelow(node.cache));
      assertEquals(loaded ? 2 : 1, node.cached().size());
    } finally {
      System.clearProperty(decision);
    }
  }

  @Test
  void aPluginThatGoesLeavesTheOthersAsTheyAre() throws Exception {
    List<String> names = new ArrayList<>(List.of("a", "b", "c", "d", "e", "f", "g"));
    for (String name : names) {
      node.drop(name + ".jar", PluginJar.executor(name, "1.0.0"));
    }
    try (PluginCatalog catalog = node.open(AT_ONCE)) {
      while (!names.isEmpty()) {
        Files.delete(node.plugins.resolve(names.remove(0) + ".jar"));
        node.look(catalog);
        for (String name : names) {
          assertEquals(name, by(executor(catalog, name)));
        }
        assertEquals(1 + names.size(), openFilesBelow(node.cache));
      }
    }
  }

  @Test
  void aBundledNameCannotBeTakenLater() throws Exception {
    node.bundle("own.jar", PluginJar.executor("own", "1.0.0"));
    Path claim = build("own", "9.0.0");
    try (PluginCatalog catalog = node.open()) {
      node.place(claim, "claim.jar");
      node.look(catalog);
      assertEquals(List.of(GOOD, "own 1.0.0"), serving(catalog));
      assertEquals(Map.of("claim.jar", "NAME_RESERVED"), rejected(catalog));
    }
  }

  @Test
  void aCallUnderWayWhenItsPluginGoesComesToItsEnd() throws Exception {
    String waiting = "waiting." + directory.getFileName();
    String release = "release." + directory.getFileName();
    Path file =
        node.drop(
            "it.jar",
            PluginJar.of("it", "1.0.0")
                .executorClass(
                    "It",
                    "it",
                    """
                    static String late() {
                      System.setProperty("%s", "yes");
                      while (System.getProperty("%s") == null) {
                        Thread.onSpinWait();
                      }
                      return new Late().text();
                    }
                    """
                        .formatted(waiting, release),
                    "late()")
                .source("Late", "package vendor; class Late { String text() { return \"late\"; } }")
                .service("vendor.It"));
    try (PluginCatalog catalog = node.open(AT_ONCE)) {
      LoadedExecutor it = executor(catalog, "it");
      CompletableFuture<String> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return by(it);
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              },
              work -> new Thread(work).start());
      await("the call to begin", () -> System.getProperty(waiting) != null);
      Files.delete(file);
      node.look(catalog);
      assertTrue(catalog.find("it").isEmpty());
      assertEquals(2, openFilesBelow(node.cache));
      System.setProperty(release, "yes");
      assertEquals("late", answer.join());

      node.look(catalog);
      assertEquals(1, openFilesBelow(node.cache));
      TaskException gone = assertThrows(TaskException.class, () -> by(it));
      assertEquals("EXECUTOR_GONE", gone.first().code());
    } finally {
      System.clearProperty(waiting);
      System.clearProperty(release);
    }
  }

  @Test
  void aPluginThatIsGoneCanBeAskedForAWhileAndIsLookedAfterUntilItIsClosed() throws Exception {
    Path file = node.drop("it.jar", PluginJar.executor("it", "1.0.0"));
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor it = executor(catalog, "it");
      assertTrue(catalog.refresh(DirectoryWatch.stamps(node.plugins)));
      Files.delete(file);
      assertFalse(catalog.refresh(DirectoryWatch.stamps(node.plugins)));
      assertTrue(catalog.find("it").isEmpty());
      assertEquals("it", by(it));
      assertEquals(2, openFilesBelow(node.cache));
      // It comes back meanwhile, as a plugin of its own.
      node.drop("it.jar", PluginJar.executor("it", "1.0.0"));
      node.look(catalog);
      assertEquals("it", by(executor(catalog, "it")));
      assertEquals("it", by(it));
    }
    assertEquals(0, openFilesBelow(node.cache));
  }

  @Test
  void afterTwoHundredReloadsNothingOfThemIsLeft() throws Exception {
    List<Path> builds = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      builds.add(
          node.build(
              i + ".jar",
              PluginJar.of("it", "1.0." + i)
                  .executorClass(
                      "It",
                      "it",
                      "static final ThreadLocal<It> KEPT = new ThreadLocal<>();"
                          + " int kept() { KEPT.set(this); return 7; }",
                      "kept()")
                  .service("vendor.It")));
    }
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    try (PluginCatalog catalog = node.open(AT_ONCE)) {
      for (Path built : builds) {
        node.place(built, "it.jar");
        node.look(catalog);
        loaders.add(new WeakReference<>(use(executor(catalog, "it"))));
      }
      Files.delete(node.plugins.resolve("it.jar"));
      node.look(catalog);
      assertEquals(1, openFilesBelow(node.cache));
      assertEquals(1, node.cached().size());
      await(
          "the classes to be collected",
          () -> {
            System.gc();
            return loaders.stream().allMatch(loader -> loader.get() == null);
          });
      assertEquals(List.of(GOOD), serving(catalog));
    }
  }

  private static ClassLoader use(LoadedExecutor it) throws Exception {
    assertEquals("7", by(it));
    return ((GuardedExecutor) it.executor()).classLoader();
  }

  @Test
  void whoLooksAnExecutorUpNeverFindsItGoneWhileOthersComeAndGo() throws Exception {
    Path one = build("other", "1.0.0");
    Path two = build("other", "2.0.0");
    try (PluginCatalog catalog = node.open(AT_ONCE)) {
      AtomicBoolean end = new AtomicBoolean();
      CompletableFuture<Long> missed =
          CompletableFuture.supplyAsync(
              () -> {
                long count = 0;
                while (!end.get()) {
                  count += catalog.find("good").isEmpty() ? 1 : 0;
                  count += catalog.list().isEmpty() ? 1 : 0;
                }
                return count;
              },
              work -> new Thread(work).start());
      for (int i = 0; i < 25; i++) {
        Path file = node.place(i % 2 == 0 ? one : two, "other.jar");
        node.look(catalog);
        assertTrue(catalog.find("other").isPresent());
        Files.delete(file);
        node.look(catalog);
      }
      end.set(true);
      assertEquals(0, missed.join());
    }
  }

  @Test
  void eachChangeIsLoggedOnce() throws Exception {
    Path first = build("it", "1.0.0");
    Path second = build("it", "2.0.0");
    List<String> lines = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            lines.add(record.getLevel() + " " + new SimpleFormatter().formatMessage(record));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(PluginCatalog.class.getName());
    try (PluginCatalog catalog = node.open()) {
      logger.addHandler(handler);
      node.place(first, "it.jar");
      node.look(catalog);
      node.look(catalog);
      node.place(second, "it.jar");
      Files.writeString(node.plugins.resolve("note.txt"), "hello");
      node.look(catalog);
      node.look(catalog);
      Files.delete(node.plugins.resolve("it.jar"));
      node.look(catalog);
    } finally {
      logger.removeHandler(handler);
    }
    assertEquals(
        List.of(
            "INFO executor it 1.0.0 of it.jar serves",
            "INFO executor it 2.0.0 of it.jar serves instead of 1.0.0 of it.jar",
            "WARNING note.txt is not used: NOT_A_JAR the name of a plugin ends in .jar or .zip;"
                + " move it away",
            "INFO executor it 2.0.0 of it.jar serves no more"),
        lines);
  }
}
