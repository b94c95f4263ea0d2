package org.lfedge.eve.tasks.executor.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.View;

/** Each request that cannot be, and what is said to it. */
class RefusalsTest {

  private static Requests jar() {
    return Requests.jar();
  }

  @Test
  void thereAreToolsWithAJvm() {
    assertEquals("TOOLS_MISSING at tools", Refusals.of(jar().withoutTools()));
    for (String label : List.of("", "seventeen", "11", "17.0", "1".repeat(30))) {
      assertEquals("TOOLS_UNSUITABLE at tools", Refusals.of(jar().java(label)));
    }
  }

  @Test
  void theRootIsAJarOrADirectory() {
    assertEquals(
        "ROOT_FORMAT_UNSUPPORTED at root.file.format",
        Refusals.of(Requests.of(new Root.File("/srv/a", "qcow2", true))));
    assertEquals("UNSUPPORTED at root", Refusals.of(Requests.of(new Root.None())));
    assertEquals("BAD_VALUE at options.jar", Refusals.of(jar().option("jar", "a.jar")));
    for (String path : List.of("/a.jar", "../a.jar", "", "a:b.jar", "lib/../../a.jar")) {
      assertEquals("BAD_VALUE at options.jar", Refusals.of(Requests.directory(path)));
    }
    assertEquals("JAR_NOT_FOUND at options.jar", Refusals.of(Requests.directory("a.jar").absent()));
  }

  @Test
  void theJarHasAClassToStart() {
    assertEquals("NO_MAIN_CLASS at root.jar", Refusals.of(jar().silent("mainClass")));
    for (String name : List.of("a b", "-version", "@file", "a/B")) {
      assertEquals("NO_MAIN_CLASS at root.jar", Refusals.of(jar().says("mainClass", name)));
    }
    assertEquals("MAIN_CLASS_NOT_FOUND at root.jar", Refusals.of(jar().silent("classVersion")));
    assertEquals(
        "MAIN_CLASS_NOT_FOUND at options.mainClass",
        Refusals.of(jar().silent("classVersion").option("mainClass", "a.B")));
  }

  @Test
  void itsClassesAreNotTooNew() {
    SeedException refused =
        assertThrows(SeedException.class, () -> jar().says("classVersion", "65").seed());
    assertEquals("JAVA_TOO_OLD", refused.code());
    assertEquals("root.jar", refused.path());
    String message = refused.getMessage();
    assertTrue(message.contains("Java 21") && message.contains("Java 17"), message);
    assertEquals(
        "JAVA_TOO_OLD at root.jar",
        Refusals.of(jar().says("startClass", "a.B").says("startClassVersion", "69").java("21")));
    assertEquals(
        "JAVA_TOO_OLD at options.jar",
        Refusals.of(Requests.directory("lib/a.jar").says("classVersion", "62")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../lib/a.jar",
        "a.jar ../../etc/b.jar",
        "/etc/a.jar",
        "file:/etc/a.jar",
        "FILE:///etc/a.jar",
        "http://example.org/a.jar",
        "//example.org/a.jar",
        "lib/%2e%2E/%2e./a.jar",
        "lib/%2E%2E%2F..%2fa.jar",
        "jar:file:/app/a.jar!/"
      })
  void aClassPathStaysInTheRoot(String classPath) {
    assertEquals(
        "CLASS_PATH_LEAVES_ROOT at root.jar", Refusals.of(jar().says("classPath", classPath)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.jar lib/",
        "lib/../a.jar",
        "./",
        "/app/lib/a%20b.jar",
        "file:lib/a.jar",
        "%zz%"
      })
  void oneThatDoesIsTaken(String classPath) throws SeedException {
    assertEquals("/opt/java/bin/java", jar().says("classPath", classPath).args().get(0));
  }

  @Test
  void fromADirectoryBelowItMayClimbToTheRoot() throws SeedException {
    String classPath = "../conf/ ../lib/a.jar";
    assertEquals(
        "CLASS_PATH_LEAVES_ROOT at options.jar",
        Refusals.of(Requests.directory("app.jar").says("classPath", classPath)));
    assertTrue(
        Requests.directory("bin/app.jar")
            .says("classPath", classPath)
            .args()
            .contains("/app/bin/app.jar"));
  }

  @ParameterizedTest
  @CsvSource({
    "mainClass,a/B",
    "mainClass,''",
    "mainClass,-version",
    "module,1a",
    "module,a/b/C",
    "module,a.",
  })
  void aNameThatCannotBeIsRefused(String option, String value) {
    assertEquals("BAD_VALUE at options." + option, Refusals.of(jar().option(option, value)));
  }

  @Test
  void whatIsSaidTwiceIsRefused() {
    assertEquals(
        "BAD_VALUE at options.mainClass",
        Refusals.of(jar().option("module", "a").option("mainClass", "a.B")));
    assertEquals(
        "BAD_VALUE at options.modulePath", Refusals.of(jar().option("modulePath", List.of("lib"))));
    assertEquals(
        "BAD_VALUE at options.archive",
        Refusals.of(jar().option("module", "a").option("archive", true)));
    assertEquals(
        "BAD_VALUE at options.heapPercent",
        Refusals.of(jar().option("heap", 16 << 20).option("heapPercent", 50)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Xmx1g",
        "-Xss2m",
        "-XX:MaxHeapSize=1g",
        "-XX:MaxRAMPercentage=90",
        "-XX:+UseZGC",
        "-XX:-UseSerialGC",
        "-XX:MaxMetaspaceSize=1g",
        "-XX:ActiveProcessorCount=8",
        "-XX:Flags=/data/f",
        "-XX:VMOptionsFile=/data/f",
        "@/data/f",
        "-jar",
        "-cp",
        "-p",
        "-m",
        "--module-path=/data",
        "--add-opens",
        "org.example.Main",
        "",
        "-",
        "-XX:OnOutOfMemoryError=true",
        "-XX:SharedArchiveFile=/data/f",
        "-Djava.class.path=/x"
      })
  void optionsThatWouldUndoOursAreRefused(String option) {
    assertEquals(
        "BAD_VALUE at options.jvmOptions",
        Refusals.of(jar().option("jvmOptions", List.of("-ea", option))));
  }

  @Test
  void variablesThatWouldAreRefused() {
    assertEquals(
        "BAD_VALUE at env._JAVA_OPTIONS", Refusals.of(jar().env("_JAVA_OPTIONS", "-Xmx1g")));
  }

  @Test
  void thereIsEnoughMemory() {
    assertEquals("MEMORY_TOO_SMALL at resources.memory", Refusals.of(jar().memory((32 << 20) - 1)));
    assertEquals(
        "MEMORY_TOO_SMALL at resources.memory",
        Refusals.of(jar().memory(64 << 20).option("heap", 60 << 20)));
    assertEquals(
        "MEMORY_TOO_SMALL at resources.memory",
        Refusals.of(jar().memory(64 << 20).option("threads", 1000)));
    assertEquals("BAD_VALUE at options.heap", Refusals.of(jar().option("heap", 1 << 20)));
    assertEquals("BAD_VALUE at options.heapPercent", Refusals.of(jar().option("heapPercent", 96)));
    assertEquals("BAD_VALUE at options.stack", Refusals.of(jar().option("stack", 1024)));
  }

  @Test
  void pathsLieInTheRootOrInVolumes() {
    for (String path : List.of("/other/a.jar", "../a.jar", "a:b", "", "/libs", "/extra/../x")) {
      assertEquals(
          "BAD_VALUE at options.classPath",
          Refusals.of(jar().volume("extra", View.FILESYSTEM).option("classPath", List.of(path))));
    }
  }

  @Test
  void volumesHideNothing() {
    for (String target : List.of("/app", "/opt", "/opt/java/lib", "/bin", "/run/task", "/usr")) {
      assertEquals(
          "TARGET_RESERVED at volumes[0].target",
          Refusals.of(
              jar().volume("v", Optional.of(target), Optional.empty(), false, View.FILESYSTEM)));
    }
    assertEquals(
        "MALFORMED_PROGRAM at root",
        Refusals.of(
            jar().volume("v", Optional.of("/app/app.jar"), Optional.empty(), false, View.FILE)));
    assertEquals("VOLUME_NOT_MOUNTABLE at volumes[0]", Refusals.of(jar().volume("v", View.BLOCK)));
    assertEquals(
        "VOLUME_WITHOUT_TARGET at volumes[0]",
        Refusals.of(jar().volume("v", Optional.empty(), Optional.empty(), false, View.FILE)));
    assertEquals(
        "BAD_VALUE at options.tmp",
        Refusals.of(
            jar()
                .volume("v", Optional.of("/tmp"), Optional.empty(), false, View.FILESYSTEM)
                .option("tmp", 1 << 20)));
  }

  @Test
  void aPciDeviceIsForGuests() {
    assertEquals(
        "DEVICE_NOT_USABLE at devices[0].pci",
        Refusals.of(jar().devices(new DeviceRequest.Pci("0000:03:00.0"))));
  }
}
