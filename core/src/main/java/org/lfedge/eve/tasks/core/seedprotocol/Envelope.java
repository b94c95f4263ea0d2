package org.lfedge.eve.tasks.core.seedprotocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.Executor;

/** What calls and answers have in common: their bytes, and the version of the SPI in each. */
final class Envelope {

  /** The key of the version. */
  static final String SPI = "spi";

  /** How deep lists and objects may lie in one another. */
  static final int MAX_DEPTH = 64;

  /** How many names, values and brackets a text may have; each becomes an object of its own. */
  static final int MAX_TOKENS = 100_000;

  private static final Pattern VERSION =
      Pattern.compile("(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})");

  private static final ObjectReader JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxTokenCount(MAX_TOKENS)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .readerFor(JsonNode.class);

  private Envelope() {}

  /** An object that holds the version alone. */
  static ObjectNode start() {
    return JsonNodeFactory.instance.objectNode().put(SPI, version());
  }

  /** Major and minor version of the SPI: a fix of it changes nothing in what is said. */
  static String version() {
    return Executor.SPI_VERSION.substring(0, Executor.SPI_VERSION.lastIndexOf('.'));
  }

  /** Refuses an envelope of another major version, before anything else in it is looked at. */
  static JsonReader open(JsonNode json, Reading reading) {
    JsonReader top = JsonReader.top(json, reading);
    if (!json.isObject()) {
      throw top.invalid("must be an object");
    }
    JsonReader spi = top.required(SPI);
    Matcher version = VERSION.matcher(spi.text());
    if (!version.matches()) {
      throw spi.invalid("must be a version such as " + version());
    }
    String ours = version().substring(0, version().indexOf('.'));
    if (!version.group(1).equals(ours)) {
      throw spi.invalid("is " + spi.text() + "; only versions " + ours + ".x are understood");
    }
    return top;
  }

  /** Reads a text: UTF-8, one value, no key twice, bounded in every direction. */
  static JsonNode parse(byte[] bytes, int maxBytes, Reading reading) {
    if (bytes.length > maxBytes) {
      throw reading.fault("", "has " + bytes.length + " bytes; at most " + maxBytes + " are read");
    }
    String text;
    try {
      text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw reading.fault("", "is not UTF-8");
    }
    if (text.isBlank()) {
      throw reading.fault("", "is empty");
    }
    try {
      return JSON.readValue(text);
    } catch (JsonProcessingException e) {
      throw reading.fault("", "is not JSON as it must be: " + e.getOriginalMessage());
    }
  }

  /**
   * The bytes of a text. Half a surrogate pair, which an image config can smuggle into a string,
   * has no bytes in UTF-8 and is escaped; readers of such a config refuse it in keys.
   */
  static byte[] bytes(ObjectNode json) {
    StringBuilder text = new StringBuilder();
    json.toString()
        .codePoints()
        .forEach(
            c -> {
              if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                text.append("\\u").append(Integer.toHexString(c));
              } else {
                text.appendCodePoint(c);
              }
            });
    return text.toString().getBytes(UTF_8);
  }
}
