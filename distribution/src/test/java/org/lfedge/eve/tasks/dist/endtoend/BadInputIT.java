package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.image.TestImages.Image;
import org.lfedge.eve.tasks.core.image.TestLayer;

/** Input that cannot become a task is refused with a clear error, and leaves nothing behind. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputIT {

  /** The first bytes of an archive, and no more. */
  private static final byte[] BROKEN_JAR = {'P', 'K', 3, 4, 5};

  private final PackagedNode node = new PackagedNode(List.of(digest(BROKEN_JAR)));

  BadInputIT() {
    layout("good", BusyboxImage.image());
    layout("climbs", image(new TestLayer().file("../../escaped", "x")));
    layout(
        "links",
        image(
            new TestLayer().symlink("out", node.directory().toString()).file("out/escaped", "x")));
    layout("above", image(new TestLayer().symlink("out", "../../..").file("out/escaped", "x")));
    BusyboxImage.damagedLayout(node.documents().resolve("damaged"));
  }

  @AfterAll
  void close() {
    node.close();
  }

  private void layout(String name, Image image) {
    BusyboxImage.layout(node.documents().resolve(name), name + ":1", image);
  }

  private static Image image(TestLayer second) {
    return BusyboxImage.image().layer(second);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          NOT_YAML              | {name: [}
          MISSING               | {resources: {memory: 16MiB}}
          UNKNOWN_KEY           | {name: bad, root: {layout: good}, comand: [sh], resources: {memory: 16MiB}}
          OUT_OF_RANGE          | {name: bad, root: {layout: good}, resources: {memory: 0}}
          MEMORY_BEYOND_NODE    | {name: bad, root: {layout: good}, resources: {memory: 900TiB}}
          CPUS_BEYOND_NODE      | {name: bad, root: {layout: good}, resources: {memory: 16MiB, cpus: 4096}}
          IMAGE_NOT_FOUND       | {name: bad, root: {image: 'nowhere:1', pull: never}, resources: {memory: 16MiB}}
          LAYOUT_NOT_FOUND      | {name: bad, root: {layout: nowhere}, resources: {memory: 16MiB}}
          ROOT_NOT_FOUND        | {name: bad, root: {directory: nowhere}, resources: {memory: 16MiB}}
          SOURCE_NOT_ALLOWED    | {name: bad, root: {directory: /usr}, resources: {memory: 16MiB}}
          DIGEST_MISMATCH       | {name: bad, root: {layout: damaged}, resources: {memory: 16MiB}}
          LAYER_ESCAPES_ROOT    | {name: bad, root: {layout: climbs}, resources: {memory: 16MiB}}
          LAYER_ESCAPES_ROOT    | {name: bad, root: {layout: above}, resources: {memory: 16MiB}}
          EXECUTABLE_NOT_FOUND  | {name: bad, root: {layout: good}, command: [/bin/none], resources: {memory: 16MiB}}
          EXECUTABLE_NOT_FOUND  | {name: bad, root: {layout: good}, command: [none], resources: {memory: 16MiB}}
          USER_NOT_FOUND        | {name: bad, root: {layout: good}, user: nobody, resources: {memory: 16MiB}}
          GROUP_NOT_FOUND       | {name: bad, root: {layout: good}, user: 'www:none', resources: {memory: 16MiB}}
          SECRET_NOT_FOUND      | {name: bad, root: {layout: good}, env: {A: {secret: {file: none}}}, resources: {memory: 16MiB}}
          EXECUTOR_NOT_FOUND    | {name: bad, executor: none, root: {layout: good}, resources: {memory: 16MiB}}
          UNKNOWN_KEY           | {name: bad, root: {layout: good}, options: {a: 1}, resources: {memory: 16MiB}}
          BAD_NAME              | {name: a/b, root: {layout: good}, resources: {memory: 16MiB}}
          BAD_NAME              | {name: ../b, root: {layout: good}, resources: {memory: 16MiB}}
          BAD_NAME              | {name: a--b, root: {layout: good}, resources: {memory: 16MiB}}
          """)
  void aTaskThatCannotBeMadeIsRefused(String code, String text) {
    refused(code, node.document("bad.yaml", text));
  }

  @Test
  void aNameOf300CharactersIsRefused() {
    String text =
        "{name: " + "a".repeat(300) + ", root: {layout: good}, resources: {memory: 1MiB}}";
    refused("BAD_NAME", node.document("bad.yaml", text));
  }

  @Test
  void aDocumentOf50MegabytesIsRefused() {
    refused("TOO_LARGE", node.document("bad.yaml", "# padding\n".repeat(5_000_000)));
  }

  private void refused(String code, String document) {
    SortedMap<String, List<String>> before = Traces.of(node);
    Programs.Result result = node.taskctl("-o", "json", "create", document).expect(1);
    assertEquals(List.of(code), result.errorCodes(), result.err());
    JsonNode error = Programs.parse(result.err()).at("/errors/0");
    assertEquals("user", error.path("kind").asText(), result.err());
    assertFalse(error.path("message").asText().isBlank());
    assertEquals("", result.out());
    assertEquals(before, Traces.of(node));
  }

  /** Links with absolute targets are common in images, and mean places in the root. */
  @Test
  void whatALayerWritesThroughAnAbsoluteLinkStaysInTheRoot() {
    String text = "{name: linked, root: {layout: links}, resources: {memory: 16MiB}}";
    node.taskctl("create", node.document("linked.yaml", text)).expect(0);
    assertFalse(Files.exists(node.directory().resolve("escaped")));
    node.taskctl("delete", "linked").expect(0);
  }

  @Test
  void aBrokenPluginIsNamedAndDisablesItselfAlone() throws IOException {
    Files.createDirectories(node.pluginsDirectory());
    Files.write(node.pluginsDirectory().resolve("broken.jar"), BROKEN_JAR);
    Files.writeString(node.pluginsDirectory().resolve("unknown.jar"), "no JAR either");
    node.terminate();
    node.start();

    SortedMap<String, String> rejected = new TreeMap<>();
    for (JsonNode entry : node.json("executors", "list")) {
      rejected.put(entry.path("name").asText(), entry.at("/rejected/code").asText("none"));
      assertNotEquals("", entry.at("/rejected/reason").asText("none"));
    }
    assertEquals(
        Map.of(
            "cross-arch",
            "none",
            "jvm",
            "none",
            "native-container",
            "none",
            "qemu",
            "none",
            "xen",
            "none",
            "broken.jar",
            "NOT_A_JAR",
            "unknown.jar",
            "NOT_A_JAR"),
        rejected);
    node.taskctl("run", node.document("works", "[sh, -c, exit 5]", "")).expect(5);
    node.taskctl("delete", "works").expect(0);
  }

  private static String digest(byte[] bytes) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
