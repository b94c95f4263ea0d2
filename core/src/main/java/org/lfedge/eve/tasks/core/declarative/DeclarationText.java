package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Reads strict JSON of strangers: what it may cost is bounded before it is looked at. */
final class DeclarationText {

  /** The largest file that is looked at: 256 KiB. */
  static final int MAX_BYTES = 256 << 10;

  /** How deep objects and lists may nest; a seed without directives needs 5 levels. */
  static final int MAX_DEPTH = 32;

  /** How many tokens (keys, values, brackets) a file may have. */
  static final int MAX_TOKENS = 40_000;

  private static final int MAX_NUMBER = 100;

  private static final ObjectReader JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_NUMBER)
                          .maxTokenCount(MAX_TOKENS)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .readerFor(JsonNode.class);

  private DeclarationText() {}

  /**
   * The tree of a text.
   *
   * @throws TaskException with code {@code TOO_LARGE} or {@code NOT_JSON}
   */
  static JsonNode read(byte[] text) {
    if (text.length > MAX_BYTES) {
      throw tooLarge(
          "it has " + text.length + " bytes; at most " + MAX_BYTES + " (256 KiB) are read");
    }
    try {
      String decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
      JsonNode tree = JSON.readValue(decoded);
      if (tree == null || tree.isMissingNode()) {
        throw notJson("it is empty");
      }
      if (!wellFormed(tree)) {
        throw notJson("an escape gives half of a surrogate pair; write both halves");
      }
      return tree;
    } catch (CharacterCodingException e) {
      throw notJson("it is not in UTF-8");
    } catch (StreamConstraintsException e) {
      throw tooLarge(
          "it has more than "
              + MAX_TOKENS
              + " tokens, nests deeper than "
              + MAX_DEPTH
              + " levels, or has a key or number of absurd length; shorten it");
    } catch (JsonProcessingException e) {
      throw notJson(
          "line "
              + e.getLocation().getLineNr()
              + ", column "
              + e.getLocation().getColumnNr()
              + ": strict JSON is wanted here, and no key twice in one object");
    } catch (NumberFormatException e) {
      throw notJson("a number has an exponent beyond all bounds");
    }
  }

  private static boolean wellFormed(JsonNode tree) {
    if (tree.isTextual()) {
      return wellFormed(tree.textValue());
    }
    for (JsonNode child : tree) {
      if (!wellFormed(child)) {
        return false;
      }
    }
    return tree.properties().stream().allMatch(member -> wellFormed(member.getKey()));
  }

  private static boolean wellFormed(String text) {
    return text.codePoints()
        .noneMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
  }

  private static TaskException notJson(String why) {
    return TaskException.failed(
        Problem.user("NOT_JSON", "seed.json cannot be read: " + why + "; correct it"));
  }

  private static TaskException tooLarge(String why) {
    return TaskException.failed(Problem.user("TOO_LARGE", "seed.json cannot be read: " + why));
  }
}
