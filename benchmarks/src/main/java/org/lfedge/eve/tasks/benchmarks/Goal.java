package org.lfedge.eve.tasks.benchmarks;

import java.util.Locale;

/**
 * A figure that is aimed at. Whether it is met is told and fails nothing: a busy machine misses it.
 *
 * @param text as in the table
 */
record Goal(String text, boolean met) {

  /** Not more than so much. */
  static Goal atMost(double limit, double figure, String unit) {
    return new Goal(
        String.format(Locale.ROOT, "at most %.0f %s", limit, unit).strip(), figure <= limit);
  }

  /** A ratio of not more than so much. */
  static Goal ratioAtMost(double limit, double figure) {
    return new Goal(String.format(Locale.ROOT, "at most %.2f", limit), figure <= limit);
  }

  /** Not less than so much. */
  static Goal atLeast(double limit, double figure) {
    return new Goal(String.format(Locale.ROOT, "at least %.2f", limit), figure >= limit);
  }

  /** Two cells of a Markdown table. */
  String cells() {
    return text + " | " + (met ? "met" : "**missed**");
  }
}
