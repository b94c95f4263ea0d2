package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestImages.Image;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.plugin.PluginJar;

/**
 * Executors that come to a node with the tools that a task names: from a registry, by their digest,
 * with no more than one {@code apply}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArtifactsIT {

  private static final String LABEL = "org.lfedge.eve.tasks.executor";

  /** Every form seeds the same: a shell of the tools that says a word and stays. */
  private static final String SEED =
      """
      {"base": "tools",
       "process": {"args": ["/bin/sh", "-c", "echo told by %s; exec sleep 1000", "%s"]},
       "stop": [{"signal": {"name": "SIGKILL", "graceMillis": 0}}]}
      """;

  private static final String DECLARATIVE =
      """
      {"spi": "1.0", "summary": "a test", "rootKinds": ["none"], "seed": %s}
      """;

  private static final String SHELL =
      """
      #!/bin/sh
      case $SEED_CALL in
        info) echo '{"spi":"1.0","info":{"name":"shell","summary":"a test","rootKinds":["none"]}}' ;;
        facts) echo '{"spi":"1.0","facts":[]}' ;;
        seed)
          grep -q '"call":"seed"' "$SEED_FILE" || exit 9
          echo "{\\"spi\\":\\"1.0\\",\\"seed\\":$(cat /seed.json)}" |
            sed "s/@TASK@/$SEED_REQUEST_TASK_NAME/"
          ;;
      esac
      """;

  private static final String PYTHON =
      """
      #!/usr/bin/python3
      import json, os
      call = json.load(open(os.environ["SEED_FILE"]))
      answer = {"spi": "1.0"}
      if call["call"] == "info":
          answer["info"] = {"name": "python", "summary": "a test", "rootKinds": ["none"]}
      elif call["call"] == "facts":
          answer["facts"] = []
      else:
          seed = json.load(open("/seed.json"))
          seed["process"]["args"][3] = call["request"]["task"]["name"]
          answer["seed"] = seed
      print(json.dumps(answer))
      """;

  /** The files that the interpreter needs for that, and the libraries that it is linked with. */
  private static final String FILES_OF_PYTHON =
      """
      python3 -c 'import json, os, sys
      print(os.path.realpath(sys.executable))
      for module in list(sys.modules.values()):
          file = getattr(module, "__file__", None)
          if file: print(file)' | while read -r file; do
        echo "$file"
        case $file in *.py) ;; *) ldd "$file" | grep -o '/[^ ]*' ;; esac
      done | sort -u
      """;

  private static final String JAR =
      """
      package vendor;
      import java.time.Duration;
      import java.util.List;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.Root;
      public class Packed implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("jar", "a test").root(Root.Kind.NONE).build();
        }
        public Seed seed(SeedRequest request) {
          List<String> args =
              List.of(
                  "/bin/sh", "-c", "echo told by jar; exec sleep 1000", request.task().name());
          return Seed.builder(Base.TOOLS, false, AnchorProcess.builder(args).build())
              .stop(StopPlan.signal("SIGKILL", Duration.ZERO))
              .build();
        }
      }
      """;

  private final DebianRegistry registry = new DebianRegistry();
  private final PackagedNode node = new PackagedNode(List.of(), registry.nodeConfig());

  @AfterAll
  void close() {
    node.close();
    registry.close();
  }

  private static Image artifact(String form, String name, String path) {
    return BusyboxImage.image()
        .settings(
            settings ->
                settings
                    .putObject("Labels")
                    .put(LABEL, name)
                    .put(LABEL + ".form", form)
                    .put(LABEL + ".path", path)
                    .put(LABEL + ".spi", "1.0")
                    .put("org.opencontainers.image.version", "1.2.3"));
  }

  private static String seed(String form) {
    return SEED.formatted(form, form.equals("declarative") ? "${task.name}" : "@TASK@");
  }

  private static Image good(String form) {
    return switch (form) {
      case "declarative" ->
          artifact("declarative", form, "/seed.json")
              .layer(new TestLayer().file("seed.json", DECLARATIVE.formatted(seed(form))));
      case "jar" ->
          artifact("jar", form, "/executor.jar").layer(new TestLayer().file("executor.jar", jar()));
      case "python" ->
          artifact("executable", form, "/seed")
              .layer(
                  python()
                      .file("seed.json", seed(form))
                      .executable("seed", PYTHON.getBytes(StandardCharsets.UTF_8)));
      default ->
          artifact("executable", form, "/seed")
              .layer(
                  new TestLayer()
                      .symlink("bin/grep", "busybox")
                      .symlink("bin/sed", "busybox")
                      .file("seed.json", seed(form).replace("\n", ""))
                      .executable("seed", SHELL.getBytes(StandardCharsets.UTF_8)));
    };
  }

  /** The Python of the node, as far as it is needed. */
  private static TestLayer python() {
    TestLayer layer = new TestLayer();
    List<String> files =
        Programs.run(List.of("sh", "-c", FILES_OF_PYTHON)).expect(0).out().lines().toList();
    try {
      for (String file : files) {
        layer.executable(file.substring(1), Files.readAllBytes(Path.of(file)));
        if (Path.of(file).getFileName().toString().startsWith("python3.")) {
          layer.symlink("usr/bin/python3", file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return layer;
  }

  private static byte[] jar() {
    try {
      Path file = Files.createTempFile("packed-", ".jar");
      PluginJar.of("jar", "1.2.3").source("Packed", JAR).service("vendor.Packed").writeTo(file);
      byte[] bytes = Files.readAllBytes(file);
      Files.delete(file);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Pushes tools and gives the name by which a document finds them. */
  private String push(String repository, Image image) {
    TestImages made = new TestImages();
    var target = made.add(image);
    registry.push(made, "tools/" + repository, "1", target);
    return registry.host() + "/tools/" + repository + "@" + target.digest();
  }

  private String document(String task, String tools) {
    return node.document(
        task + ".yaml",
        """
        name: %s
        tools: "%s"
        resources: {memory: 32MiB, cpus: 0.5}
        restart: {policy: never}
        """
            .formatted(task, tools));
  }

  private List<String> refusal(String tools) {
    Programs.Result result = node.taskctl("-o", "json", "create", document("refused", tools));
    assertFalse(node.json("list").findValuesAsText("name").contains("refused"));
    String message = result.firstError().path("message").asText();
    return List.of(result.firstError().path("code").asText(), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"jar", "declarative", "shell"})
  void oneApplyBringsTheToolsTheExecutorAndTheTask(String form) {
    String tools = push(form, good(form));
    node.taskctl("apply", document("of-" + form, tools)).expect(0);
    node.awaitOutput("of-" + form, "told by " + form);
    JsonNode task = node.json("inspect", "of-" + form);
    assertEquals(form, task.path("executor").asText());
    assertEquals("1.2.3", task.path("executorVersion").asText());
    String digest = tools.substring(tools.indexOf('@') + 1);
    assertEquals(digest, task.path("executorDigest").asText());
    assertEquals(digest, task.path("toolsDigest").asText());
    assertEquals("tools-artifact", task.path("trust").asText());
    assertEquals("of-" + form, task.at("/spec/process/args/3").asText());
    // Its seed is on record: neither the daemon nor a start asks again.
    Anchor anchor = Anchor.of(task);
    node.kill();
    node.start();
    assertEquals(anchor, Anchor.of(node.json("inspect", "of-" + form)));
    node.taskctl("delete", "--force", "of-" + form).expect(0);
  }

  @Tag("long")
  @Test
  void aProgramInPythonDoesToo() {
    oneApplyBringsTheToolsTheExecutorAndTheTask("python");
  }

  @Tag("long")
  @Test
  void twoVersionsOfTheSameToolsRunBesideEachOther() {
    String first = push("twice", good("declarative"));
    String second =
        push("twice", good("declarative").layer(new TestLayer().file("newer", "in a file")));
    node.taskctl("apply", document("first", first), document("second", second)).expect(0);
    for (String task : List.of("first", "second")) {
      node.awaitOutput(task, "told by declarative");
    }
    assertFalse(
        node.json("inspect", "first")
            .path("executorDigest")
            .equals(node.json("inspect", "second").path("executorDigest")));
    node.taskctl("delete", "--force", "first").expect(0);
    node.taskctl("delete", "--force", "second").expect(0);
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "form: wasm | must be jar, declarative or executable",
        "form: jar | cannot be read as a JAR",
        "path: /../etc/passwd | .path with an absolute path",
        "path: seed.json | .path with an absolute path",
        "path: /missing | has no file /missing",
        "path: /etc/passwd | JSON",
        "spi: 2.0 | is made for version 2.0 of the SPI",
        "spi: new | with a version such as 1.0",
      })
  void labelsThatLeadNowhereAreRefused(String label, String why) {
    String[] parts = label.split(": ", -1);
    Image image =
        good("declarative")
            .settings(
                settings ->
                    ((ObjectNode) settings.path("Labels")).put(LABEL + "." + parts[0], parts[1]));
    List<String> refusal = refusal(push("lost", image));
    assertTrue(refusal.get(1).contains(why), refusal.toString());
  }

  @Test
  void aNameOfABundledExecutorIsReserved() {
    Image image =
        good("declarative")
            .settings(
                settings -> ((ObjectNode) settings.path("Labels")).put(LABEL, "native-container"));
    assertEquals("NAME_RESERVED", refusal(push("claims", image)).get(0));
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exit 3 | EXECUTOR_FAILED | exit code 3",
        "cat /dev/zero | EXECUTOR_FAILED | it wrote more than it may",
        "x=$(busybox yes) | EXECUTOR_FAILED | more memory than it may have",
        "echo nonsense | ANSWER_INVALID | JSON",
        "echo '{\"spi\":\"1.0\",\"info\":{\"name\":\"x\"},\"more\":1}' | ANSWER_INVALID | more",
        "cat /etc/shadow $SEED_FILE.x /proc/1/root/etc/shadow; exit 4 | EXECUTOR_FAILED | exit code 4",
      })
  void programsThatMisbehaveAreNamedAndHarmNobody(String script, String code, String why) {
    Image image =
        artifact("executable", "bad", "/seed")
            .layer(
                new TestLayer()
                    .executable(
                        "seed", ("#!/bin/sh\n" + script + "\n").getBytes(StandardCharsets.UTF_8)));
    List<String> refusal = refusal(push("bad", image));
    assertEquals(code, refusal.get(0), refusal.toString());
    assertTrue(refusal.get(1).contains(why), refusal.toString());
  }

  @Test
  void whatAnArtifactAsksForBeyondAContainerIsRefused() {
    Image image =
        artifact("executable", "shell", "/seed")
            .layer(
                new TestLayer()
                    .symlink("bin/grep", "busybox")
                    .symlink("bin/sed", "busybox")
                    .file("seed.json", "{\"base\":\"host\",\"process\":{\"args\":[\"/bin/sh\"]}}")
                    .executable("seed", SHELL.getBytes(StandardCharsets.UTF_8)));
    List<String> refusal = refusal(push("greedy", image));
    assertEquals("HOST_ROOT_NOT_GRANTED", refusal.get(0), refusal.toString());
  }
}
