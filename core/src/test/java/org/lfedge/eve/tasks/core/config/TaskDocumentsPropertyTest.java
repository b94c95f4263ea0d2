package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.error.TaskException;

class TaskDocumentsPropertyTest {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  @Provide
  Arbitrary<ObjectNode> documents() {
    return TaskDocumentArbitraries.documents();
  }

  @Provide
  Arbitrary<TaskDocument> tasks() {
    return TaskDocumentArbitraries.tasks();
  }

  @Provide
  Arbitrary<List<TaskDocument>> severalTasks() {
    return TaskDocumentArbitraries.tasks().list().ofMaxSize(3);
  }

  @Property
  void theCanonicalFormReadAgainIsTheSameTask(@ForAll("tasks") TaskDocument task) {
    ObjectNode json = TaskDocuments.toJson(task);
    List<TaskDocument> again = parse(json.toString(), Path.of("/elsewhere"));
    assertEquals(List.of(task), again);
    assertEquals(json.toString(), TaskDocuments.toJson(again.get(0)).toString());
  }

  @Property
  void equalTasksHaveEqualCanonicalTexts(@ForAll("documents") ObjectNode document) {
    TaskDocument task = parse(document.toString(), TaskDocumentArbitraries.BASE).get(0);
    TaskDocument shuffled =
        parse(reversed(document).toString(), TaskDocumentArbitraries.BASE).get(0);
    assertEquals(task, shuffled);
    assertEquals(TaskDocuments.toJson(task).toString(), TaskDocuments.toJson(shuffled).toString());
  }

  @Property
  void yamlAndJsonOfADocumentGiveTheSameTask(@ForAll("yamlDocuments") ObjectNode document)
      throws JsonProcessingException {
    String yaml = new YAMLMapper().writeValueAsString(document);
    assertEquals(
        parse(document.toString(), TaskDocumentArbitraries.BASE),
        parse(yaml, TaskDocumentArbitraries.BASE),
        yaml);
  }

  /**
   * Documents of which the YAML writer makes what they are: it puts the key {@code <<} in no
   * quotes, so that it is a merge key, and leaves the line breaks of YAML 1.1 without escapes.
   */
  @Provide
  Arbitrary<ObjectNode> yamlDocuments() {
    Pattern spoiled = Pattern.compile("\"<<\":|[\u0085\u2028]");
    return TaskDocumentArbitraries.documents()
        .filter(document -> !spoiled.matcher(document.toString()).find());
  }

  @Property
  void aVariableIsTheVeryTextThatWasWritten(@ForAll("plainScalars") String text) {
    TaskDocument task =
        parse("{name: a, resources: {memory: 1}, env: {A: " + text + "}}", Path.of("/")).get(0);
    assertEquals(new EnvValue.Text(text), task.env().get("A"));
  }

  /** What YAML dialects take for numbers and truth values. */
  @Provide
  Arbitrary<String> plainScalars() {
    return Arbitraries.oneOf(
        Arbitraries.strings()
            .withChars("0123456789.+-_eExXo")
            .ofMinLength(1)
            .ofMaxLength(8)
            .filter(text -> !text.startsWith("-") || text.length() > 1),
        Arbitraries.of("true", "True", "FALSE", "yes", "No", "on", "OFF", "y", ".nan", ".INF"));
  }

  @Property
  void severalDocumentsAreTheSameAsEachAlone(@ForAll("severalTasks") List<TaskDocument> tasks) {
    StringBuilder text = new StringBuilder();
    for (TaskDocument task : tasks) {
      text.append("---\n").append(escaped(TaskDocuments.toJson(task).toString())).append("\n");
    }
    long names = tasks.stream().map(TaskDocument::name).distinct().count();
    if (tasks.isEmpty() || names < tasks.size()) {
      assertFalse(isAccepted(text.toString().getBytes(StandardCharsets.UTF_8)));
    } else {
      assertEquals(tasks, parse(text.toString(), Path.of("/")));
    }
  }

  /** JSON in which everything is escaped that JSON allows in the raw and YAML does not. */
  private static String escaped(String json) {
    StringBuilder escaped = new StringBuilder();
    json.chars()
        .forEach(
            c -> escaped.append(c < 127 ? Character.toString(c) : String.format("\\u%04x", c)));
    return escaped.toString();
  }

  @Property
  void arbitraryBytesGiveTasksOrProblems(@ForAll byte[] bytes) {
    isAccepted(bytes);
  }

  @Property
  void arbitraryYamlGivesTasksOrProblems(@ForAll("yamlSoup") String text) {
    isAccepted(text.getBytes(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<String> yamlSoup() {
    return Arbitraries.of(
            "name",
            "resources",
            "memory",
            "env",
            "root",
            "secret",
            "file",
            "a",
            "1",
            "64MiB",
            ": ",
            ":",
            "\n",
            "\n  ",
            "\n- ",
            "- ",
            "? ",
            "{",
            "}",
            "[",
            "]",
            ", ",
            "&a ",
            "*a",
            "!!str ",
            "!",
            "|\n",
            ">-\n",
            "'",
            "\"",
            "\\",
            "\\u",
            "\\U",
            "\\x0",
            "d800",
            "#",
            " #",
            "%YAML ",
            "%TAG ",
            "---\n",
            "...\n",
            "\t",
            "\r",
            "\0",
            "@",
            "`",
            "\ufeff",
            "\u2028",
            "~",
            "<<",
            "1.2")
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  @Property
  void arbitraryTreesWithKnownKeysGiveTasksOrProblems(@ForAll("trees") JsonNode tree) {
    isAccepted(tree.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Property
  void damagedTextsOfDocumentsGiveTasksOrProblems(
      @ForAll("documents") ObjectNode document,
      @ForAll("yamlSoup") String soup,
      @ForAll("positions") int at,
      @ForAll("positions") int length)
      throws JsonProcessingException {
    for (String text :
        List.of(document.toString(), new YAMLMapper().writeValueAsString(document))) {
      int start = at % text.length();
      int end = Math.min(text.length(), start + length % 20);
      String damaged = text.substring(0, start) + soup + text.substring(end);
      isAccepted(damaged.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Provide
  Arbitrary<Integer> positions() {
    return Arbitraries.integers().between(0, 2000);
  }

  @Provide
  Arbitrary<JsonNode> trees() {
    return trees(3);
  }

  private static Arbitrary<JsonNode> trees(int levels) {
    Arbitrary<JsonNode> leaves =
        Arbitraries.oneOf(
            TaskDocumentArbitraries.awkwardTexts().map(JSON::textNode),
            Arbitraries.of("64MiB", "10s", "/srv", "web", "always", "http://a/")
                .map(JSON::textNode),
            Arbitraries.of("1E-2147483647", "-1E+2147483647", "0E+2147483647", "0E-2147483647")
                .map(number -> JSON.numberNode(new BigDecimal(number))),
            Arbitraries.bigDecimals().ofScale(5).map(JSON::numberNode),
            Arbitraries.bigIntegers().map(JSON::numberNode),
            Arbitraries.of(JSON.nullNode(), JSON.booleanNode(true), JSON.booleanNode(false)));
    if (levels == 0) {
      return leaves;
    }
    Arbitrary<String> keys =
        Arbitraries.of(
            "version",
            "name",
            "displayName",
            "executor",
            "root",
            "image",
            "layout",
            "directory",
            "bundle",
            "host",
            "readOnly",
            "command",
            "user",
            "workingDir",
            "env",
            "secret",
            "file",
            "init",
            "resources",
            "memory",
            "cpus",
            "pin",
            "tax",
            "terminal",
            "stop",
            "grace",
            "restart",
            "policy",
            "backoff",
            "maxBackoff",
            "bootDelay",
            "health",
            "exec",
            "http",
            "tcp",
            "interval",
            "retries",
            "after",
            "task",
            "on",
            "options",
            "tools",
            "maxWritable",
            "volumes",
            "source",
            "target",
            "blank",
            "tmpfs",
            "cloudInit",
            "userData",
            "interfaces",
            "network",
            "mac",
            "addresses",
            "ports",
            "allow",
            "devices",
            "path",
            "pci",
            "");
    Arbitrary<JsonNode> inner = trees(levels - 1);
    return Arbitraries.oneOf(
        leaves,
        inner.list().ofMaxSize(4).map(list -> JSON.arrayNode().addAll(list)),
        Combinators.combine(keys.list().ofMaxSize(8), inner.list().ofSize(8))
            .as(
                (names, values) -> {
                  ObjectNode object = JSON.objectNode();
                  for (int i = 0; i < names.size(); i++) {
                    object.set(names.get(i), values.get(i));
                  }
                  return object;
                }));
  }

  /** Whether a text gives tasks; anything else than problems fails the test. */
  private static boolean isAccepted(byte[] text) {
    try {
      TaskDocuments.parse(text, TaskDocumentArbitraries.BASE);
      return true;
    } catch (TaskException e) {
      assertFalse(e.problems().isEmpty());
      return false;
    }
  }

  private static List<TaskDocument> parse(String text, Path base) {
    return TaskDocuments.parse(text.getBytes(StandardCharsets.UTF_8), base);
  }

  private static JsonNode reversed(JsonNode tree) {
    if (!tree.isObject()) {
      return tree;
    }
    ObjectNode reversed = JSON.objectNode();
    List<String> keys = new ArrayList<>();
    tree.fieldNames().forEachRemaining(key -> keys.add(0, key));
    keys.forEach(key -> reversed.set(key, reversed(tree.get(key))));
    return reversed;
  }
}
