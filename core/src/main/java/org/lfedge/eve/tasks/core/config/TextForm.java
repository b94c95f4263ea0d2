package org.lfedge.eve.tasks.core.config;

import java.util.regex.Pattern;

/**
 * What a text of a document must look like.
 *
 * @param maxLength in characters (code points); checked first, so that the pattern need not be fast
 *     on long texts
 * @param pattern for the whole text
 * @param code of the problem with any other text
 * @param must what the text must be, for people
 */
record TextForm(int maxLength, Pattern pattern, String code, String must) {

  /** The name of a task is a containerd id, a host name and the name of a file. */
  static final TextForm TASK_NAME =
      new TextForm(
          63,
          "[a-z0-9]+([.-][a-z0-9]+)*",
          "BAD_NAME",
          "lower-case letters and digits, joined by single dots or dashes (web, db-1.test)");

  TextForm(int maxLength, String pattern, String code, String must) {
    this(maxLength, Pattern.compile(pattern), code, must);
  }

  boolean fits(String text) {
    return text.codePointCount(0, text.length()) <= maxLength && pattern.matcher(text).matches();
  }

  /** What to do about a text that does not fit. */
  String message() {
    return "must be " + must + ", with at most " + maxLength + " characters";
  }
}
