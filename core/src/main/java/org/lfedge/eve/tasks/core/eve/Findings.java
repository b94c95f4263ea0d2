package org.lfedge.eve.tasks.core.eve;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;

/** Collects what is wrong with one thing of a config, so that all of it is told at once. */
final class Findings {

  private final List<Problem> problems = new ArrayList<>();

  /** Something that this node cannot do. */
  void unsupported(String path, Object value, String message) {
    problems.add(Problem.inDocument("UNSUPPORTED", path, value, message));
  }

  /** Something that refers to what is not there. */
  void missing(String path, Object value, String message) {
    problems.add(Problem.inDocument("MISSING", path, value, message));
  }

  /** Something that has not the form that it needs. */
  void bad(String path, Object value, String message) {
    problems.add(Problem.inDocument("BAD_VALUE", path, value, message));
  }

  void addAll(List<Problem> others) {
    problems.addAll(others);
  }

  boolean none() {
    return problems.isEmpty();
  }

  List<Problem> all() {
    return List.copyOf(problems);
  }
}
