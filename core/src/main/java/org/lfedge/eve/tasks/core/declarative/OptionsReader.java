package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.OptionValues;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.Options;

/** Reads the options that a seed.json declares, with their defaults. */
final class OptionsReader {

  private static final List<String> KEYS =
      List.of("name", "type", "doc", "required", "choices", "default");
  private static final int MAX_OPTIONS = 100;
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,62}");

  private final Findings findings;
  private final List<Option> declared = new ArrayList<>();
  private final SortedMap<String, JsonNode> defaults = new TreeMap<>();

  OptionsReader(Findings findings) {
    this.findings = findings;
  }

  /** Those that were read, in their order. */
  List<Option> declared() {
    return declared;
  }

  /** What stands for options that a document leaves out, by name. */
  SortedMap<String, JsonNode> defaults() {
    return defaults;
  }

  /** Reads a list, which may be missing. */
  void read(JsonNode list) {
    if (list.isMissingNode()) {
      return;
    }
    if (!list.isArray() || list.size() > MAX_OPTIONS) {
      findings.add(
          "WRONG_TYPE", "options", "must be a list of at most " + MAX_OPTIONS + " options");
      return;
    }
    for (int i = 0; i < list.size(); i++) {
      String place = Findings.element("options", i);
      if (list.get(i).isObject()) {
        option(list.get(i), place);
      } else {
        findings.add("WRONG_TYPE", place, "must be an object with name, type and doc");
      }
    }
  }

  private void option(JsonNode json, String place) {
    json.fieldNames()
        .forEachRemaining(
            key -> {
              if (!KEYS.contains(key)) {
                FormCheck.unknownKey(findings, place, key, KEYS);
              }
            });
    Optional<String> name = text(json, place, "name");
    Optional<String> word = text(json, place, "type");
    Optional<String> doc = text(json, place, "doc");
    boolean required = required(json, place);
    List<String> choices = choices(json, place);
    Optional<Option.Type> type = word.flatMap(given -> type(given, place));
    if (name.isPresent() && !NAME.matcher(name.get()).matches()) {
      findings.add(
          "BAD_NAME", Findings.member(place, "name"), "must be letters, digits, _ and -: a name");
    } else if (name.isPresent() && declared.stream().anyMatch(o -> o.name().equals(name.get()))) {
      findings.add("CONFLICT", Findings.member(place, "name"), "is declared twice");
    } else if (type.equals(Optional.of(Option.Type.PLATFORM))
        && declared.stream().anyMatch(o -> o.type() == Option.Type.PLATFORM)) {
      findings.add(
          "CONFLICT",
          Findings.member(place, "type"),
          "one option decides the platform of the root, and another does already");
    } else if (name.isPresent() && type.isPresent() && doc.isPresent()) {
      Option option = option(name.get(), type.get(), doc.get(), required, choices, place);
      declared.add(option);
      readDefault(option, json, place);
    }
  }

  private Option option(
      String name,
      Option.Type type,
      String doc,
      boolean required,
      List<String> choices,
      String place) {
    if (choices.isEmpty()) {
      return required ? Option.required(name, type, doc) : Option.optional(name, type, doc);
    }
    if (required || type != Option.Type.STRING) {
      findings.add(
          "CONFLICT",
          Findings.member(place, "choices"),
          "belong to options of type string that are not required; give a default instead");
      return Option.optional(name, type, doc);
    }
    return Option.oneOf(name, doc, choices);
  }

  /** A default is written as in a task document, and checked as there. */
  private void readDefault(Option option, JsonNode json, String place) {
    if (!json.has("default")) {
      return;
    }
    String at = Findings.member(place, "default");
    if (option.required()) {
      findings.add("CONFLICT", at, "is never used: the option is required");
      return;
    }
    if (option.type() == Option.Type.PLATFORM) {
      findings.add("CONFLICT", at, "decides nothing: without the option it is the node's platform");
      return;
    }
    ObjectNode given = JsonNodeFactory.instance.objectNode();
    given.set(option.name(), json.get("default"));
    try {
      Options values = OptionValues.check(List.of(option), given);
      value(option, values).ifPresent(value -> defaults.put(option.name(), value));
    } catch (TaskException e) {
      e.problems().forEach(problem -> findings.add(problem.code(), at, problem.message()));
    }
  }

  /** As a request has it. */
  private static Optional<JsonNode> value(Option option, Options values) {
    String name = option.name();
    return switch (option.type()) {
      case STRING, PLATFORM -> values.string(name).map(TextNode::valueOf);
      case BOOLEAN -> values.bool(name).map(BooleanNode::valueOf);
      case INTEGER, SIZE ->
          values.integer(name).isPresent()
              ? Optional.of(LongNode.valueOf(values.integer(name).getAsLong()))
              : Optional.empty();
      case DURATION -> values.duration(name).map(time -> LongNode.valueOf(time.toMillis()));
      case STRING_LIST -> {
        ArrayNode texts = JsonNodeFactory.instance.arrayNode();
        values.strings(name).forEach(texts::add);
        yield Optional.of(texts);
      }
    };
  }

  private Optional<Option.Type> type(String word, String place) {
    Optional<Option.Type> type =
        Arrays.stream(Option.Type.values())
            .filter(known -> Vocabulary.word(known).equals(word))
            .findFirst();
    if (type.isEmpty()) {
      findings.add(
          "BAD_VALUE",
          Findings.member(place, "type"),
          "must be one of "
              + String.join(
                  ", ", Arrays.stream(Option.Type.values()).map(Vocabulary::word).toList()));
    }
    return type;
  }

  private boolean required(JsonNode json, String place) {
    JsonNode required = json.path("required");
    if (!required.isMissingNode() && !required.isBoolean()) {
      findings.add("WRONG_TYPE", Findings.member(place, "required"), "must be true or false");
    }
    return required.asBoolean(false);
  }

  private List<String> choices(JsonNode json, String place) {
    JsonNode list = json.path("choices");
    List<String> choices = new ArrayList<>();
    list.forEach(choice -> choices.add(choice.asText()));
    boolean texts = list.isArray() && !list.isEmpty();
    for (JsonNode choice : list) {
      texts &= choice.isTextual();
    }
    if (!list.isMissingNode() && (!texts || choices.stream().distinct().count() < list.size())) {
      findings.add(
          "WRONG_TYPE",
          Findings.member(place, "choices"),
          "must be a list of at least one text, each of them once");
      return List.of();
    }
    return choices;
  }

  private Optional<String> text(JsonNode json, String place, String key) {
    JsonNode text = json.path(key);
    if (text.isTextual()) {
      return Optional.of(text.textValue());
    }
    findings.add(
        text.isMissingNode() ? "MISSING" : "WRONG_TYPE",
        Findings.member(place, key),
        text.isMissingNode() ? "must be there" : "must be a text");
    return Optional.empty();
  }
}
