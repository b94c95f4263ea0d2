package org.lfedge.eve.tasks.core.declarative;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.declarative.Declarations.executor;
import static org.lfedge.eve.tasks.core.declarative.Declarations.json;
import static org.lfedge.eve.tasks.core.declarative.Declarations.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.seedprotocol.SeedCodec;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.task.Root;

/** What holds for all files and all requests. */
class DeclarativePropertiesTest {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Pattern TOKEN = Pattern.compile("<\\d+>");

  /** Texts that a careless interpreter would take for something. */
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            "${task.name}",
            "${task.name?}",
            "${",
            "}",
            "$each",
            "$splice",
            "{\"$splice\": \"${task.command}\"}",
            "[\"a\", \"b\"]",
            "\"",
            "\\",
            "'",
            "a b",
            "a\nb",
            "",
            " ",
            "null",
            "true",
            "0",
            "--flag",
            ",",
            "=",
            "$(reboot)",
            "\u0000"),
        Arbitraries.strings().ofMaxLength(20));
  }

  @Provide
  Arbitrary<List<String>> manyTexts() {
    return texts().list().ofSize(12);
  }

  /** Expressions over all texts of a request; those that choose do it on what is no text. */
  @Provide
  Arbitrary<List<JsonNode>> elements() {
    Arbitrary<String> atoms =
        Arbitraries.of(
            "\"literal\"",
            "\"${task.workingDir}\"",
            "\"${task.env.PATH}\"",
            "\"${task.command.0}\"",
            "\"${task.command.5?}\"",
            "\"${task.volumes.0.target}\"",
            "\"${options.text}\"",
            "\"${options.missing?}\"",
            "{\"$join\": [{\"$percent\": [\"${task.resources.memoryBytes}\", 7, \"KiB\"]}]}");
    Arbitrary<String> lists =
        Arbitraries.of(
            "${task.command}", "${options.list}", "${tools.entrypoint}", "${image.env?}");
    Arbitrary<JsonNode> expressions =
        Arbitraries.lazyOf(
            () -> atoms.map(Declarations::json),
            () -> lists.map(list -> json("{\"$splice\": \"" + list + "\"}")),
            () -> lists.map(DeclarativePropertiesTest::pairs),
            () -> atoms.map(text -> json("{\"$join\": [\"a=\", " + text + ", \";\"]}")),
            () -> atoms.map(DeclarativePropertiesTest::chosen),
            () -> atoms.map(text -> json("{\"key\": " + text + ", \"list\": [" + text + "]}")),
            () ->
                Arbitraries.of(
                        "{\"$each\": \"${task.env}\", \"as\": \"e\", \"value\":"
                            + " {\"$join\": [\"${e.key}\", \"=\", \"${e.value}\"]}}",
                        "{\"$each\": \"${task.volumes}\", \"as\": \"v\", \"value\":"
                            + " {\"target\": \"${v.target?}\", \"list\": \"${task.command}\"}}")
                    .map(Declarations::json));
    return expressions.list().ofMinSize(1).ofMaxSize(6);
  }

  private static JsonNode pairs(String list) {
    return json(
        "{\"$each\": \""
            + list
            + "\", \"as\": \"x\", \"value\": {\"$splice\": [\"-v\", \"${x}\"]}}");
  }

  private static JsonNode chosen(String text) {
    return json("{\"$choose\": \"${task.init}\", \"true\": \"\", \"false\": " + text + "}");
  }

  /** A request with these texts wherever it has any. */
  private static ObjectNode filled(List<String> texts) {
    ObjectNode request = request();
    ObjectNode task = (ObjectNode) request.get("task");
    task.put("workingDir", texts.get(0));
    task.putArray("command").add(texts.get(1)).add(texts.get(2)).add(texts.get(3));
    task.putObject("env").put("PATH", texts.get(4)).put("HOME", texts.get(5));
    ((ObjectNode) request.at("/task/volumes/0")).put("target", texts.get(6));
    ((ObjectNode) request.at("/task/volumes/1")).put("target", texts.get(7));
    ObjectNode options = task.putObject("options");
    options.put("text", texts.get(8)).putArray("list").add(texts.get(9)).add(texts.get(10));
    ((ObjectNode) request.get("tools")).putArray("entrypoint").add(texts.get(11));
    return request;
  }

  /**
   * What comes of texts is what comes of harmless ones with the texts in their places: the
   * structure is the same, and each arrives as it is, however it looks.
   */
  @Property
  void aTextArrivesAsItIsAndChangesNothingElse(
      @ForAll("elements") List<JsonNode> elements, @ForAll("manyTexts") List<String> texts)
      throws SeedException {
    List<String> harmless = new ArrayList<>();
    Map<String, String> meant = new TreeMap<>();
    for (int i = 0; i < texts.size(); i++) {
      harmless.add("<" + i + ">");
      meant.put("<" + i + ">", texts.get(i));
    }
    JsonNode expected = substituted(expand(elements, filled(harmless)), meant);
    assertEquals(expected, expand(elements, filled(texts)));
  }

  private static JsonNode expand(List<JsonNode> elements, ObjectNode request) throws SeedException {
    ObjectNode file = Declarations.withArgs("[\"/bin/true\"]");
    file.withArray("/options").add(json("{\"name\":\"missing\",\"type\":\"string\",\"doc\":\"\"}"));
    Declaration declaration = Declarations.read(file);
    Findings findings = new Findings();
    ArrayNode list = JSON.arrayNode().addAll(elements);
    Expression expression =
        new ExpressionReader(findings)
            .read(
                list,
                "seed",
                Vocabulary.ofSeeds(
                    declaration.info().options(), declaration.info().rootKinds(), List.of()));
    assertTrue(findings.isEmpty());
    SeedRequest given = request(request, declaration.info().options());
    return Expansion.expand(expression, Contexts.of(given, declaration, List.of())).orElseThrow();
  }

  /** In all texts, one after another, so that what was put in is not looked at again. */
  private static JsonNode substituted(JsonNode tree, Map<String, String> meant) {
    if (tree.isTextual()) {
      StringBuilder text = new StringBuilder();
      Matcher tokens = TOKEN.matcher(tree.textValue());
      while (tokens.find()) {
        tokens.appendReplacement(text, "");
        text.append(meant.get(tokens.group()));
      }
      return JSON.textNode(tokens.appendTail(text).toString());
    }
    if (tree.isArray()) {
      ArrayNode list = JSON.arrayNode();
      tree.forEach(element -> list.add(substituted(element, meant)));
      return list;
    }
    if (tree.isObject()) {
      ObjectNode object = JSON.objectNode();
      tree.properties().forEach(m -> object.set(m.getKey(), substituted(m.getValue(), meant)));
      return object;
    }
    return tree;
  }

  /** Two readings of one file give the same bytes for the same request. */
  @Property
  void equalInputGivesEqualBytes(@ForAll long seed) {
    ObjectNode file = Declarations.example();
    assertEquals(outcome(executor(file), seed), outcome(executor(file.deepCopy()), seed));
  }

  private static String outcome(DeclarativeExecutor executor, long seed) {
    SeedRequest request = SampleRequests.of(executor.info(), Root.Kind.FILE, seed);
    try {
      List<FactQuery> asked = executor.facts(request.task(), List.of());
      return asked + " " + SeedCodec.toJson(executor.seed(request));
    } catch (SeedException refused) {
      assertTrue(refused.code().matches("[A-Z][A-Z_]*"), refused.code());
      return refused.code() + " " + refused.path() + " " + refused.getMessage();
    }
  }

  /** However directives nest, what they make, and what they do to make nothing, is bounded. */
  @Property
  void nestedDirectivesCannotExplode(
      @ForAll @IntRange(min = 1, max = 8) int depth,
      @ForAll @IntRange(min = 0, max = 60) int length,
      @ForAll("innermost") String innermost) {
    String value = innermost;
    for (int i = 0; i < depth; i++) {
      value = "{\"$each\": \"${task.command}\", \"as\": \"v" + i + "\", \"value\": " + value + "}";
    }
    ObjectNode request = request();
    ArrayNode command = ((ObjectNode) request.get("task")).putArray("command");
    for (int i = 0; i < length; i++) {
      command.add("x".repeat(20));
    }
    double elements = Math.pow(length, depth);
    try {
      Optional<JsonNode> seed =
          Declarations.expand(Declarations.withArgs("[\"a\", " + value + "]"), request);
      assertTrue(elements <= Expansion.MAX_VALUES, () -> elements + " elements were looked at");
      assertTrue(seed.orElseThrow().toString().length() < 2 * Expansion.MAX_CHARACTERS);
    } catch (SeedException refused) {
      assertEquals("SEED_TOO_LARGE", refused.code(), refused.getMessage());
      double copied = elements * (innermost.contains("command") ? length : 1);
      assertTrue(copied > 5000, () -> copied + " elements were refused");
    }
  }

  @Provide
  Arbitrary<String> innermost() {
    return Arbitraries.of(
        "\"a\"",
        "\"${v0}\"",
        "{\"$splice\": []}",
        "\"${image.digest?}\"",
        "{\"$splice\": \"${task.command}\"}",
        "{\"$join\": [{\"$splice\": \"${task.command}\"}]}");
  }

  @Example
  void aFewLongTextsAreBoundedToo() throws SeedException {
    ObjectNode request = request();
    ArrayNode command = ((ObjectNode) request.get("task")).putArray("command");
    for (int i = 0; i < 100; i++) {
      command.add("x".repeat(5000));
    }
    assertEquals(100, Declarations.args("[{\"$splice\": \"${task.command}\"}]", request).size());
    String twice = "{\"$join\": [{\"$splice\": \"${task.command}\"}]}";
    SeedException refusal =
        assertThrows(
            SeedException.class,
            () -> Declarations.args("[" + twice + ", " + twice + "]", request));
    assertEquals("SEED_TOO_LARGE", refusal.code());
  }

  /** Bytes of any kind are a file or a refusal. */
  @Property
  void anyBytesAreReadOrRefused(@ForAll byte[] bytes) {
    try {
      executorOf(bytes);
    } catch (TaskException refused) {
      assertFalse(refused.problems().isEmpty());
    }
  }

  /** A file with one to three things replaced is read or refused with places, and then seeds. */
  @Property
  void aChangedFileIsReadOrRefusedWithPlaces(
      @ForAll("changes") List<Change> changes, @ForAll long seed) {
    ObjectNode file = Declarations.example();
    file.set("facts", json("[{\"pciDevice\": {\"address\": \"${options.gc}\"}}]"));
    changes.forEach(change -> change.apply(file));
    DeclarativeExecutor executor;
    try {
      executor = executorOf(file.toString().getBytes(UTF_8));
    } catch (TaskException refused) {
      for (Problem problem : refused.problems()) {
        assertFalse(problem.path().isEmpty(), problem.toString());
      }
      return;
    }
    // The schema sees less than the reader, and refuses nothing that is good.
    assertEquals(Set.of(), SeedJsonSchema.validate(file));
    outcome(executor, seed);
  }

  private static DeclarativeExecutor executorOf(byte[] bytes) {
    return DeclarativeExecutor.of("sample", bytes);
  }

  /** Puts a value somewhere, or takes away what is there. */
  record Change(int where, String key, Optional<JsonNode> value) {
    void apply(ObjectNode file) {
      List<JsonNode> containers = new ArrayList<>();
      collect(file, containers);
      JsonNode container = containers.get(where % containers.size());
      if (container instanceof ObjectNode object) {
        List<String> keys = new ArrayList<>();
        object.fieldNames().forEachRemaining(keys::add);
        String at = key.isEmpty() && !keys.isEmpty() ? keys.get(where % keys.size()) : key;
        value.ifPresentOrElse(v -> object.set(at, v), () -> object.remove(at));
      } else if (container instanceof ArrayNode list && !list.isEmpty()) {
        int at = where % list.size();
        value.ifPresentOrElse(v -> list.set(at, v), () -> list.remove(at));
      }
    }

    private static void collect(JsonNode node, List<JsonNode> into) {
      if (node.isContainerNode()) {
        into.add(node);
        node.forEach(child -> collect(child, into));
      }
    }
  }

  @Provide
  Arbitrary<List<Change>> changes() {
    Arbitrary<JsonNode> values =
        Arbitraries.of(
                "1",
                "-1",
                "1e400",
                "null",
                "true",
                "\"\"",
                "\"a\"",
                "[]",
                "{}",
                "[[]]",
                "\"${task.name}\"",
                "\"${task.command}\"",
                "\"${task.env}\"",
                "\"${task.volumes}\"",
                "\"${task.root.file.readOnly}\"",
                "\"${host.memoryBytes}\"",
                "\"${options.stack}\"",
                "\"${options.gc?}\"",
                "\"${v.target?}\"",
                "\"${user}\"",
                "\"x${\"",
                "{\"$splice\": []}",
                "{\"$join\": [\"/\", \"${task.name}\"]}",
                "{\"$percent\": [\"${host.memoryBytes}\", 50, \"MiB\"]}",
                "{\"$choose\": \"${host.cpus}\", \"1\": \"a\", \"$default\": [\"b\"]}",
                "{\"$each\": \"${task.volumes}\", \"as\": \"w\", \"value\": \"${w.name}\"}")
            .map(Declarations::json);
    Arbitrary<String> keys =
        Arbitraries.of("", "", "", "$each", "$splice", "$join", "$default", "a", "name", "as");
    return Combinators.combine(
            Arbitraries.integers().between(0, 10_000), keys, values.optional(0.85))
        .as(Change::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(3);
  }
}
