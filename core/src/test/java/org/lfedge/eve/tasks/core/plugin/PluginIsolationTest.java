package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.by;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.executor;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.onlyRejected;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.seed;
import static org.lfedge.eve.tasks.core.plugin.PluginNode.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.seed.Seed;

/** What a plugin sees of the daemon, and what the daemon suffers from a plugin. */
class PluginIsolationTest {

  @TempDir private Path directory;
  private PluginNode node;

  @BeforeEach
  void aNodeWithAGoodPlugin() throws IOException {
    node = new PluginNode(directory);
    node.drop("good.jar", PluginJar.executor("good", "1.0.0"));
  }

  private PluginJar plugin(String members, String by) {
    return PluginJar.of("it", "1.0.0").executorClass("It", "it", members, by).service("vendor.It");
  }

  private LoadedExecutor load(PluginCatalog catalog) {
    return executor(catalog, "it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "com.fasterxml.jackson.databind.ObjectMapper",
        "org.pf4j.Plugin",
        "io.grpc.Channel",
        "org.lfedge.eve.tasks.core.plugin.PluginCatalog"
      })
  void aPluginDoesNotSeeTheClassesOfTheDaemon(String name) throws Exception {
    assertEquals(name, Class.forName(name).getName());
    node.drop("it.jar", plugin(LOOK_UP, "look(\"" + name + "\")"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals("class not found, resource not found", by(load(catalog)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"org.slf4j.Logger", "java.sql.Connection", "org.lfedge.eve.tasks.spi.Option"})
  void aPluginSeesTheJdkTheSpiAndSlf4j(String name) throws Exception {
    node.drop("it.jar", plugin(LOOK_UP, "look(\"" + name + "\")"));
    try (PluginCatalog catalog = node.open()) {
      assertTrue(by(load(catalog)).startsWith("class found"));
    }
  }

  private static final String LOOK_UP =
      """
      static String look(String name) {
        String found;
        try {
          Class.forName(name);
          found = "class found, ";
        } catch (ClassNotFoundException e) {
          found = "class not found, ";
        }
        Object resource = It.class.getResource("/" + name.replace('.', '/') + ".class");
        return found + (resource == null ? "resource not found" : "resource found");
      }
      """;

  @Test
  void aPluginMayPackAnotherJackson() throws Exception {
    node.drop(
        "it.jar",
        plugin("", "new com.fasterxml.jackson.databind.ObjectMapper().mine()")
            .source(
                "com/fasterxml/jackson/databind/ObjectMapper",
                """
                package com.fasterxml.jackson.databind;
                public class ObjectMapper {
                  public String mine() { return "the vendor's"; }
                }
                """));
    try (PluginCatalog catalog = node.open()) {
      assertEquals("the vendor's", by(load(catalog)));
    }
  }

  @Test
  void aPluginThatPacksTheSpiGetsTheOneOfTheDaemon() throws Exception {
    PluginJar jar = plugin("", "Executor.class.getClassLoader() == It.class.getClassLoader()");
    for (Class<?> type : List.of(Executor.class, ExecutorInfo.class, Seed.class)) {
      jar.entry(type.getName().replace('.', '/') + ".class", PluginJar.bytesOf(type));
    }
    node.drop("it.jar", jar);
    try (PluginCatalog catalog = node.open()) {
      assertEquals("false", by(load(catalog)));
      assertEquals(List.of(), catalog.rejected());
    }
  }

  @Test
  void theContextClassLoaderIsThePluginsWhileItRunsAndTheCallersAfterwards() throws Exception {
    String same = "Thread.currentThread().getContextClassLoader() == It.class.getClassLoader()";
    node.drop(
        "it.jar",
        plugin(
            "static final boolean LOADED = " + same + "; final boolean made = " + same + ";",
            "LOADED && made && " + same));
    ClassLoader caller = Thread.currentThread().getContextClassLoader();
    try (PluginCatalog catalog = node.open()) {
      assertEquals("true", by(load(catalog)));
      assertSame(caller, Thread.currentThread().getContextClassLoader());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "throw new IllegalStateException(\"broken\");|broken",
        "throw new NoClassDefFoundError(\"missing/Part\");|missing/Part",
        "return broken();|StackOverflowError",
        "return null;|null",
        "throw new RuntimeException() { public String toString() { throw this; } };|vendor.It$1",
        "throw new OutOfMemoryError(\"too much\");|too much"
      })
  void whateverAPluginThrowsFailsTheTaskAndNamesThePlugin(String body, String reason)
      throws Exception {
    node.drop("it.jar", plugin("Object broken() { " + body + " }", "broken().toString()"));
    ClassLoader caller = Thread.currentThread().getContextClassLoader();
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor it = load(catalog);
      TaskException failed = assertThrows(TaskException.class, () -> seed(it));
      assertEquals("EXECUTOR_FAILED", failed.first().code());
      assertTrue(failed.first().message().contains("it 1.0.0"), failed.first().message());
      assertTrue(failed.first().message().contains(reason), failed.first().message());
      assertSame(caller, Thread.currentThread().getContextClassLoader());
      assertEquals("good", by(executor(catalog, "good")));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "return null;",
        "return Arrays.asList((FactQuery) null);",
        "return Collections.nCopies(257, new FactQuery.JsonFile(\"a\"));",
        "throw new LinkageError();"
      })
  void badQuestionsFailTheTask(String body) throws Exception {
    node.drop(
        "it.jar",
        plugin(
            "public List<FactQuery> facts(TaskConfig task, List<Fact> known) { " + body + " }",
            "1"));
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor it = load(catalog);
      TaskException failed =
          assertThrows(
              TaskException.class,
              () -> it.executor().facts(PluginNode.request(it).task(), List.of()));
      assertEquals("EXECUTOR_FAILED", failed.first().code());
    }
  }

  @Test
  void aRefusalReachesTheCallerAsItIs() throws Exception {
    node.drop(
        "it.jar",
        plugin(
            "static Object refuse() throws SeedException { throw new SeedException(\"NO_LUCK\","
                + " \"root\", \"try again\"); }",
            "refuse()"));
    try (PluginCatalog catalog = node.open()) {
      LoadedExecutor it = load(catalog);
      assertEquals("NO_LUCK", assertThrows(SeedException.class, () -> seed(it)).code());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "public It() { throw new IllegalStateException(\"no\"); }|EXECUTOR_FAILS|no",
        "static final int X = 1 / Integer.parseInt(\"0\");|EXECUTOR_FAILS|by zero",
        "private It() {}|EXECUTOR_FAILS|vendor.It",
        "It(int needed) {}|EXECUTOR_FAILS|vendor.It"
      })
  void aClassThatCannotBeMadeRejectsItsFile(String members, String code, String reason)
      throws Exception {
    node.drop("it.jar", plugin(members, "1"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of("good 1.0.0"), serving(catalog));
      assertEquals("it.jar", onlyRejected(catalog).file());
      assertEquals(code, onlyRejected(catalog).code());
      assertTrue(onlyRejected(catalog).reason().contains(reason), onlyRejected(catalog).reason());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return null;|EXECUTOR_FAILS|null",
        "throw new IllegalStateException(\"who am I\");|EXECUTOR_FAILS|who am I",
        "return info();|EXECUTOR_FAILS|StackOverflowError",
        "return ExecutorInfo.builder(\"Bad Name\", \"\").build();|EXECUTOR_FAILS|Bad Name"
      })
  void anExecutorThatCannotSayItsNameRejectsItsFile(String body, String code, String reason)
      throws Exception {
    node.drop(
        "it.jar",
        PluginJar.of("it", "1.0.0")
            .source(
                "It",
                """
                package vendor;
                import org.lfedge.eve.tasks.spi.*;
                public class It implements Executor {
                  public ExecutorInfo info() { %s }
                  public org.lfedge.eve.tasks.spi.seed.Seed seed(SeedRequest r) { return null; }
                }
                """
                    .formatted(body))
            .service("vendor.It"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of("good 1.0.0"), serving(catalog));
      assertEquals(code, onlyRejected(catalog).code());
      assertTrue(onlyRejected(catalog).reason().contains(reason), onlyRejected(catalog).reason());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "vendor.Missing,EXECUTOR_FAILS",
    "vendor.NoExecutor,EXECUTOR_FAILS",
    "java.lang.String,NO_EXECUTOR",
    "not a class,EXECUTOR_FAILS",
    "'# nobody',NO_EXECUTOR",
    ",NO_EXECUTOR"
  })
  void aServiceFileThatNamesNoExecutorRejectsItsFile(String line, String code) throws Exception {
    PluginJar jar =
        PluginJar.of("it", "1.0.0")
            .executorClass("It", "it", "", "1")
            .source("NoExecutor", "package vendor; public class NoExecutor {}");
    node.drop("it.jar", line == null ? jar : jar.service(line));
    try (PluginCatalog catalog = node.open()) {
      assertEquals(List.of("good 1.0.0"), serving(catalog));
      assertEquals(code, onlyRejected(catalog).code());
      assertTrue(onlyRejected(catalog).reason().contains("META-INF/services"));
    }
  }

  @Test
  void aPluginClassOfPf4jIsNotRun() throws Exception {
    String property = "plugin.class.was.run." + directory.getFileName();
    node.drop(
        "it.jar",
        plugin("", "1")
            .source(
                "Start",
                "package vendor; public class Start { static { System.setProperty(\""
                    + property
                    + "\", \"yes\"); } }")
            .manifest("Plugin-Class", "vendor.Start"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals("1", by(load(catalog)));
    }
    assertEquals("no", System.getProperty(property, "no"));
  }

  @Test
  void overwritingOrRemovingAFileDoesNotDisturbTheLoadedPlugin() throws Exception {
    Path file =
        node.drop(
            "it.jar",
            plugin("", "new Late().text()")
                .source(
                    "Late", "package vendor; class Late { String text() { return \"late\"; } }"));
    try (PluginCatalog catalog = node.open()) {
      byte[] other = Files.readAllBytes(node.plugins.resolve("good.jar"));
      Files.write(file, other);
      assertEquals("late", by(load(catalog)));
      Files.delete(file);
      assertEquals("late", by(load(catalog)));
    }
  }

  @Test
  void closingReleasesTheFiles() throws Exception {
    PluginCatalog catalog = node.open();
    assertEquals("good", by(executor(catalog, "good")));
    assertEquals(1, PluginNode.openFilesBelow(node.cache));
    catalog.close();
    assertEquals(0, PluginNode.openFilesBelow(node.cache));
    assertEquals(0, PluginNode.openFilesBelow(node.plugins));
  }

  @Test
  void aRejectedFileIsNotHeldOpen() throws Exception {
    node.drop("it.jar", plugin("public It() { throw new IllegalStateException(); }", "1"));
    try (PluginCatalog catalog = node.open()) {
      assertEquals("good", by(executor(catalog, "good")));
      assertEquals(1, PluginNode.openFilesBelow(node.cache));
    }
  }

  @Test
  void theGuardKeepsTheContractThatThePluginKeeps() throws Exception {
    try (PluginCatalog catalog = node.open()) {
      Executor guarded = executor(catalog, "good").executor();
      assertInstanceOf(GuardedExecutor.class, guarded);
      assertEquals(List.of(), Contract.verify(() -> guarded, 3, 20));
    }
  }

  @Test
  void eachPluginHasItsOwnClasses() throws Exception {
    node.drop("it.jar", plugin("", "It.class.getClassLoader().hashCode()"));
    node.drop(
        "other.jar",
        PluginJar.of("it", "1.0.1")
            .executorClass("It", "other", "", "It.class.getClassLoader().hashCode()")
            .service("vendor.It"));
    try (PluginCatalog catalog = node.open()) {
      assertNotSame(by(load(catalog)), by(executor(catalog, "other")));
    }
  }
}
