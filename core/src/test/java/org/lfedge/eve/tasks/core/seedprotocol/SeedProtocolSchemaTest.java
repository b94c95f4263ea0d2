package org.lfedge.eve.tasks.core.seedprotocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.task.Root;

/** The published schema, the codecs and the documentation say the same. */
class SeedProtocolSchemaTest {

  private static final List<Option> DECLARED = ProtocolSamples.INFO.options();
  private static final JsonNode PUBLISHED = published();
  private static final JsonSchema CALL = closed("call");
  private static final JsonSchema ANSWER = closed("answer");

  private static JsonNode published() {
    try (InputStream file = SeedCodec.class.getResourceAsStream("seed-protocol.schema.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(file));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One definition of the schema; what it leaves open for later versions is closed in this one. */
  private static JsonSchema closed(String definition) {
    ObjectNode schema = PUBLISHED.deepCopy();
    schema.remove("oneOf");
    schema.put("$ref", "#/$defs/" + definition);
    for (JsonNode part : schema.get("$defs")) {
      if (part.has("properties") && !part.has("additionalProperties")) {
        ((ObjectNode) part).put("additionalProperties", false);
      }
    }
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema);
  }

  @Provide
  Arbitrary<Call> calls() {
    return ProtocolSamples.calls();
  }

  @Provide
  Arbitrary<Answer> answers() {
    return ProtocolSamples.answers();
  }

  @Property
  void everyCallIsValid(@ForAll("calls") Call call) {
    assertEquals(Set.of(), CALL.validate(call.toJson(DECLARED)));
    assertFalse(ANSWER.validate(call.toJson(DECLARED)).isEmpty());
  }

  @Property
  void everyAnswerIsValid(@ForAll("answers") Answer answer) {
    assertEquals(Set.of(), ANSWER.validate(answer.toJson()));
    assertFalse(CALL.validate(answer.toJson()).isEmpty());
  }

  /**
   * A reader that is given a key, a variant or a constant that it does not know says which it
   * knows: just those that the schema has there. Every place of every definition is tried.
   */
  @Example
  void theSchemaHasWhatTheReadersKnowAndNothingElse() {
    Set<String> seen = new TreeSet<>();
    for (Answer answer :
        List.of(
            new Answer.Description(ProtocolSamples.INFO),
            new Answer.Questions(List.of(new FactQuery.HostDevice("/dev/kvm"))),
            new Answer.Made(ProtocolSamples.FULL_SEED),
            new Answer.Refusal("A", "b", "c"))) {
      compare(answer.toJson(), "answer", Answer::fromJson, seen);
    }
    for (Root.Kind kind : Root.Kind.values()) {
      for (int seed = 0; seed < 20; seed++) {
        JsonNode request =
            RequestCodec.toJson(
                SampleRequests.of(ProtocolSamples.INFO, kind, seed),
                DECLARED,
                List.of(new FactQuery.PciDevice("0000:03:00.0")));
        compare(
            request,
            "request",
            json -> RequestCodec.fromJson(JsonReader.top(json, Reading.ANSWER), DECLARED),
            seen);
      }
    }
    seen.add("call");
    Set<String> all = new TreeSet<>();
    PUBLISHED.get("$defs").fieldNames().forEachRemaining(all::add);
    assertEquals(
        all, seen.stream().filter(all::contains).collect(Collectors.toCollection(TreeSet::new)));
  }

  /** Keys of calls depend on the call. */
  @Example
  void theSchemaHasTheKeysOfCalls() {
    Set<String> written = new TreeSet<>();
    var request = SampleRequests.of(ProtocolSamples.INFO, Root.Kind.FILE, 1);
    for (Call call :
        List.of(new Call.Ask(request.task(), List.of()), new Call.MakeSeed(request, List.of()))) {
      call.toJson(DECLARED).fieldNames().forEachRemaining(written::add);
    }
    assertEquals(written, keys(PUBLISHED.at("/$defs/call")));
  }

  @Example
  void everyDefinitionAndEveryKeyHasADescription() {
    List<String> without = new ArrayList<>();
    for (Map.Entry<String, JsonNode> definition : PUBLISHED.get("$defs").properties()) {
      collectUndescribed(definition.getValue(), definition.getKey(), without);
    }
    assertEquals(List.of(), without);
  }

  private static void collectUndescribed(JsonNode schema, String place, List<String> without) {
    if (!schema.path("description").isTextual()) {
      without.add(place);
    }
    schema
        .path("properties")
        .properties()
        .forEach(p -> collectUndescribed(p.getValue(), place + "." + p.getKey(), without));
  }

  /** {@code docs/seed-protocol.md} has a section for each definition, with a row for each key. */
  @Example
  void theDocumentationHasEveryKeyAndNoOther() throws IOException {
    String[] sections = documentation().split("\n### ", -1);
    Pattern row = Pattern.compile("(?m)^\\| `([A-Za-z0-9]+)` \\|");
    Set<String> documented = new TreeSet<>();
    for (int i = 1; i < sections.length; i++) {
      String name = sections[i].lines().findFirst().orElseThrow();
      documented.add(name);
      assertEquals(
          keys(PUBLISHED.at("/$defs/" + name)),
          row.matcher(sections[i])
              .results()
              .map(found -> found.group(1))
              .collect(Collectors.toCollection(TreeSet::new)),
          name);
    }
    Set<String> all = new TreeSet<>();
    PUBLISHED.get("$defs").fieldNames().forEachRemaining(all::add);
    assertEquals(all, documented);
  }

  @Example
  void theExampleOfTheDocumentationAnswersAsItMust() throws IOException {
    String script = documentation().split("```sh\n", 2)[1].split("```", 2)[0];
    List<String> answers =
        Pattern.compile("echo '([^']+)'")
            .matcher(script)
            .results()
            .map(found -> Answer.fromBytes(found.group(1).getBytes(UTF_8)).getClass())
            .map(Class::getSimpleName)
            .toList();
    assertEquals(List.of("Description", "Questions", "Made", "Refusal"), answers);
  }

  private static String documentation() throws IOException {
    Path module = Path.of(System.getProperty("basedir", "."));
    return Files.readString(module.resolve("../docs/seed-protocol.md"));
  }

  private static void compare(
      JsonNode json, String definition, Function<JsonNode, ?> reader, Set<String> seen) {
    visit(
        PUBLISHED.at("/$defs/" + definition),
        definition,
        json,
        JsonPointer.empty(),
        place -> {
          if (seen.add(place.name())) {
            place.compare(json, reader);
          }
        });
  }

  /** A value and the part of the schema that describes it. */
  private record Place(String name, JsonNode schema, JsonPointer at) {

    void compare(JsonNode json, Function<JsonNode, ?> reader) {
      if (schema.has("enum")) {
        if (schema.get("enum").get(0).isTextual()) {
          JsonNode broken = json.deepCopy();
          set(broken, JsonNodeFactory.instance.textNode("zz"));
          Set<String> constants =
              StreamSupport.stream(schema.get("enum").spliterator(), false)
                  .map(JsonNode::textValue)
                  .collect(Collectors.toCollection(TreeSet::new));
          assertEquals(constants, known(broken, reader, "must be one of "), name);
        }
      } else if (schema.path("maxProperties").asInt() == 1) {
        JsonNode broken = json.deepCopy();
        ((ObjectNode) broken.at(at)).removeAll().putObject("zz");
        assertEquals(keys(schema), known(broken, reader, "; known are "), name);
      } else {
        JsonNode broken = json.deepCopy();
        ((ObjectNode) broken.at(at)).put("zz", 1);
        assertEquals(keys(schema), known(broken, reader, "; known are "), name);
      }
    }

    private void set(JsonNode json, JsonNode value) {
      JsonNode parent = json.at(at.head());
      if (parent instanceof ObjectNode object) {
        object.set(at.last().getMatchingProperty(), value);
      } else {
        ((ArrayNode) parent).set(at.last().getMatchingIndex(), value);
      }
    }

    private static Set<String> known(JsonNode json, Function<JsonNode, ?> reader, String before) {
      String message =
          assertThrows(TaskException.class, () -> reader.apply(json)).first().message();
      assertTrue(message.contains(before), message);
      String list = message.substring(message.indexOf(before) + before.length()).split(";", 2)[0];
      return list.equals("none") ? Set.of() : new TreeSet<>(List.of(list.split(", | and ")));
    }
  }

  private static void visit(
      JsonNode schema, String name, JsonNode json, JsonPointer at, Consumer<Place> places) {
    if (schema.has("$ref")) {
      String definition = schema.get("$ref").textValue().substring("#/$defs/".length());
      visit(PUBLISHED.at("/$defs/" + definition), definition, json, at, places);
    } else if (schema.has("enum") || (json.isObject() && isClosedObject(schema))) {
      places.accept(new Place(name, schema, at));
      for (Map.Entry<String, JsonNode> member : json.properties()) {
        visit(
            schema.at("/properties").path(member.getKey()),
            name + "." + member.getKey(),
            member.getValue(),
            at.appendProperty(member.getKey()),
            places);
      }
    } else if (json.isArray() && schema.has("items")) {
      for (int i = 0; i < json.size(); i++) {
        visit(schema.get("items"), name + "[]", json.get(i), at.appendIndex(i), places);
      }
    }
  }

  /** An object of a fixed set of keys, and none of texts by key or the like. */
  private static boolean isClosedObject(JsonNode schema) {
    return schema.has("properties") || schema.path("additionalProperties").isBoolean();
  }

  private static Set<String> keys(JsonNode schema) {
    Set<String> keys = new TreeSet<>();
    schema.path("properties").fieldNames().forEachRemaining(keys::add);
    return keys;
  }
}
