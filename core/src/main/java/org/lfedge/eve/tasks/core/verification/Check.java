package org.lfedge.eve.tasks.core.verification;

import java.util.Objects;

/**
 * What came of one rule.
 *
 * @param rule a stable name in capitals, such as {@code SEED_CHANGES}
 * @param outcome whether it is kept
 * @param text what the rule asks for, in one sentence
 * @param detail what was seen, for the author of the executor; empty if the rule is kept
 */
public record Check(String rule, Outcome outcome, String text, String detail) {

  /** Longer details are cut: they may hold what an executor said. */
  private static final int MAX_DETAIL = 2000;

  /** Whether a rule is kept. */
  public enum Outcome {
    /** Nothing was seen that breaks it. */
    KEPT,
    /** It was seen to be broken. */
    BROKEN,
    /** There was nothing to hold against it, most often since another rule is broken. */
    NOT_CHECKED
  }

  /** Cuts a detail that is too long for a person. */
  public Check {
    Objects.requireNonNull(rule);
    Objects.requireNonNull(outcome);
    Objects.requireNonNull(text);
    detail = detail.length() <= MAX_DETAIL ? detail : detail.substring(0, MAX_DETAIL) + "...";
  }

  /** A rule that is kept. */
  public static Check kept(String rule, String text) {
    return new Check(rule, Outcome.KEPT, text, "");
  }

  /** A rule that is broken. */
  public static Check broken(String rule, String text, String detail) {
    return new Check(rule, Outcome.BROKEN, text, detail);
  }

  /** A rule that could not be checked. */
  public static Check notChecked(String rule, String text, String why) {
    return new Check(rule, Outcome.NOT_CHECKED, text, why);
  }
}
