package org.lfedge.eve.tasks.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.config.Sizes;
import org.lfedge.eve.tasks.core.error.Problem;

/**
 * One mapping of the node's config. Whatever is wrong with a value is noted, and a stand-in is
 * returned, so that all problems are found in one go; the config that comes out is of use only if
 * there are none.
 */
final class ConfigSection {

  private static final Pattern ANY = Pattern.compile(".+");

  private final String path;
  private final JsonNode node;
  private final List<Problem> problems;
  private final TreeSet<String> known = new TreeSet<>();

  /** The outermost mapping; problems are added to the list. */
  ConfigSection(JsonNode node, List<Problem> problems) {
    this("", node, problems);
  }

  private ConfigSection(String path, JsonNode node, List<Problem> problems) {
    this.path = path;
    this.problems = problems;
    if (node.isObject() || node.isMissingNode() || node.isNull()) {
      this.node = node;
    } else {
      this.node = JsonNodeFactory.instance.objectNode();
      problems.add(
          Problem.inDocument("WRONG_TYPE", path, node.asText(), "must be a mapping of keys"));
    }
  }

  /** A mapping below this one; one without keys if it is left out. */
  ConfigSection section(String key) {
    return new ConfigSection(at(key), value(key), problems);
  }

  /** An absolute path without {@code ..}, if it is given. */
  Optional<Path> path(String key) {
    return text(key).flatMap(text -> checkedPath(at(key), text));
  }

  /** A text that is not blank, if it is given. */
  Optional<String> text(String key) {
    JsonNode value = value(key);
    if (!has(key)) {
      return Optional.empty();
    }
    if (!value.isTextual() || value.textValue().isBlank()) {
      return wrong(key, value, "must be a text");
    }
    return Optional.of(value.textValue());
  }

  /** A text of a certain form, if it is given. */
  Optional<String> text(String key, Pattern form, String description) {
    Optional<String> text = text(key);
    if (text.isPresent() && !form.matcher(text.get()).matches()) {
      return wrong(key, value(key), "must be " + description);
    }
    return text;
  }

  /** True or false, if it is given. */
  Optional<Boolean> flag(String key) {
    JsonNode value = value(key);
    if (!has(key)) {
      return Optional.empty();
    }
    return value.isBoolean()
        ? Optional.of(value.booleanValue())
        : wrong(key, value, "must be true or false");
  }

  /** What one of the given words stands for, if it is given. */
  <T> Optional<T> choice(String key, Map<String, T> choices) {
    String allowed = "one of " + String.join(", ", choices.keySet());
    return text(key, oneOf(choices.keySet()), allowed).map(choices::get);
  }

  /** Whether a key is given. */
  boolean has(String key) {
    JsonNode value = value(key);
    return !value.isMissingNode() && !value.isNull();
  }

  /** Absolute paths; none if the key is left out. */
  List<String> paths(String key) {
    List<String> paths = new ArrayList<>();
    List<String> texts = texts(key, ANY, "a path");
    for (int i = 0; i < texts.size(); i++) {
      checkedPath(at(key) + "[" + i + "]", texts.get(i))
          .ifPresent(path -> paths.add(path.toString()));
    }
    return paths;
  }

  /** What each of some words stands for; none if the key is left out. */
  <T> List<T> choices(String key, Map<String, T> choices) {
    List<T> chosen = new ArrayList<>();
    String allowed = "one of " + String.join(", ", choices.keySet());
    for (String word : texts(key, oneOf(choices.keySet()), allowed)) {
      chosen.add(Objects.requireNonNull(choices.get(word)));
    }
    return chosen;
  }

  /** Texts of a certain form; none if the key is left out. */
  List<String> texts(String key, Pattern form, String description) {
    JsonNode value = value(key);
    List<String> texts = new ArrayList<>();
    if (has(key) && !value.isArray()) {
      wrong(key, value, "must be a list");
      return texts;
    }
    int index = 0;
    for (JsonNode item : value) {
      if (item.isTextual() && form.matcher(item.textValue()).matches()) {
        texts.add(item.textValue());
      } else {
        problems.add(
            Problem.inDocument(
                "WRONG_VALUE",
                at(key) + "[" + index + "]",
                item.asText(),
                "must be " + description));
      }
      index++;
    }
    return texts;
  }

  /** A number of bytes, such as {@code 256MiB}, if it is given. */
  OptionalLong size(String key) {
    JsonNode value = value(key);
    if (!has(key)) {
      return OptionalLong.empty();
    }
    OptionalLong size = Sizes.parse(value.asText());
    if (size.isEmpty() || size.getAsLong() > Sizes.MAX) {
      wrong(key, value, "must be a size such as 256MiB");
    }
    return size;
  }

  /** Notes that a key does not go together with another. */
  void conflict(String key, String why) {
    wrong(key, value(key), why);
  }

  private <T> Optional<T> wrong(String key, JsonNode value, String message) {
    problems.add(Problem.inDocument("WRONG_VALUE", at(key), value.asText(), message));
    return Optional.empty();
  }

  /** Notes every key that no method was asked for; to be called last. */
  void refuseOtherKeys() {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!known.contains(field.getKey())) {
        problems.add(
            new Problem(
                "UNKNOWN_KEY",
                Problem.Kind.USER,
                at(field.getKey()),
                "",
                "no such key; the keys here are " + String.join(", ", known)));
      }
    }
  }

  private static Pattern oneOf(Collection<String> words) {
    return Pattern.compile(words.stream().map(Pattern::quote).collect(Collectors.joining("|")));
  }

  private JsonNode value(String key) {
    known.add(key);
    return node.path(key);
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private Optional<Path> checkedPath(String at, String text) {
    try {
      Path result = Path.of(text);
      if (result.isAbsolute() && result.equals(result.normalize())) {
        return Optional.of(result);
      }
    } catch (InvalidPathException e) {
      // Falls through to the same problem: it is no path of this system.
    }
    problems.add(
        Problem.inDocument("WRONG_VALUE", at, text, "must be an absolute path without . and .."));
    return Optional.empty();
  }
}
