package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.lfedge.eve.tasks.core.error.Problem;

/**
 * A value at a place of a document, and the ways to read it. A value that cannot be read in the way
 * that is wanted is put on record as a problem and reads as empty, so that reading goes on and
 * finds the next problem.
 */
final class DocumentValue {

  /** More elements than any list of a document needs. */
  static final int MAX_LIST = 1000;

  /** The longest path that Linux takes: PATH_MAX, less the NUL that ends it. */
  private static final int MAX_PATH = 4095;

  private final JsonNode node;
  private final Place place;
  private final boolean confidential;
  private final Problems problems;

  /**
   * A value to read.
   *
   * @param confidential whether problems must not show it, nor what is in it
   * @param problems gets what is wrong with it
   */
  DocumentValue(JsonNode node, Place place, boolean confidential, Problems problems) {
    this.node = node;
    this.place = place;
    this.confidential = confidential;
    this.problems = problems;
  }

  /** The same value, which problems do not show from here on. */
  DocumentValue confidential() {
    return new DocumentValue(node, place, true, problems);
  }

  DocumentValue child(Place childPlace, JsonNode child) {
    return new DocumentValue(child, childPlace, confidential, problems);
  }

  Place place() {
    return place;
  }

  boolean isObject() {
    return node.isObject();
  }

  /** Whether it is a text that fulfils something. */
  boolean isText(Predicate<String> condition) {
    return node.isTextual() && condition.test(node.textValue());
  }

  boolean isEmptyList() {
    return node.isArray() && node.isEmpty();
  }

  /** How many elements or keys it has; 0 if it is neither a list nor an object. */
  int size() {
    return node.size();
  }

  /** Puts on record that this value cannot be used. */
  <T> Optional<T> refuse(String code, String message) {
    problems.add(new Problem(code, Problem.Kind.USER, place.path(), shown(), message));
    return Optional.empty();
  }

  /** A text, without NUL: every text of a task document ends up where NUL ends it. */
  Optional<String> text() {
    if (!node.isTextual()) {
      return wrongType("a text; put it in quotes");
    }
    return node.textValue().indexOf('\0') >= 0
        ? refuse("BAD_VALUE", "must not hold a NUL character")
        : Optional.of(node.textValue());
  }

  /** A text, or a number or truth value as the text that stands in the document. */
  Optional<String> scalar() {
    if (node.isNumber()) {
      BigDecimal number = node.decimalValue();
      boolean plain = Math.abs((long) number.scale()) <= DocumentText.MAX_NUMBER;
      return Optional.of(plain ? number.toPlainString() : number.toString());
    }
    if (node.isBoolean()) {
      return Optional.of(node.asText());
    }
    return node.isTextual() ? text() : wrongType("a text, a number, true or false");
  }

  /** A text of a form. */
  Optional<String> text(TextForm form) {
    return text().flatMap(text -> inForm(text, form));
  }

  /** A scalar as text, of a form. */
  Optional<String> scalar(TextForm form) {
    return scalar().flatMap(text -> inForm(text, form));
  }

  private Optional<String> inForm(String text, TextForm form) {
    return form.fits(text) ? Optional.of(text) : refuse(form.code(), form.message());
  }

  /** A truth value. */
  Optional<Boolean> flag() {
    return node.isBoolean()
        ? Optional.of(node.booleanValue())
        : wrongType("true or false, without quotes and in lower case");
  }

  /** A number in a range, both ends included. */
  Optional<BigDecimal> number(BigDecimal min, BigDecimal max) {
    if (!node.isNumber()) {
      return wrongType("a number without quotes");
    }
    BigDecimal number = node.decimalValue();
    return number.compareTo(min) < 0 || number.compareTo(max) > 0
        ? refuse("OUT_OF_RANGE", "must be from " + min + " to " + max)
        : Optional.of(number);
  }

  /** A whole number in a range, both ends included. */
  Optional<Long> whole(long min, long max) {
    return number(BigDecimal.valueOf(min), BigDecimal.valueOf(max))
        .flatMap(
            number ->
                number.stripTrailingZeros().scale() <= 0
                    ? Optional.of(number.longValueExact())
                    : wrongType("a whole number"));
  }

  /** A number of bytes, {@code 64MiB} or a whole number, up to {@link Sizes#MAX}. */
  Optional<Long> size(long min) {
    if (node.isNumber()) {
      return whole(min, Sizes.MAX);
    }
    if (!node.isTextual()) {
      return wrongType("a size such as 64MiB, 1.5GiB, 500MB, or a whole number of bytes");
    }
    OptionalLong bytes = Sizes.parse(node.textValue());
    if (bytes.isEmpty()) {
      return refuse(
          "BAD_VALUE", "must be a size such as 64MiB, 1.5GiB, 500MB, or a whole number of bytes");
    }
    return bytes.getAsLong() < min || bytes.getAsLong() > Sizes.MAX
        ? refuse("OUT_OF_RANGE", "must be from " + min + " byte(s) to 8192TiB")
        : Optional.of(bytes.getAsLong());
  }

  /** A time such as {@code 1m30s}. */
  Optional<Duration> duration(Duration max) {
    if (!node.isTextual()) {
      return wrongType("a time with its unit, such as 500ms, 10s or 1m30s");
    }
    Optional<Duration> duration = Durations.parse(node.textValue());
    if (duration.isEmpty()) {
      return refuse("BAD_VALUE", "must be a time with its unit, such as 500ms, 10s or 1m30s");
    }
    return duration.get().compareTo(max) > 0
        ? refuse("OUT_OF_RANGE", "must be at most " + Durations.format(max))
        : duration;
  }

  /**
   * A path on the node, made absolute and freed of {@code .} and {@code ..}.
   *
   * @param base where relative paths start
   */
  Optional<String> path(Path base) {
    return text()
        .flatMap(
            text -> {
              if (text.isEmpty() || text.length() > MAX_PATH) {
                return refuse("BAD_VALUE", "must be a path of 1 to " + MAX_PATH + " characters");
              }
              try {
                return Optional.of(base.toAbsolutePath().resolve(text).normalize().toString());
              } catch (InvalidPathException e) {
                return refuse(
                    "BAD_VALUE",
                    "cannot be a path on this node; letters outside ASCII need a UTF-8 locale");
              }
            });
  }

  /**
   * A list, its elements read one by one; those that cannot be read are left out.
   *
   * @param element is given the index, from 0, and the value
   */
  <T> List<T> list(int max, BiFunction<Integer, DocumentValue, Optional<T>> element) {
    List<T> read = new ArrayList<>();
    if (!node.isArray()) {
      wrongType("a list, such as [a, b]");
    } else if (node.size() > max) {
      refuse("OUT_OF_RANGE", "has " + node.size() + " elements; at most " + max + " are allowed");
    } else {
      for (int i = 0; i < node.size(); i++) {
        element.apply(i, child(place.index(i), node.get(i))).ifPresent(read::add);
      }
    }
    return read;
  }

  /** An object, read key by key; keys that the reader does not ask for are problems. */
  <T> Optional<T> object(Function<DocumentObject, Optional<T>> reader) {
    return object("{key: value}", reader);
  }

  /**
   * An object, read key by key.
   *
   * @param example of it, for those who write something else, as other tools have it
   */
  <T> Optional<T> object(String example, Function<DocumentObject, Optional<T>> reader) {
    if (!(node instanceof ObjectNode keys)) {
      return wrongType("an object, such as " + example);
    }
    DocumentObject object = new DocumentObject(this, keys);
    Optional<T> read = reader.apply(object);
    object.refuseUnknownKeys();
    return read;
  }

  /**
   * An object whose keys the core does not know, its keys sorted. Numbers stay as they were
   * written, since they may be wanted as text.
   */
  Optional<JsonNode> tree() {
    return node.isObject() ? Optional.of(sorted(node)) : wrongType("an object");
  }

  private static JsonNode sorted(JsonNode tree) {
    if (tree.isObject()) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      TreeSet<String> keys = new TreeSet<>();
      tree.fieldNames().forEachRemaining(keys::add);
      keys.forEach(key -> object.set(key, sorted(tree.get(key))));
      return object;
    }
    if (tree.isArray()) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      tree.forEach(element -> list.add(sorted(element)));
      return list;
    }
    return tree;
  }

  private <T> Optional<T> wrongType(String wanted) {
    return refuse(
        "WRONG_TYPE", node.isNull() ? "has no value; must be " + wanted : "must be " + wanted);
  }

  private String shown() {
    if (confidential) {
      return "";
    }
    return node.isObject() ? "{...}" : node.isArray() ? "[...]" : Place.shown(node.asText());
  }
}
