package org.lfedge.eve.tasks.core.declarative;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Collects what is wrong with a seed.json, up to a number that no person works through at once. */
final class Findings {

  private static final int MAX = 100;
  private static final int MAX_SHOWN = 64;
  private static final Pattern PLAIN_KEY = Pattern.compile("[$]?[A-Za-z0-9_-]{1,64}");

  private final List<Problem> problems = new ArrayList<>();
  private int more;

  /**
   * Notes a problem.
   *
   * @param place where in the file, such as {@code seed.process.args[1]}
   */
  void add(String code, String place, String message) {
    if (problems.size() < MAX) {
      problems.add(Problem.inDocument(code, place, "", message));
    } else {
      more++;
    }
  }

  boolean isEmpty() {
    return problems.isEmpty();
  }

  /**
   * Ends a reading.
   *
   * @throws TaskException with everything that was found, if anything was
   */
  void throwIfAny() {
    if (problems.isEmpty()) {
      return;
    }
    List<Problem> all = new ArrayList<>(problems);
    if (more > 0) {
      all.add(
          Problem.inDocument(
              "MORE_PROBLEMS",
              problems.get(0).path(),
              "",
              "and " + more + " more; mend those above, then look again"));
    }
    throw TaskException.failed(all);
  }

  /** The place of a member. */
  static String member(String place, String key) {
    if (!PLAIN_KEY.matcher(key).matches()) {
      return place + "[\"" + shown(key) + "\"]";
    }
    return place.isEmpty() ? key : place + "." + key;
  }

  /** The place of an element. */
  static String element(String place, int index) {
    return place + "[" + index + "]";
  }

  /** A text of the file in a form that is safe to print: short, without control characters. */
  static String shown(String text) {
    String clean =
        text.codePoints()
            .limit(MAX_SHOWN)
            .map(point -> Character.isISOControl(point) ? '?' : point)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return text.codePointCount(0, text.length()) > MAX_SHOWN ? clean + "..." : clean;
  }
}
