package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.JarInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A JAR is a task: its anchor is a JVM out of the tools, and all else is as with any other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JvmIT {

  private static final String NETWORKS =
      "networks: {lan: {type: bridge, subnets: [10.233.9.0/24]}}\n";

  private static final String MAIN = "Main-Class: app.Main";

  /** Says what it sees, and then does what its first argument says. */
  private static final String PROGRAM =
      """
      package app;
      import java.nio.ByteBuffer;
      import java.util.*;
      public class Main {
        static final List<Object> KEPT = new ArrayList<>();
        public static void main(String[] args) throws Exception {
          System.out.println("java " + Runtime.version().feature()
              + ", heap " + (Runtime.getRuntime().maxMemory() >> 20)
              + ", cpus " + Runtime.getRuntime().availableProcessors()
              + ", args " + Arrays.asList(args));
          switch (args.length == 0 ? "" : args[0]) {
            case "serve":
              Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                System.out.println("told to end");
                Runtime.getRuntime().halt(7);
              }));
              System.out.println("up");
              Thread.sleep(1_000_000);
              break;
            case "heap":
              while (true) KEPT.add(new byte[1 << 16]);
            case "three":
              System.exit(3);
              break;
            case "native":
              var field = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
              field.setAccessible(true);
              sun.misc.Unsafe unsafe = (sun.misc.Unsafe) field.get(null);
              while (true) unsafe.setMemory(unsafe.allocateMemory(1 << 20), 1 << 20, (byte) 1);
            case "full":
              fill(Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
              System.out.println("all full");
              break;
            default:
          }
        }
        /** Buffers in MiB, threads, and loaders of this class; then the heap. */
        static void fill(int direct, int threads, int loaders) throws Exception {
          byte[] code = Main.class.getResourceAsStream("Main.class").readAllBytes();
          for (int i = 0; i < loaders; i++) {
            KEPT.add(new ClassLoader(null) {
              Class<?> load() { return defineClass("app.Main", code, 0, code.length); }
            }.load());
          }
          for (int i = 0; i < direct; i++) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
            for (int at = 0; at < buffer.capacity(); at += 4096) buffer.put(at, (byte) 1);
            KEPT.add(buffer);
          }
          var ready = new java.util.concurrent.CountDownLatch(threads);
          for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> {
              deep();
              ready.countDown();
              try { Thread.sleep(1_000_000); } catch (InterruptedException e) { }
            });
            thread.setDaemon(true);
            thread.start();
          }
          ready.await();
          List<byte[]> heap = new ArrayList<>();
          try {
            while (true) {
              byte[] block = new byte[1 << 16];
              Arrays.fill(block, (byte) 1);
              heap.add(block);
            }
          } catch (OutOfMemoryError full) {
            heap = null;
          }
        }
        static int deep() {
          try { return deep() + 1; } catch (StackOverflowError end) { return 0; }
        }
      }
      """;

  /** As applications with JARs inside are started: by a loader of their own. */
  private static final String LOADER =
      """
      package loader;
      import java.io.*;
      import java.util.*;
      import java.util.jar.*;
      public class Launcher extends ClassLoader {
        private final Map<String, byte[]> classes = new HashMap<>();
        public static void main(String[] args) throws Exception {
          Launcher launcher = new Launcher();
          try (var manifest = Launcher.class.getResourceAsStream("/META-INF/MANIFEST.MF")) {
            String start = new Manifest(manifest).getMainAttributes().getValue("Start-Class");
            String file = "BOOT-INF/classes/" + start.replace('.', '/') + ".class";
            try (var in = Launcher.class.getResourceAsStream("/" + file)) {
              launcher.classes.put(start, in.readAllBytes());
            }
            launcher.open(Launcher.class.getResourceAsStream("/BOOT-INF/lib/inner.jar"));
            launcher.loadClass(start).getMethod("main", String[].class).invoke(null, (Object) args);
          }
        }
        private void open(InputStream in) throws IOException {
          try (JarInputStream jar = new JarInputStream(in)) {
            for (JarEntry entry; (entry = jar.getNextJarEntry()) != null; ) {
              classes.put(entry.getName().replace('/', '.').replace(".class", ""),
                  jar.readAllBytes());
            }
          }
        }
        @Override protected Class<?> findClass(String name) throws ClassNotFoundException {
          byte[] code = classes.get(name);
          if (code == null) throw new ClassNotFoundException(name);
          return defineClass(name, code, 0, code.length);
        }
      }
      """;

  private static String says(String type, String text) {
    return "package app; public class "
        + type
        + " { public static void main(String[] args) {"
        + " System.out.println("
        + text
        + "); }"
        + " public static String word() { return "
        + text
        + "; } }";
  }

  private final PackagedNode node = new PackagedNode(List.of(), NETWORKS, JvmIT::withTools);

  private static Path archive(PackagedNode node, String kind) {
    return node.directory().resolve(kind + "-tools.oci.tar");
  }

  private static void withTools(PackagedNode node) {
    try {
      Files.writeString(
          node.config(),
          "executors: {jvm: {tools: \"%s\"}}\n"
              .formatted(DebianImages.make("jvm-17", archive(node, "jvm-17"))),
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeAll
  void prepare() {
    node.taskctl("images", "import", archive(node, "jvm-17").toString()).expect(0);
    program().manifest(MAIN).writeTo(file("app.jar"));
  }

  @AfterAll
  void close() {
    node.close();
  }

  private static JavaProgram program() {
    return new JavaProgram().classes(17, "", Map.of("app.Main", PROGRAM));
  }

  private Path file(String name) {
    return node.documents().resolve(name);
  }

  /**
   * Writes a document.
   *
   * @param root in YAML
   * @param command in YAML
   * @param more keys of it
   */
  private String document(String name, String root, String command, String more) {
    return node.document(
        name + ".yaml",
        """
        name: %s
        root: %s
        command: %s
        %s
        %s
        restart: {policy: never}
        %s
        """
            .formatted(
                name,
                root,
                command,
                more.contains("tools:") ? "" : "executor: jvm",
                more.contains("resources:") ? "" : "resources: {memory: 64MiB, cpus: 1.5}",
                more));
  }

  /** Makes tasks and starts them. */
  private void apply(String... documents) {
    List<String> arguments = new ArrayList<>(List.of("apply"));
    arguments.addAll(List.of(documents));
    node.taskctl(arguments.toArray(new String[0])).expect(0);
  }

  /** What an ended task has written to its standard output. */
  private String output(String name) {
    var unused = ended(name);
    return Programs.read(node.directory().resolve("state/logs").resolve(name).resolve("stdout"));
  }

  private JsonNode ended(String name) {
    JsonNode[] last = new JsonNode[1];
    Programs.await(
        name + " to end",
        () -> {
          last[0] = node.json("inspect", name);
          return last[0].path("state").asText().equals("STOPPED");
        });
    return last[0];
  }

  @ParameterizedTest
  @CsvSource({"jar, false", "waited-for, true"})
  void aJarIsATaskLikeAnyOther(String name, boolean init) throws IOException {
    String more = "init: %s\nstop: {grace: 60s}\nenv: {GREETING: hello}".formatted(init);
    node.taskctl("run", "-d", document(name, "{jar: app.jar}", "[serve, \"a b\", $HOME]", more))
        .expect(0);
    node.awaitOutput(name, "up");
    assertTrue(
        node.taskctl("logs", name)
            .expect(0)
            .out()
            .contains("java 17, heap 38, cpus 2, args [serve, a b, $HOME]\n"),
        node.taskctl("logs", name).out());

    JsonNode task = node.json("inspect", name);
    assertEquals("jvm", task.path("executor").asText());
    JsonNode memory = task.path("memory");
    assertEquals(64L << 20, memory.path("askedBytes").longValue());
    assertEquals(
        memory.path("askedBytes").longValue() + memory.path("taxBytes").longValue(),
        memory.path("limitBytes").longValue());
    assertTrue(node.json("stats", name).at("/0/memory/usageBytes").longValue() > 10 << 20);
    long pid = Anchor.of(task).pid();
    String program = Files.readSymbolicLink(Path.of("/proc/" + pid + "/exe")).toString();
    assertEquals(!init, program.equals("/opt/java/bin/java"), program);
    assertTrue(
        node.taskctl("exec", name, "--", "/bin/busybox", "cat", "/app/MANIFEST.MF")
            .expect(0)
            .out()
            .contains(MAIN));

    node.taskctl("signal", name, "SIGQUIT").expect(0);
    node.awaitOutput(name, "Full thread dump");
    node.awaitOutput(name, "\"main\"");

    JsonNode stopped = node.json("stop", name);
    assertEquals(7, stopped.path("exitCode").intValue(), stopped.toString());
    assertTrue(node.taskctl("logs", name).expect(0).out().contains("told to end"));
    node.taskctl("delete", name).expect(0);
  }

  @Test
  void whatMemoryEndedItIsToldApart() {
    apply(
        document("heap", "{jar: app.jar}", "[heap]", ""),
        document("three", "{jar: app.jar}", "[three]", ""),
        document("native", "{jar: app.jar}", "[native]", ""),
        document("caught", "{jar: app.jar}", "[heap]", "options: {exitOnOutOfMemory: false}"));
    assertEquals("3 out-of-memory false", end("heap"));
    assertTrue(output("heap").contains("Java heap space"), output("heap"));
    assertEquals("3 null false", end("three"));
    assertEquals("137 null true", end("native"));
    assertEquals("1 null false", end("caught"));
  }

  private String end(String name) {
    JsonNode task = ended(name);
    return task.path("exitCode").asText()
        + " "
        + task.path("exitOutcome").asText()
        + " "
        + task.path("oomKilled").asText();
  }

  /** Heap, classes, buffers and stacks are full at once, and the kernel has no reason to act. */
  @Tag("long")
  @Test
  void allThatItIsGivenMayBeFull() {
    String command = "[full, \"4\", \"8\", \"700\"]";
    String more = "options: {exitOnOutOfMemory: false}";
    apply(document("full", "{jar: app.jar}", command, more));
    assertTrue(output("full").contains("all full"), output("full"));
    assertEquals("0 null false", end("full"));
  }

  @Tag("long")
  @Test
  void jarsOfEveryKindAreRun() throws IOException {
    byte[] inner =
        new JavaProgram()
            .classes(17, "", Map.of("app.Inner", says("Inner", "\"from within\"")))
            .bytes();
    new JavaProgram()
        .classes(17, "", Map.of("loader.Launcher", LOADER))
        .classes(
            17,
            "BOOT-INF/classes/",
            Map.of(
                "app.Start",
                "package app; public class Start { public static void main(String[] args) throws"
                    + " Exception { System.out.println(Class.forName(\"app.Inner\")"
                    + ".getMethod(\"word\").invoke(null)); } }"))
        .entry("BOOT-INF/lib/inner.jar", inner)
        .manifest("Main-Class: loader.Launcher", "Start-Class: app.Start")
        .writeTo(file("nested.jar"));
    new JavaProgram()
        .classes(8, "", Map.of("app.Main", says("Main", "\"for 8\"")))
        .classes(11, "META-INF/versions/11/", Map.of("app.Main", says("Main", "\"for 11\"")))
        .manifest(MAIN, "Multi-Release: true")
        .writeTo(file("releases.jar"));
    // Of a directory, with a neighbour that the manifest names.
    Files.createDirectories(file("whole/lib"));
    Files.write(file("whole/lib/inner.jar"), inner);
    JavaProgram caller =
        new JavaProgram()
            .classes(
                17,
                "",
                Map.of(
                    "app.Inner", says("Inner", "\"\""),
                    "app.Main", says("Main", "Inner.word()")));
    caller.entry("app/Inner.class", new byte[0]);
    JavaProgram alone = new JavaProgram().entry("app/Main.class", classOf(caller));
    alone.manifest(MAIN, "Class-Path: lib/inner.jar").writeTo(file("whole/app.jar"));
    // The same, its neighbour in a volume.
    alone.manifest().writeTo(file("main.jar"));
    apply(
        document("nested", "{jar: nested.jar}", "[]", ""),
        document("releases", "{jar: releases.jar}", "[]", ""),
        document("whole", "{directory: whole, readOnly: true}", "[]", ""),
        document(
            "parts",
            "{jar: main.jar}",
            "[]",
            """
            options: {mainClass: app.Main, classPath: ["/extra/*"]}
            volumes: [{name: extra, source: whole/lib, target: /extra, readOnly: true}]
            """));
    assertEquals("from within\n", output("nested"));
    assertEquals("for 11\n", output("releases"));
    assertEquals("from within\n", output("whole"));
    assertEquals("from within\n", output("parts"));
  }

  private static byte[] classOf(JavaProgram program) throws IOException {
    try (var jar = new JarInputStream(new ByteArrayInputStream(program.bytes()))) {
      for (var entry = jar.getNextJarEntry(); entry != null; entry = jar.getNextJarEntry()) {
        if (entry.getName().equals("app/Main.class")) {
          return jar.readAllBytes();
        }
      }
      throw new AssertionError("no such class");
    }
  }

  @Test
  void whatCannotRunIsRefusedBeforeAnythingStarts() throws IOException {
    Files.writeString(file("text.jar"), "no JAR");
    program().manifest().writeTo(file("silent.jar"));
    program().manifest(MAIN).classVersion(44 + 99).writeTo(file("newer.jar"));
    program().manifest(MAIN, "Class-Path: ../../etc/a.jar").writeTo(file("climbs.jar"));
    BusyboxImage.layout(file("others"), "others:1", BusyboxImage.image());
    node.taskctl("images", "import", file("others").toString()).expect(0);
    String digest = node.json("images", "inspect", "others:1").path("digest").asText();
    List<List<String>> refused =
        List.of(
            List.of("NOT_A_JAR root.jar", "{jar: text.jar}", ""),
            List.of("NO_MAIN_CLASS root.jar", "{jar: silent.jar}", ""),
            List.of("JAVA_TOO_OLD root.jar", "{jar: newer.jar}", ""),
            List.of("CLASS_PATH_LEAVES_ROOT root.jar", "{jar: climbs.jar}", ""),
            List.of(
                "ROOT_FORMAT_UNSUPPORTED root.file.format",
                "{file: {source: app.jar, format: raw}}",
                ""),
            List.of("ROOT_NOT_SUPPORTED root", "{host: true}", ""),
            List.of("SOURCE_NOT_ALLOWED root.jar", "{jar: /etc/passwd}", ""),
            List.of(
                "BAD_VALUE options.jvmOptions",
                "{jar: app.jar}",
                "options: {jvmOptions: [-Xmx1g]}"),
            List.of(
                "TOOLS_UNSUITABLE tools",
                "{jar: app.jar}",
                "executor: jvm\ntools: \"others:1@" + digest + "\""));
    List<String> arguments = new ArrayList<>(List.of("-o", "json", "apply"));
    for (int i = 0; i < refused.size(); i++) {
      arguments.add(document("no" + i, refused.get(i).get(1), "[]", refused.get(i).get(2)));
    }
    JsonNode changes = Programs.parse(node.taskctl(arguments.toArray(new String[0])).out());
    for (int i = 0; i < refused.size(); i++) {
      JsonNode problem = changes.path(i).path("problems").path(0);
      assertEquals(
          refused.get(i).get(0),
          problem.path("code").asText() + " " + problem.path("path").asText(),
          changes.toString());
    }
    assertFalse(node.json("list").findValuesAsText("name").contains("no0"));
  }

  /** Whatever becomes of the archive of its classes, the program starts. */
  @Tag("long")
  @Test
  void anArchiveMakesLaterStartsFasterAndBreaksNone() throws IOException {
    String more = "stop: {grace: 60s}\noptions: {archive: true}\ninit: true";
    program().manifest(MAIN).writeTo(file("kept.jar"));
    node.taskctl("create", document("kept", "{jar: kept.jar}", "[]", more)).expect(0);
    Path state = node.directory().resolve("run/volumes/.states/kept");
    assertEquals(0, startAndEnd());
    assertEquals(0, startAndEnd());
    Path archive = archiveIn(state);
    assertTrue(Files.size(archive) > 10_000, archive.toString());
    // It is cut off, and written anew; then it holds something else.
    byte[] bytes = Files.readAllBytes(archive);
    Files.write(archive, Arrays.copyOf(bytes, bytes.length / 2));
    assertEquals(0, startAndEnd());
    assertEquals(0, startAndEnd());
    Path again = archiveIn(state);
    Files.write(again, new byte[(int) Files.size(again)]);
    assertEquals(0, startAndEnd());
    node.taskctl("delete", "kept").expect(0);
  }

  private int startAndEnd() {
    node.taskctl("start", "kept").expect(0);
    return ended("kept").path("exitCode").intValue();
  }

  private static Path archiveIn(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".jsa")).findFirst().orElseThrow();
    }
  }

  /** A third party's application, as its users start it. */
  @Test
  void anApplicationServesAtAPublishedPort() throws IOException {
    Files.copy(Path.of("target/applications/h2.jar"), file("h2.jar"));
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String more =
        """
        resources: {memory: 96MiB, cpus: 1}
        interfaces: [{network: lan, ports: ["%d:8082/tcp"]}]
        """
            .formatted(port);
    String command = "[-web, -webAllowOthers, -webPort, \"8082\"]";
    node.taskctl("run", "-d", document("h2", "{jar: h2.jar}", command, more)).expect(0);
    String[] page = new String[1];
    Programs.await(
        "the console of H2",
        () -> {
          var got = Programs.run(List.of("curl", "-sSL", "http://127.0.0.1:" + port + "/"));
          page[0] = got.out();
          return got.status() == 0;
        });
    assertTrue(page[0].contains("H2 Console"), page[0]);
    node.taskctl("delete", "--force", "h2").expect(0);
  }

  @Tag("long")
  @Test
  void executableJarsNeedNoCode() {
    String tools = DebianImages.make("jar-17", archive(node, "jar-17"));
    node.taskctl("images", "import", archive(node, "jar-17").toString()).expect(0);
    String more = "tools: \"" + tools + "\"";
    apply(
        document("plain", "{jar: app.jar}", "[\"a b\"]", more),
        document("plain-heap", "{jar: app.jar}", "[heap]", more));
    assertEquals("java 17, heap 38, cpus 2, args [a b]\n", output("plain"));
    assertEquals("jar", node.json("inspect", "plain").path("executor").asText());
    assertEquals("3 out-of-memory false", end("plain-heap"));
  }

  @Tag("long")
  @Test
  void versionsOfJavaLiveSideBySide() {
    String tools = DebianImages.make("jvm-25", archive(node, "jvm-25"));
    node.taskctl("images", "import", archive(node, "jvm-25").toString()).expect(0);
    node.taskctl("run", "-d", document("old", "{jar: app.jar}", "[serve]", "")).expect(0);
    String more = "tools: \"" + tools + "\"\nexecutor: jvm\noptions: {archive: true}";
    node.taskctl("run", "-d", document("new", "{jar: app.jar}", "[serve]", more)).expect(0);
    node.awaitOutput("old", "java 17,");
    node.awaitOutput("new", "java 25,");
    node.awaitOutput("old", "up");
    node.awaitOutput("new", "up");
    assertEquals(7, node.json("stop", "new").path("exitCode").intValue());
    assertEquals(7, node.json("stop", "old").path("exitCode").intValue());
    node.taskctl("start", "new").expect(0);
    node.taskctl("delete", "--force", "old").expect(0);
    node.taskctl("delete", "--force", "new").expect(0);
  }
}
