package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Reads a text of YAML or JSON into trees. A text that is valid JSON is read as such: tabs and some
 * escapes are fine there and not in YAML. The size is checked before anything else, so that what a
 * text can cost is bounded.
 */
final class DocumentText {

  /** The largest text that is looked at: 1 MiB. */
  static final int MAX_BYTES = 1 << 20;

  /** How deep objects and lists may nest; the keys of a task document need 5 levels. */
  static final int MAX_DEPTH = 32;

  /** How many values a text may hold, counting what an alias stands for once for every use. */
  static final int MAX_VALUES = 50_000;

  /** How many characters a number may have; a longer one is text in YAML, and refused in JSON. */
  static final int MAX_NUMBER = 1000;

  private static final Pattern LOOKS_LIKE_JSON = Pattern.compile("\\s*+\\{\\s*+[\"}]");

  private static final ObjectReader JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_NUMBER)
                          .maxTokenCount(2 * MAX_VALUES)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build()
          .readerFor(JsonNode.class);

  private DocumentText() {}

  /**
   * One document of a text.
   *
   * @param problems what is wrong with it as a text, which does not keep it from being read
   */
  record Document(JsonNode tree, Problems problems) {}

  /**
   * The documents of a text, those without any content left out.
   *
   * @param problems gets what keeps the rest of the text from being read
   */
  static List<Document> read(byte[] text, Problems problems) {
    List<Document> documents = new ArrayList<>();
    try {
      String decoded = decode(text);
      if (LOOKS_LIKE_JSON.matcher(decoded).lookingAt()) {
        readJson(decoded, documents);
      } else {
        new YamlText(decoded).readInto(documents);
      }
    } catch (TaskException e) {
      e.problems().forEach(problems::add);
    }
    return documents;
  }

  private static String decode(byte[] text) {
    if (text.length > MAX_BYTES) {
      throw tooLarge(
          "the text has " + text.length + " bytes; at most " + MAX_BYTES + " (1 MiB) are read");
    }
    try {
      String decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
      return decoded.startsWith("\uFEFF") ? decoded.substring(1) : decoded;
    } catch (CharacterCodingException e) {
      throw notYaml("the text is not in UTF-8; give a text file with YAML or JSON");
    }
  }

  /**
   * Reads one JSON document. What is not strict JSON may still be YAML, such as a flow mapping
   * without quotes, several documents, or a key that is there twice, of which YAML tells the line.
   */
  private static void readJson(String text, List<Document> documents) {
    try {
      Optional<JsonNode> tree = strictJson(text);
      if (tree.isPresent()) {
        documents.add(new Document(tree.get(), new Problems()));
      } else {
        new YamlText(text).readInto(documents);
      }
    } catch (StreamConstraintsException e) {
      throw tooLarge(
          "the text holds more than "
              + MAX_VALUES
              + " values, nests deeper than "
              + MAX_DEPTH
              + " levels, or has a key or number of absurd length; split or shorten it");
    } catch (JsonProcessingException notJson) {
      readYaml(text, documents, notJson.getLocation());
    }
  }

  /**
   * JSON that this program can write again. Empty if it escapes half a character, which YAML
   * refuses with its line, or if an exponent is beyond the range of int: such a number is text in
   * YAML, and refused where a number is wanted.
   */
  private static Optional<JsonNode> strictJson(String text) throws JsonProcessingException {
    try {
      return Optional.of(JSON.<JsonNode>readValue(text)).filter(DocumentText::wellFormed);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static void readYaml(String text, List<Document> documents, JsonLocation jsonEnds) {
    try {
      new YamlText(text).readInto(documents);
    } catch (TaskException e) {
      boolean tooLarge = !e.first().code().equals("NOT_YAML");
      if (tooLarge || !documents.isEmpty()) {
        throw e;
      }
      throw notYaml(
          at(jsonEnds.getLineNr(), jsonEnds.getColumnNr())
              + "the text starts like JSON, but is not valid JSON here (a key must not be there"
              + " twice), nor is it YAML");
    }
  }

  /** Whether every text of a tree can be written as UTF-8: JSON can escape half a character. */
  private static boolean wellFormed(JsonNode tree) {
    if (tree.isTextual()) {
      return wellFormed(tree.textValue());
    }
    for (JsonNode child : tree) {
      if (!wellFormed(child)) {
        return false;
      }
    }
    return tree.properties().stream().allMatch(entry -> wellFormed(entry.getKey()));
  }

  /** Whether a text has no surrogate without its other half. */
  static boolean wellFormed(String text) {
    return text.codePoints()
        .noneMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
  }

  /** The start of a message; both numbers count from 1. */
  static String at(int line, int column) {
    return "line " + line + ", column " + column + ": ";
  }

  static TaskException notYaml(String message) {
    return TaskException.failed(Problem.user("NOT_YAML", message));
  }

  static TaskException tooLarge(String message) {
    return TaskException.failed(Problem.user("TOO_LARGE", message));
  }
}
