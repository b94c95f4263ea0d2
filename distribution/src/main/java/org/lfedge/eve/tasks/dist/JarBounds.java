package org.lfedge.eve.tasks.dist;

import java.util.List;
import org.lfedge.eve.tasks.core.verification.Check;

/** The rules for the JVM that the code of a JAR runs in. */
final class JarBounds {

  private static final String BOUNDS = "STAYS_IN_BOUNDS";
  private static final String BOUNDS_TEXT =
      "it returns in time, needs no more memory than it is given, and does not end its JVM";

  private static final String LEFT = "LEAVES_NOTHING";
  private static final String LEFT_TEXT = "it starts no thread and no process that outlives a call";

  private JarBounds() {}

  static Check kept() {
    return Check.kept(BOUNDS, BOUNDS_TEXT);
  }

  static Check broken(String detail) {
    return Check.broken(BOUNDS, BOUNDS_TEXT, detail);
  }

  static boolean isBroken(Check check) {
    return check.rule().equals(BOUNDS) && check.outcome() == Check.Outcome.BROKEN;
  }

  /** What came of the rule about what is left. */
  static Check left(List<String> names) {
    return names.isEmpty()
        ? Check.kept(LEFT, LEFT_TEXT)
        : Check.broken(LEFT, LEFT_TEXT, "there are still " + names);
  }
}
