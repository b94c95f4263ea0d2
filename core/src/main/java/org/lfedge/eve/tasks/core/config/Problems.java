package org.lfedge.eve.tasks.core.config;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Collects all that is wrong, up to a number that no person works through at once. */
final class Problems {

  private static final int MAX = 200;

  private final List<Problem> found = new ArrayList<>();
  private int more;

  void add(Problem problem) {
    if (found.size() < MAX) {
      found.add(problem);
    } else {
      more++;
    }
  }

  void addAll(Problems others) {
    others.found.forEach(this::add);
    more += others.more;
  }

  boolean isEmpty() {
    return found.isEmpty();
  }

  /** The same for one of several documents: its number stands before each path. */
  Problems inDocument(int number) {
    Problems numbered = new Problems();
    found.forEach(problem -> numbered.add(inDocument(number, problem)));
    numbered.more = more;
    return numbered;
  }

  /**
   * The same for what stands as text at one place of a document: where in that text it is comes
   * into the message, and no value is shown.
   */
  Problems at(String path) {
    Problems moved = new Problems();
    for (Problem problem : found) {
      String place = problem.path().isEmpty() ? "" : problem.path() + " ";
      moved.add(new Problem(problem.code(), problem.kind(), path, "", place + problem.message()));
    }
    moved.more = more;
    return moved;
  }

  /**
   * Ends a reading.
   *
   * @throws TaskException with everything that was found, if anything was
   */
  void throwIfAny() {
    if (found.isEmpty()) {
      return;
    }
    if (more > 0) {
      found.add(
          Problem.user(
              "MORE_PROBLEMS", "and " + more + " more; mend those above, then look again"));
    }
    throw TaskException.failed(found);
  }

  private static Problem inDocument(int number, Problem problem) {
    String document = "document[" + number + "]";
    boolean separated = problem.path().isEmpty() || problem.path().startsWith("[");
    return new Problem(
        problem.code(),
        problem.kind(),
        document + (separated ? "" : ".") + problem.path(),
        problem.value(),
        problem.message());
  }
}
