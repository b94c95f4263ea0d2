package org.lfedge.eve.tasks.core.fleet;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work in parts that is done again and again. A part that fails keeps no other from its turn, and
 * is logged once until it succeeds. For one thread.
 */
final class Attempts {

  private static final Logger log = LoggerFactory.getLogger(Attempts.class);

  private Set<String> failedBefore = new HashSet<>();
  private Set<String> failed = new HashSet<>();

  /**
   * Does all of it once.
   *
   * @param work does each part by {@link #attempt}
   * @return whether each part succeeded
   */
  boolean all(Consumer<Attempts> work) {
    attempt("all of it", () -> work.accept(this));
    failedBefore = failed;
    failed = new HashSet<>();
    return failedBefore.isEmpty();
  }

  /**
   * Does one part.
   *
   * @param what it tells, for people
   */
  void attempt(String what, Runnable part) {
    try {
      part.run();
    } catch (RuntimeException e) {
      if (failed.add(what) && !failedBefore.contains(what)) {
        log.warn("cannot tell {} now, and will try again: {}", what, e.toString());
      }
    }
  }
}
