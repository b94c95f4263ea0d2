package org.lfedge.eve.tasks.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
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
  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})";
  private static final Pattern SOCKET_ADDRESS =
      Pattern.compile(
          "(?:" + BYTE + "(?:\\." + BYTE + "){3}|\\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\\]):[0-9]{1,5}");
  private static final int MAX_PORT = 65_535;

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

  /** The mappings below a key, by names that whoever writes the config may choose. */
  SortedMap<String, ConfigSection> named(String key) {
    SortedMap<String, ConfigSection> mappings = new TreeMap<>();
    ConfigSection section = section(key);
    for (Map.Entry<String, JsonNode> field : section.node.properties()) {
      mappings.put(field.getKey(), section.section(field.getKey()));
    }
    return mappings;
  }

  /** A text of a certain form, if it is given; as it may have a password in it, it is not told. */
  Optional<String> secretText(String key, Predicate<String> form, String description) {
    Optional<String> text = text(key);
    if (text.isPresent() && !form.test(text.get())) {
      problems.add(
          new Problem("WRONG_VALUE", Problem.Kind.USER, at(key), "", "must be " + description));
      return Optional.empty();
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
    return items(key, (at, item) -> itemPath(at, item).map(Path::toString));
  }

  /** Mappings, in their order; none if the key is left out. */
  List<ConfigSection> sections(String key) {
    return items(key, (at, item) -> Optional.of(new ConfigSection(at, item, problems)));
  }

  /**
   * What is made of each of some files, of which there must be one at least.
   *
   * @param reader throws IllegalArgumentException with what is wrong with a file, as the rest of a
   *     sentence about it
   */
  <T> List<T> files(String key, Function<Path, T> reader) {
    JsonNode value = value(key);
    if (!has(key) || (value.isArray() && value.isEmpty())) {
      wrong(key, value, "must name one file at least");
      return List.of();
    }
    return items(key, (at, item) -> itemPath(at, item).flatMap(file -> made(at, file, reader)));
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
    return items(key, (at, item) -> itemText(at, item, form, description));
  }

  /**
   * What is made of texts; none if the key is left out.
   *
   * @param reader gives nothing for a text that is not of the form
   */
  <T> List<T> parsed(String key, Function<String, Optional<T>> reader, String description) {
    return items(
        key,
        (at, item) -> {
          Optional<T> value = item.isTextual() ? reader.apply(item.textValue()) : Optional.empty();
          if (value.isEmpty()) {
            problems.add(
                Problem.inDocument("WRONG_VALUE", at, item.asText(), "must be " + description));
          }
          return value;
        });
  }

  /** A whole number within bounds, if it is given. */
  OptionalInt number(String key, int least, int most) {
    JsonNode value = value(key);
    if (!has(key)) {
      return OptionalInt.empty();
    }
    if (!value.isInt() || value.intValue() < least || value.intValue() > most) {
      wrong(key, value, "must be a number from " + least + " to " + most);
      return OptionalInt.empty();
    }
    return OptionalInt.of(value.intValue());
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

  /**
   * An IP address and a port, such as {@code 127.0.0.1:9464} or {@code [::1]:9464}, if it is given.
   * No names: what they stand for may change, and asking takes time.
   */
  Optional<InetSocketAddress> socketAddress(String key) {
    Optional<String> text = text(key, SOCKET_ADDRESS, "an address and a port, as 127.0.0.1:9464");
    return text.flatMap(
        given -> {
          int colon = given.lastIndexOf(':');
          int port = Integer.parseInt(given.substring(colon + 1));
          try {
            if (port <= MAX_PORT) {
              return Optional.of(
                  new InetSocketAddress(InetAddress.getByName(given.substring(0, colon)), port));
            }
          } catch (UnknownHostException e) {
            // Falls through to the same problem: it is no address.
          }
          return wrong(key, value(key), "must be an address and a port, as 127.0.0.1:9464");
        });
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

  /** What is made of each item, given its place; what is empty is left out, its problem noted. */
  private <T> List<T> items(String key, BiFunction<String, JsonNode, Optional<T>> reader) {
    JsonNode value = value(key);
    List<T> items = new ArrayList<>();
    if (has(key) && !value.isArray()) {
      wrong(key, value, "must be a list");
      return items;
    }
    int index = 0;
    for (JsonNode item : value) {
      reader.apply(at(key) + "[" + index + "]", item).ifPresent(items::add);
      index++;
    }
    return items;
  }

  private Optional<String> itemText(String at, JsonNode item, Pattern form, String description) {
    if (item.isTextual() && form.matcher(item.textValue()).matches()) {
      return Optional.of(item.textValue());
    }
    problems.add(Problem.inDocument("WRONG_VALUE", at, item.asText(), "must be " + description));
    return Optional.empty();
  }

  private Optional<Path> itemPath(String at, JsonNode item) {
    return itemText(at, item, ANY, "a path").flatMap(text -> checkedPath(at, text));
  }

  private <T> Optional<T> made(String at, Path file, Function<Path, T> reader) {
    try {
      return Optional.of(reader.apply(file));
    } catch (IllegalArgumentException e) {
      problems.add(Problem.inDocument("BAD_FILE", at, file, "this file " + e.getMessage()));
      return Optional.empty();
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
