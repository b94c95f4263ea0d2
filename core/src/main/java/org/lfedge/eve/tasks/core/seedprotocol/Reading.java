package org.lfedge.eve.tasks.core.seedprotocol;

import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * What a JSON text is: whether a key that is not known is a fault there, and how faults are said.
 */
enum Reading {
  /**
   * A seed, on its own or in an answer. Code {@code SEED_INVALID}; who chose its executor mends.
   */
  SEED(true),
  /**
   * What an executor answered. Code {@code ANSWER_INVALID}, of kind {@code HOST} as {@code
   * EXECUTOR_FAILED} is of a plugin: another version of the executor has to be put on the node.
   */
  ANSWER(true),
  /**
   * What the daemon wrote, perhaps a later one: keys that are not known are passed over. Code
   * {@code REQUEST_INVALID}, of kind {@code INTERNAL}, since nothing but this software writes it.
   */
  REQUEST(false);

  private static final int MAX_PLACE = 200;
  private static final int MAX_REASON = 500;

  private final boolean knownKeysAlone;

  Reading(boolean knownKeysAlone) {
    this.knownKeysAlone = knownKeysAlone;
  }

  /** Whether a key that is not known is a fault. */
  boolean knownKeysAlone() {
    return knownKeysAlone;
  }

  /**
   * A fault in such a text. Both parts may hold what others wrote: they are shortened, and control
   * characters, which a terminal would obey, are replaced.
   *
   * @param place from the top; empty for the whole text
   */
  TaskException fault(String place, String reason) {
    String what =
        (place.isEmpty() ? "it" : clean(place, MAX_PLACE)) + " " + clean(reason, MAX_REASON);
    return TaskException.failed(
        switch (this) {
          case SEED -> Problem.user("SEED_INVALID", "the seed cannot be used: " + what);
          case ANSWER ->
              Problem.host(
                  "ANSWER_INVALID",
                  "the executor's answer cannot be used: "
                      + what
                      + "; this is a fault of the executor, use another version of it");
          case REQUEST ->
              Problem.internal("REQUEST_INVALID", "the request cannot be read: " + what);
        });
  }

  private static String clean(String text, int most) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .limit(most)
        .map(c -> Character.isISOControl(c) || isSurrogate(c) ? '?' : c)
        .forEach(clean::appendCodePoint);
    return text.codePointCount(0, text.length()) > most
        ? clean.append("...").toString()
        : clean.toString();
  }

  private static boolean isSurrogate(int point) {
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
  }
}
