package org.lfedge.eve.tasks.core.verification;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All that is known of an executor before a node sees it.
 *
 * @param form what it is: {@code jar}, {@code declarative}, {@code executable}; empty if even that
 *     could not be told
 * @param executor its name, if it said it
 * @param version as its JAR or its image states it
 * @param checks what came of each rule, in the order in which they were looked at
 */
public record Report(
    String form, Optional<String> executor, Optional<String> version, List<Check> checks) {

  /** Keeps a copy. */
  public Report {
    checks = List.copyOf(checks);
  }

  /** Whether no rule is broken. */
  public boolean good() {
    return checks.stream().noneMatch(check -> check.outcome() == Check.Outcome.BROKEN);
  }

  /** The same with further checks. */
  public Report with(List<Check> more) {
    List<Check> all = new ArrayList<>(checks);
    all.addAll(more);
    return new Report(form, executor, version, all);
  }

  /** The same with other checks in front. */
  public Report after(List<Check> earlier) {
    return new Report(form, executor, version, earlier).with(checks);
  }
}
