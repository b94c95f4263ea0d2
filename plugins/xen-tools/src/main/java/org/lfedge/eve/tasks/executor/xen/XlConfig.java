package org.lfedge.eve.tasks.executor.xen;

import java.util.List;

/**
 * Writes the configuration of a domain as xl reads it, one setting a line. All text stands in
 * double quotes, in which quotes, backslashes and line breaks are escaped, so that no value is read
 * as anything but itself. Some values are lists of settings of their own, with commas between them,
 * for which xl knows no quotes: {@link Spec} refuses what it cannot say.
 */
final class XlConfig {

  private final StringBuilder text = new StringBuilder();

  XlConfig set(String key, String value) {
    return line(key, quoted(value));
  }

  XlConfig set(String key, long value) {
    return line(key, Long.toString(value));
  }

  XlConfig set(String key, List<String> values) {
    return line(key, "[" + String.join(", ", values.stream().map(XlConfig::quoted).toList()) + "]");
  }

  private XlConfig line(String key, String value) {
    text.append(key).append(" = ").append(value).append('\n');
    return this;
  }

  /**
   * The lexer of xl takes any character as itself but a line break, a quote and a backslash. Of
   * escapes by numbers it knows none that works: of two digits it wants a third.
   */
  private static String quoted(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : value.toCharArray()) {
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case 0 -> throw new IllegalArgumentException("no setting can hold a NUL character");
        default -> quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return text.toString();
  }

  /** Settings of a disk, an interface and the like, in one text. */
  static final class Spec {
    private final StringBuilder text = new StringBuilder();

    /**
     * Adds one.
     *
     * @throws IllegalArgumentException if the value has a comma or a line break
     */
    Spec with(String key, String value) {
      if (value.chars().anyMatch(c -> c == ',' || Character.isISOControl(c))) {
        throw new IllegalArgumentException("xl cannot read a comma in " + key + ": " + value);
      }
      text.append(text.isEmpty() ? "" : ",").append(key).append('=').append(value);
      return this;
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
