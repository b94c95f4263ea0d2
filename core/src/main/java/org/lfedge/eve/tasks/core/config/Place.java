package org.lfedge.eve.tasks.core.config;

import java.util.regex.Pattern;

/**
 * Where in a document something stands.
 *
 * @param path such as {@code root.image}, {@code command[2]} or {@code env["a.b"]}; empty for the
 *     document itself
 */
record Place(String path) {

  private static final int MAX_SHOWN = 70;
  private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  /** The document itself. */
  static final Place DOCUMENT = new Place("");

  /** The value of a key of the object at this place. */
  Place key(String key) {
    if (!PLAIN_KEY.matcher(key).matches()) {
      return new Place(path + "[\"" + shown(key) + "\"]");
    }
    return new Place(path.isEmpty() ? key : path + "." + key);
  }

  /** An element of the list at this place. */
  Place index(int index) {
    return new Place(path + "[" + index + "]");
  }

  /**
   * A text of a document in a form that is safe to print: short, on one line, without control
   * characters (a terminal would obey them).
   */
  static String shown(String text) {
    int end = Math.min(text.length(), MAX_SHOWN);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    StringBuilder shown = new StringBuilder();
    text.substring(0, end)
        .codePoints()
        .map(point -> Character.isISOControl(point) || isSurrogate(point) ? '?' : point)
        .forEach(shown::appendCodePoint);
    return end == text.length() ? shown.toString() : shown.append("...").toString();
  }

  private static boolean isSurrogate(int point) {
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
  }
}
