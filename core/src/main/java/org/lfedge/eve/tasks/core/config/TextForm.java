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

  /** The name of an image, by tag, by digest, or both. */
  static final TextForm IMAGE =
      new TextForm(
          512,
          "([A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/)?" // registry
              + "[a-z0-9]+((\\.|_{1,2}|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_{1,2}|-+)[a-z0-9]+)*)*"
              + "(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?" // tag
              + "(@sha256:[0-9a-f]{64})?",
          "BAD_VALUE",
          "the name of an image, such as registry.example/web:1.27 or web@sha256:<64 hex digits>");

  /** A SHA-256 digest. */
  static final TextForm DIGEST =
      new TextForm(71, "sha256:[0-9a-f]{64}", "BAD_VALUE", "sha256: and 64 hex digits");

  /**
   * The URL of a file. Whoever judges it by its text is to judge what is fetched, so there are no
   * steps up in it, and nothing that may be a secret.
   */
  static final TextForm FILE_URL =
      new TextForm(
          1024,
          "https?://([A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9a-fA-F:]+\\])(:[0-9]{1,5})?"
              + "(/(?!(\\.|%2[eE]){1,2}(/|$))([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+",
          "BAD_VALUE",
          "the http or https URL of a file, such as https://repo.example/app-1.0.jar, without user,"
              + " password, ?query, #fragment and . or .. in its path");

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
