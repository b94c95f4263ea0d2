package org.lfedge.eve.tasks.core.config;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A variable as files of variables have it: {@code KEY=value}, maybe after {@code export}; the
 * value may be in quotes, and a comment may follow it.
 */
record EnvLine(String name, String value) {

  /** What a line must be, for people. */
  static final String MUST = "must be KEY=value, the value in quotes where it has any";

  private static final Pattern LINE =
      Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_.-]*)=(.*)", Pattern.DOTALL);
  private static final Pattern SINGLE = Pattern.compile("'([^']*)'\\s*(?:#.*)?", Pattern.DOTALL);
  private static final Pattern DOUBLE =
      Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*+)\"\\s*(?:#.*)?", Pattern.DOTALL);
  private static final Pattern COMMENT = Pattern.compile("(?:^|\\s)#.*", Pattern.DOTALL);

  private static final Pattern ESCAPE = Pattern.compile("\\\\(.)", Pattern.DOTALL);
  private static final Map<String, String> ESCAPES =
      Map.of("n", "\n", "r", "\r", "t", "\t", "\\", "\\", "\"", "\"", "$", "$", "`", "`");

  /**
   * Reads a line that has no white space around it.
   *
   * @return empty if it is no variable
   */
  static Optional<EnvLine> parse(String line) {
    Matcher parts = LINE.matcher(line);
    if (line.indexOf('\0') >= 0 || !parts.matches()) {
      return Optional.empty();
    }
    String name = parts.group(1);
    return value(parts.group(2).strip()).map(value -> new EnvLine(name, value));
  }

  private static Optional<String> value(String text) {
    if (text.startsWith("'")) {
      Matcher quoted = SINGLE.matcher(text);
      return quoted.matches() ? Optional.of(quoted.group(1)) : Optional.empty();
    }
    if (text.startsWith("\"")) {
      Matcher quoted = DOUBLE.matcher(text);
      return quoted.matches() ? unescape(quoted.group(1)) : Optional.empty();
    }
    Matcher comment = COMMENT.matcher(text);
    return Optional.of(comment.find() ? text.substring(0, comment.start()).strip() : text);
  }

  private static Optional<String> unescape(String text) {
    StringBuilder plain = new StringBuilder();
    Matcher escape = ESCAPE.matcher(text);
    while (escape.find()) {
      Optional<String> meant = Optional.ofNullable(ESCAPES.get(escape.group(1)));
      if (meant.isEmpty()) {
        return Optional.empty();
      }
      escape.appendReplacement(plain, Matcher.quoteReplacement(meant.get()));
    }
    return Optional.of(escape.appendTail(plain).toString());
  }
}
