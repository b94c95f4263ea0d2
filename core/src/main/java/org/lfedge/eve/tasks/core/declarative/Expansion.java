package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.SeedException;

/**
 * Puts the values of one request into an expression. Values of the request are copied as they are:
 * nothing here looks into a text, and no key of the result comes from the request.
 *
 * <p>What it may cost is bounded: each value that is made, copied or looked at counts, and each
 * character of a text.
 */
final class Expansion {

  /** How many values may be made, copied or looked at. */
  static final int MAX_VALUES = 50_000;

  /** How many characters all keys and texts may have together: 1 Mi. */
  static final int MAX_CHARACTERS = 1 << 20;

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Map<String, Bound> scope = new TreeMap<>();
  private int values;
  private long characters;

  /**
   * What a name stands for.
   *
   * @param path what it is called in the request, such as {@code task.volumes[1]}
   */
  private record Bound(JsonNode value, String path) {}

  private Expansion(ObjectNode context) {
    context
        .properties()
        .forEach(name -> scope.put(name.getKey(), new Bound(name.getValue(), name.getKey())));
  }

  /**
   * The value that an expression stands for.
   *
   * @param context what placeholders name
   * @return empty if an optional placeholder decides that there is none
   * @throws SeedException if something is absent that has to be there, fits no case, or if the
   *     result were too large
   */
  static Optional<JsonNode> expand(Expression expression, ObjectNode context) throws SeedException {
    return new Expansion(context).value(expression);
  }

  /** Whether a number is one that {@code $percent} takes. */
  static boolean isPercentage(JsonNode number) {
    return number.canConvertToInt() && number.intValue() >= 0 && number.intValue() <= 100;
  }

  private Optional<JsonNode> value(Expression expression) throws SeedException {
    count(1, 0);
    if (expression instanceof Expression.Literal literal) {
      return Optional.of(copy(literal.value()));
    } else if (expression instanceof Expression.Members object) {
      return Optional.of(members(object));
    } else if (expression instanceof Expression.Elements list) {
      ArrayNode elements = JSON.arrayNode();
      for (Expression element : list.elements()) {
        addTo(elements, element);
      }
      return Optional.of(elements);
    } else if (expression instanceof Expression.Placeholder placeholder) {
      Optional<Bound> found = find(placeholder);
      return found.isEmpty() ? Optional.empty() : Optional.of(copy(found.get().value()));
    } else if (expression instanceof Expression.Choose choose) {
      Optional<Expression> chosen = chosen(choose);
      return chosen.isEmpty() ? Optional.empty() : value(chosen.get());
    } else if (expression instanceof Expression.Join join) {
      return join(join);
    } else if (expression instanceof Expression.Percent percent) {
      return percent(percent);
    }
    throw new IllegalStateException("refused when it was read: " + expression);
  }

  private ObjectNode members(Expression.Members object) throws SeedException {
    ObjectNode members = JSON.objectNode();
    for (Map.Entry<String, Expression> member : object.members().entrySet()) {
      Optional<JsonNode> value = value(member.getValue());
      if (value.isPresent()) {
        count(0, member.getKey().length());
        members.set(member.getKey(), value.get());
      }
    }
    return members;
  }

  /**
   * Adds what an expression gives in a list: one element, or any number of them.
   *
   * @return false if it is absent
   */
  private boolean addTo(ArrayNode list, Expression expression) throws SeedException {
    if (expression instanceof Expression.Each each) {
      return addEach(list, each);
    }
    if (expression instanceof Expression.Splice splice) {
      Optional<JsonNode> elements = value(splice.list());
      elements.ifPresent(found -> found.forEach(list::add));
      return true;
    }
    if (expression instanceof Expression.Choose choose) {
      count(1, 0);
      Optional<Expression> chosen = chosen(choose);
      return chosen.isPresent() && addTo(list, chosen.get());
    }
    Optional<JsonNode> value = value(expression);
    value.ifPresent(list::add);
    return value.isPresent();
  }

  private boolean addEach(ArrayNode list, Expression.Each each) throws SeedException {
    Optional<Bound> found = find(each.list());
    if (found.isEmpty()) {
      return true;
    }
    JsonNode elements = found.get().value();
    String path = found.get().path();
    for (int i = 0; i < elements.size() && elements.isArray(); i++) {
      addFor(list, each, new Bound(elements.get(i), path + "[" + i + "]"));
    }
    if (elements.isObject()) {
      // In the order of the keys, whatever the order of the object is.
      TreeMap<String, JsonNode> sorted = new TreeMap<>();
      elements.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
      for (Map.Entry<String, JsonNode> entry : sorted.entrySet()) {
        ObjectNode pair = JSON.objectNode().put("key", entry.getKey());
        pair.set("value", entry.getValue());
        addFor(list, each, new Bound(pair, path));
      }
    }
    return true;
  }

  private void addFor(ArrayNode list, Expression.Each each, Bound element) throws SeedException {
    count(1, 0);
    scope.put(each.variable(), element);
    addTo(list, each.value());
    scope.remove(each.variable());
  }

  private Optional<Expression> chosen(Expression.Choose choose) throws SeedException {
    Optional<Bound> found = find(choose.on());
    if (found.isEmpty()) {
      return choose.fallback();
    }
    Optional<Expression> chosen =
        Optional.ofNullable(choose.cases().get(found.get().value().asText())).or(choose::fallback);
    if (chosen.isEmpty()) {
      throw new SeedException(
          "NO_CASE",
          documentPath(found.get().path()),
          "this executor can do nothing with what is here; it knows "
              + String.join(", ", choose.cases().keySet())
              + " ("
              + choose.place()
              + " of its seed.json)");
    }
    return chosen;
  }

  private Optional<JsonNode> join(Expression.Join join) throws SeedException {
    ArrayNode parts = JSON.arrayNode();
    for (Expression part : join.parts()) {
      if (!addTo(parts, part)) {
        return Optional.empty();
      }
    }
    StringBuilder joined = new StringBuilder();
    for (JsonNode part : parts) {
      count(0, part.asText().length());
      joined.append(part.asText());
    }
    return Optional.of(TextNode.valueOf(joined.toString()));
  }

  private Optional<JsonNode> percent(Expression.Percent expression) throws SeedException {
    Optional<JsonNode> number = value(expression.number());
    Optional<JsonNode> percent = value(expression.percent());
    if (number.isEmpty() || percent.isEmpty()) {
      return Optional.empty();
    }
    long of = number.get().longValue();
    if (!number.get().canConvertToLong() || of < 0) {
      throw badNumber(expression.number(), "a number of bytes, 0 or more, is wanted here");
    }
    if (!isPercentage(percent.get())) {
      throw badNumber(expression.percent(), "a percentage from 0 to 100 is wanted here");
    }
    long share = percent.get().longValue();
    // In two steps, so that no product is beyond 64 bits.
    long bytes = of / 100 * share + of % 100 * share / 100;
    return Optional.of(LongNode.valueOf(bytes / expression.unit()));
  }

  private SeedException badNumber(Expression expression, String message) throws SeedException {
    String path =
        expression instanceof Expression.Placeholder placeholder
            ? find(placeholder).map(Bound::path).orElse("")
            : "";
    return new SeedException(
        "OUT_OF_RANGE",
        documentPath(path),
        message + " (" + expression.place() + " of the executor's seed.json)");
  }

  private Optional<Bound> find(Expression.Placeholder placeholder) throws SeedException {
    List<String> steps = placeholder.steps();
    Bound at = scope.get(steps.get(0));
    StringBuilder path = new StringBuilder(at == null ? steps.get(0) : at.path());
    Optional<JsonNode> value = Optional.ofNullable(at).map(Bound::value);
    for (String step : steps.subList(1, steps.size())) {
      boolean inList = value.filter(JsonNode::isArray).isPresent();
      path.append(inList ? "[" + step + "]" : "." + step);
      value = value.map(node -> inList ? node.get(Integer.parseInt(step)) : node.get(step));
    }
    value = value.filter(node -> !node.isNull());
    if (value.isEmpty() && !placeholder.optional()) {
      String name = Findings.shown(path.toString());
      throw new SeedException(
          "VALUE_ABSENT",
          documentPath(path.toString()),
          "the executor needs "
              + name
              + ", which there is not; give it, if the document can ("
              + placeholder.place()
              + " of the executor's seed.json)");
    }
    return value.map(node -> new Bound(node, path.toString()));
  }

  /** Where in a task document a value comes from; empty if it comes from elsewhere. */
  private static String documentPath(String path) {
    if (path.startsWith("task.")) {
      return path.substring("task.".length());
    }
    int end = path.indexOf('.');
    return switch (end < 0 ? path : path.substring(0, end)) {
      case "options" -> path;
      case "image" -> "root.image";
      case "tools", "user", "root" -> end < 0 ? path : path.substring(0, end);
      default -> "";
    };
  }

  /** Counts a value with all that is in it; nobody changes it later, so it need not be copied. */
  private JsonNode copy(JsonNode value) throws SeedException {
    count(1, value.isTextual() ? value.textValue().length() : 0);
    for (JsonNode child : value) {
      copy(child);
    }
    return value;
  }

  private void count(int moreValues, int moreCharacters) throws SeedException {
    values += moreValues;
    characters += moreCharacters;
    if (values > MAX_VALUES || characters > MAX_CHARACTERS) {
      throw new SeedException(
          "SEED_TOO_LARGE",
          "",
          "the seed of this task would have more than "
              + MAX_VALUES
              + " values or "
              + MAX_CHARACTERS
              + " characters; shorten the document, or report this to the executor's vendor");
    }
  }
}
