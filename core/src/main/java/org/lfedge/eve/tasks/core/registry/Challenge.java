package org.lfedge.eve.tasks.core.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One way in which a server wants to be told who asks, RFC 9110 section 11.
 *
 * @param scheme in lower case, such as {@code bearer}
 * @param parameters their names in lower case
 */
record Challenge(String scheme, SortedMap<String, String> parameters) {

  private static final int MAX_LENGTH = 8 * 1024;
  private static final String TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";

  /** A scheme, or a parameter of the last scheme. */
  private static final Pattern ITEM =
      Pattern.compile(
          "[\\s,]*+(?<name>"
              + TOKEN
              + ")(?<value>\\s*+=\\s*+(?:\"(?<quoted>[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\""
              + "|(?<bare>[^\\s,\"]*+)))?");

  /** Reads the values of the header; what cannot be read is left out. */
  static List<Challenge> parse(List<String> values) {
    List<Challenge> challenges = new ArrayList<>();
    for (String value : values) {
      if (value.length() > MAX_LENGTH) {
        continue;
      }
      Matcher item = ITEM.matcher(value);
      while (item.lookingAt()) {
        String name = item.group("name").toLowerCase(Locale.ROOT);
        if (item.group("value") == null) {
          challenges.add(new Challenge(name, new TreeMap<>()));
        } else if (!challenges.isEmpty()) {
          String quoted = item.group("quoted");
          challenges
              .get(challenges.size() - 1)
              .parameters
              .putIfAbsent(
                  name, quoted == null ? item.group("bare") : quoted.replaceAll("\\\\(.)", "$1"));
        }
        item.region(item.end(), value.length());
      }
    }
    return challenges;
  }

  /** The first of a scheme. */
  static Optional<Challenge> find(List<Challenge> challenges, String scheme) {
    return challenges.stream().filter(one -> one.scheme.equals(scheme)).findFirst();
  }

  Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
  }
}
