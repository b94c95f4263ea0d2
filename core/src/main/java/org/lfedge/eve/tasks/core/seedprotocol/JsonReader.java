package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * A place in a JSON text that was written by others. Every method fails with the code of the {@link
 * Reading} and the path of the place if what is there has the wrong form.
 *
 * @param node what is there
 * @param path from the top, such as {@code process.args[0]}
 * @param reading what the text is
 */
record JsonReader(JsonNode node, String path, Reading reading) {

  /** A text as a whole. */
  static JsonReader top(JsonNode node, Reading reading) {
    return new JsonReader(node, "", reading);
  }

  /**
   * Refuses anything but an object; also one with other keys than these, unless they are to be
   * passed over.
   */
  JsonReader requireObject(String... keys) {
    if (!node.isObject()) {
      throw invalid("must be an object");
    }
    if (!reading.knownKeysAlone()) {
      return this;
    }
    List<String> known = List.of(keys);
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                throw at(node, key)
                    .invalid(
                        "is not known here; known are "
                            + (known.isEmpty() ? "none" : String.join(", ", known)));
              }
            });
    return this;
  }

  /** The one key of a union. */
  String variant() {
    if (!node.isObject() || node.size() != 1) {
      throw invalid("must be an object with one key, which names the variant");
    }
    return node.fieldNames().next();
  }

  /** A member that must be there. */
  JsonReader required(String key) {
    return optional(key).orElseThrow(() -> at(node, key).invalid("is missing"));
  }

  /** A member that may be missing; null counts as missing. */
  Optional<JsonReader> optional(String key) {
    return node.hasNonNull(key) ? Optional.of(at(node.get(key), key)) : Optional.empty();
  }

  private JsonReader at(JsonNode member, String key) {
    return new JsonReader(member, path.isEmpty() ? key : path + "." + key, reading);
  }

  String text() {
    if (!node.isTextual()) {
      throw invalid("must be a string");
    }
    return node.textValue();
  }

  boolean bool() {
    if (!node.isBoolean()) {
      throw invalid("must be true or false");
    }
    return node.booleanValue();
  }

  long number() {
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw invalid("must be an integer of at most 64 bits");
    }
    return node.longValue();
  }

  int smallNumber() {
    long number = number();
    if (number != (int) number) {
      throw invalid("must be an integer of at most 32 bits");
    }
    return (int) number;
  }

  byte[] bytes() {
    String text = text();
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw invalid("must be base64: " + e.getMessage());
    }
  }

  /** One of an enumeration, written in small letters. */
  <E extends Enum<E>> E oneOf(Class<E> type) {
    String text = text();
    for (E constant : type.getEnumConstants()) {
      if (SeedCodec.name(constant).equals(text)) {
        return constant;
      }
    }
    List<String> names = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      names.add(SeedCodec.name(constant));
    }
    throw invalid("must be one of " + String.join(", ", names));
  }

  <T> List<T> list(Function<JsonReader, T> element) {
    if (!node.isArray()) {
      throw invalid("must be a list");
    }
    List<T> elements = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      elements.add(element.apply(new JsonReader(node.get(i), path + "[" + i + "]", reading)));
    }
    return elements;
  }

  /** A list that may be missing, which stands for an empty one. */
  <T> List<T> listOrNone(String key, Function<JsonReader, T> element) {
    Optional<JsonReader> list = optional(key);
    return list.isEmpty() ? List.of() : list.get().list(element);
  }

  SortedMap<String, String> texts() {
    if (!node.isObject()) {
      throw invalid("must be an object");
    }
    SortedMap<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      texts.put(member.getKey(), at(member.getValue(), member.getKey()).text());
    }
    return texts;
  }

  /** Makes a value that checks itself, and names this place if it refuses. */
  <T> T check(Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  TaskException invalid(String why) {
    return reading.fault(path, why);
  }
}
