package org.lfedge.eve.tasks.core.error;

import static java.util.stream.Collectors.joining;

/**
 * One thing that is wrong.
 *
 * @param code stable, in capitals, for programs: {@code UNKNOWN_KEY}, {@code IMAGE_NOT_FOUND}
 * @param kind who can mend it
 * @param path where in the task document, such as {@code resources.memory}; empty if the document
 *     is not the cause
 * @param value the offending value, shortened, never a secret; empty if there is none
 * @param message what failed, why, and what to do next, in one line
 */
public record Problem(String code, Kind kind, String path, String value, String message) {

  private static final int MAX_VALUE = 80;

  /** Who can mend a problem. */
  public enum Kind {
    /** Whoever wrote the document or gave the command. */
    USER,
    /** Whoever runs the node. */
    HOST,
    /** Whoever develops this software. */
    INTERNAL
  }

  /** Shortens the value and keeps value and message on one line. */
  public Problem {
    value = oneLine(value);
    if (value.length() > MAX_VALUE) {
      value = value.substring(0, MAX_VALUE) + "...";
    }
    message = oneLine(message);
  }

  /** A problem at a place in a task document. */
  public static Problem inDocument(String code, String path, Object value, String message) {
    return new Problem(code, Kind.USER, path, String.valueOf(value), message);
  }

  /** A problem that the user causes by a command. */
  public static Problem user(String code, String message) {
    return new Problem(code, Kind.USER, "", "", message);
  }

  /** A problem of the node. */
  public static Problem host(String code, String message) {
    return new Problem(code, Kind.HOST, "", "", message);
  }

  /** A problem of this software. */
  public static Problem internal(String code, String message) {
    return new Problem(code, Kind.INTERNAL, "", "", message);
  }

  private static String oneLine(String text) {
    return text.lines().map(String::strip).filter(line -> !line.isEmpty()).collect(joining(" "));
  }

  /** Path, value and message in one line, for people. */
  @Override
  public String toString() {
    String place = path.isEmpty() ? "" : path + (value.isEmpty() ? "" : " (" + value + ")") + ": ";
    return code + ": " + place + message;
  }
}
