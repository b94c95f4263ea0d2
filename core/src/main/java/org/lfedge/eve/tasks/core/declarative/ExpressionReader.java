package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.Suggestions;

/** Reads values of a seed.json with their placeholders and directives, and notes what is wrong. */
final class ExpressionReader {

  private static final Set<String> DIRECTIVES =
      new TreeSet<>(Set.of("$each", "$splice", "$choose", "$join", "$percent"));
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,31}");
  private static final Map<String, Long> UNITS = Map.of("B", 1L, "KiB", 1L << 10, "MiB", 1L << 20);

  private final Findings findings;

  ExpressionReader(Findings findings) {
    this.findings = findings;
  }

  /**
   * Reads a value.
   *
   * @param scope the names that a placeholder may begin with
   */
  Expression read(JsonNode json, String place, SortedMap<String, Shape> scope) {
    return value(json, place, scope, false);
  }

  /**
   * A value.
   *
   * @param inList whether what it gives stands in a list
   */
  private Expression value(
      JsonNode json, String place, SortedMap<String, Shape> scope, boolean inList) {
    if (json.isTextual()) {
      return text(json, place, scope);
    }
    if (json.isArray()) {
      return new Expression.Elements(elements(json, place, scope), place);
    }
    if (!json.isObject()) {
      return new Expression.Literal(json, place);
    }
    List<String> reserved = new ArrayList<>();
    json.fieldNames()
        .forEachRemaining(
            key -> {
              if (key.startsWith("$")) {
                reserved.add(key);
              }
            });
    return reserved.isEmpty()
        ? members(json, place, scope)
        : directive(reserved, json, place, scope, inList);
  }

  private List<Expression> elements(JsonNode list, String place, SortedMap<String, Shape> scope) {
    List<Expression> elements = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      elements.add(value(list.get(i), Findings.element(place, i), scope, true));
    }
    return elements;
  }

  private Expression members(JsonNode json, String place, SortedMap<String, Shape> scope) {
    TreeMap<String, Expression> members = new TreeMap<>();
    for (Map.Entry<String, JsonNode> member : json.properties()) {
      String at = Findings.member(place, member.getKey());
      if (member.getKey().contains("${")) {
        findings.add("BAD_PLACEHOLDER", at, "a key stands for itself and is never a placeholder");
      }
      members.put(member.getKey(), value(member.getValue(), at, scope, false));
    }
    return new Expression.Members(members, place);
  }

  private Expression text(JsonNode json, String place, SortedMap<String, Shape> scope) {
    String text = json.textValue();
    if (!text.contains("${")) {
      return new Expression.Literal(json, place);
    }
    if (!text.startsWith("${") || !text.endsWith("}") || text.indexOf("${", 2) >= 0) {
      return broken(
          "BAD_PLACEHOLDER",
          place,
          "a placeholder is a whole text and never a part of one; join texts with $join, and write"
              + " a literal dollar before a brace as {\"$join\": [\"$\", \"{...}\"]}");
    }
    String inner = text.substring(2, text.length() - 1);
    boolean optional = inner.endsWith("?");
    String path = optional ? inner.substring(0, inner.length() - 1) : inner;
    return placeholder(path, optional, place, scope);
  }

  /** Follows a path through the shapes; in a map, all that is left of it is the key. */
  private Expression placeholder(
      String path, boolean optional, String place, SortedMap<String, Shape> scope) {
    List<String> steps = new ArrayList<>();
    Shape shape = new Shape.Members(scope);
    int from = 0;
    while (from <= path.length()) {
      int dot = path.indexOf('.', from);
      int to = dot < 0 || shape instanceof Shape.Texts ? path.length() : dot;
      String step = path.substring(from, to);
      Optional<Shape> next = step(shape, step);
      if (next.isEmpty()) {
        return broken("UNKNOWN_PLACEHOLDER", place, unknown(path, steps, step, shape));
      }
      steps.add(step);
      shape = next.get();
      from = to + 1;
    }
    return new Expression.Placeholder(steps, optional, shape, place);
  }

  private static Optional<Shape> step(Shape shape, String step) {
    if (shape instanceof Shape.Members object) {
      return Optional.ofNullable(object.members().get(step));
    }
    if (shape instanceof Shape.ListOf list) {
      return step.matches("0|[1-9][0-9]{0,4}") ? Optional.of(list.element()) : Optional.empty();
    }
    return shape instanceof Shape.Texts ? Optional.of(Vocabulary.TEXT) : Optional.empty();
  }

  private static String unknown(String path, List<String> steps, String step, Shape shape) {
    String named = "${" + Findings.shown(path) + "} names nothing that a request can have: ";
    String parent = steps.isEmpty() ? "at its start" : "in " + String.join(".", steps);
    if (!(shape instanceof Shape.Members object)) {
      return named
          + String.join(".", steps)
          + " is "
          + shape.words()
          + (shape instanceof Shape.ListOf ? ", whose elements are named by 0, 1, ..." : "");
    }
    String nearest =
        Suggestions.nearest(step, object.members().keySet())
            .map(word -> "; did you mean " + word + "?")
            .orElse("");
    return named
        + "there is no "
        + (step.isEmpty() ? "empty name" : Findings.shown(step))
        + " "
        + parent
        + "; known are "
        + (object.members().isEmpty() ? "none" : String.join(", ", object.members().keySet()))
        + nearest;
  }

  private Expression directive(
      List<String> reserved,
      JsonNode json,
      String place,
      SortedMap<String, Shape> scope,
      boolean inList) {
    List<String> known = reserved.stream().filter(DIRECTIVES::contains).toList();
    if (known.isEmpty()) {
      return broken(
          "UNKNOWN_DIRECTIVE",
          Findings.member(place, reserved.get(0)),
          "is no directive; known are " + String.join(", ", DIRECTIVES));
    }
    String name = known.get(0);
    if (known.size() > 1) {
      return broken("BAD_DIRECTIVE", place, "has two directives: " + String.join(", ", known));
    }
    if (!inList && (name.equals("$each") || name.equals("$splice"))) {
      return broken("BAD_DIRECTIVE", place, name + " gives elements and stands in a list alone");
    }
    return switch (name) {
      case "$each" -> each(json, place, scope);
      case "$splice" -> splice(json, place, scope);
      case "$choose" -> choose(json, place, scope, inList);
      case "$join" -> join(json, place, scope);
      default -> percent(json, place, scope);
    };
  }

  private Expression each(JsonNode json, String place, SortedMap<String, Shape> scope) {
    boolean hasOthers = refuseOthers(json, place, Set.of("$each", "as", "value"));
    boolean hasVariable = require(json, place, "as");
    boolean hasValue = require(json, place, "value");
    if (hasOthers || !hasVariable || !hasValue) {
      return new Expression.Broken(place);
    }
    Expression list = value(json.get("$each"), Findings.member(place, "$each"), scope, false);
    String variable = json.get("as").asText();
    String at = Findings.member(place, "as");
    Optional<Shape> element = Optional.empty();
    if (list instanceof Expression.Placeholder placeholder) {
      element = elementOf(placeholder);
    } else if (!(list instanceof Expression.Broken)) {
      bad(list.place(), "must be a placeholder of a list or a map, such as ${task.volumes}");
    }
    if (!json.get("as").isTextual() || !VARIABLE.matcher(variable).matches()) {
      return broken("BAD_DIRECTIVE", at, "must be a name of letters and digits, such as v");
    }
    if (scope.containsKey(variable)) {
      return broken("BAD_DIRECTIVE", at, variable + " has a meaning here; choose another name");
    }
    if (element.isEmpty()) {
      return new Expression.Broken(place);
    }
    TreeMap<String, Shape> inner = new TreeMap<>(scope);
    inner.put(variable, element.get());
    Expression value = value(json.get("value"), Findings.member(place, "value"), inner, true);
    return new Expression.Each((Expression.Placeholder) list, variable, value, place);
  }

  /** What the elements are; those of a map have a key and a value. */
  private Optional<Shape> elementOf(Expression.Placeholder placeholder) {
    if (placeholder.shape() instanceof Shape.ListOf list) {
      return Optional.of(list.element());
    }
    if (placeholder.shape() instanceof Shape.Texts) {
      TreeMap<String, Shape> entry = new TreeMap<>();
      entry.put("key", Vocabulary.TEXT);
      entry.put("value", Vocabulary.TEXT);
      return Optional.of(new Shape.Members(entry));
    }
    bad(placeholder.place(), "is " + placeholder.shape().words() + "; $each goes through a list");
    return Optional.empty();
  }

  private Expression splice(JsonNode json, String place, SortedMap<String, Shape> scope) {
    if (refuseOthers(json, place, Set.of("$splice"))) {
      return new Expression.Broken(place);
    }
    return new Expression.Splice(
        value(json.get("$splice"), Findings.member(place, "$splice"), scope, false), place);
  }

  private Expression choose(
      JsonNode json, String place, SortedMap<String, Shape> scope, boolean inList) {
    Expression on = value(json.get("$choose"), Findings.member(place, "$choose"), scope, false);
    TreeMap<String, Expression> cases = new TreeMap<>();
    Optional<Expression> fallback = Optional.empty();
    for (Map.Entry<String, JsonNode> member : json.properties()) {
      String key = member.getKey();
      String at = Findings.member(place, key);
      if (key.equals("$default")) {
        fallback = Optional.of(value(member.getValue(), at, scope, inList));
      } else if (key.startsWith("$") && !key.equals("$choose")) {
        findings.add("UNKNOWN_DIRECTIVE", at, "is none beside $choose; known is $default");
      } else if (!key.startsWith("$")) {
        cases.put(key, value(member.getValue(), at, scope, inList));
      }
    }
    if (cases.isEmpty()) {
      bad(place, "$choose needs at least one case: a key of the value that it chooses on");
    }
    if (!(on instanceof Expression.Placeholder placeholder)) {
      if (!(on instanceof Expression.Broken)) {
        bad(on.place(), "must be a placeholder, such as ${options.mode}");
      }
      return new Expression.Broken(place);
    }
    if (!(placeholder.shape() instanceof Shape.Scalar scalar)) {
      bad(on.place(), "is " + placeholder.shape().words() + "; $choose wants a single value");
      return new Expression.Broken(place);
    }
    checkCases(scalar, cases.keySet(), fallback.isPresent(), place);
    return new Expression.Choose(placeholder, cases, fallback, place);
  }

  private void checkCases(Shape.Scalar on, Set<String> cases, boolean hasDefault, String place) {
    List<String> choices = on.choices();
    if (choices.isEmpty()) {
      return;
    }
    cases.stream()
        .filter(key -> !choices.contains(key))
        .forEach(
            key ->
                findings.add(
                    "BAD_DIRECTIVE",
                    Findings.member(place, key),
                    "can never be; the value is one of " + String.join(", ", choices)));
    List<String> missing = choices.stream().filter(key -> !cases.contains(key)).toList();
    if (!hasDefault && !missing.isEmpty()) {
      bad(place, "has no case for " + String.join(", ", missing) + "; add it, or a $default");
    }
  }

  private Expression join(JsonNode json, String place, SortedMap<String, Shape> scope) {
    String at = Findings.member(place, "$join");
    if (refuseOthers(json, place, Set.of("$join"))) {
      return new Expression.Broken(place);
    }
    if (!json.get("$join").isArray()) {
      return broken("BAD_DIRECTIVE", at, "must be a list of texts, numbers and placeholders");
    }
    return new Expression.Join(elements(json.get("$join"), at, scope), place);
  }

  private Expression percent(JsonNode json, String place, SortedMap<String, Shape> scope) {
    String at = Findings.member(place, "$percent");
    JsonNode parts = json.get("$percent");
    if (refuseOthers(json, place, Set.of("$percent"))) {
      return new Expression.Broken(place);
    }
    if (!parts.isArray() || parts.size() != 3) {
      return broken("BAD_DIRECTIVE", at, "must be a list of three: number, percent and unit");
    }
    Expression number = value(parts.get(0), Findings.element(at, 0), scope, false);
    Expression percent = value(parts.get(1), Findings.element(at, 1), scope, false);
    if (percent instanceof Expression.Literal literal
        && literal.value().isIntegralNumber()
        && !Expansion.isPercentage(literal.value())) {
      bad(percent.place(), "must be within 0 and 100");
    }
    Long unit = parts.get(2).isTextual() ? UNITS.get(parts.get(2).textValue()) : null;
    if (unit == null) {
      return broken("BAD_DIRECTIVE", Findings.element(at, 2), "must be B, KiB or MiB");
    }
    return new Expression.Percent(number, percent, unit, place);
  }

  /** Whether an object has other keys than these. */
  private boolean refuseOthers(JsonNode json, String place, Set<String> known) {
    List<String> others = new ArrayList<>();
    json.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                others.add(key);
              }
            });
    others.forEach(
        key ->
            findings.add(
                "UNKNOWN_KEY",
                Findings.member(place, key),
                "is not known here; known are " + String.join(", ", new TreeSet<>(known))));
    return !others.isEmpty();
  }

  private boolean require(JsonNode json, String place, String key) {
    if (!json.has(key)) {
      findings.add("MISSING", Findings.member(place, key), "must be there");
      return false;
    }
    return true;
  }

  private void bad(String place, String message) {
    findings.add("BAD_DIRECTIVE", place, message);
  }

  private Expression broken(String code, String place, String message) {
    findings.add(code, place, message);
    return new Expression.Broken(place);
  }
}
