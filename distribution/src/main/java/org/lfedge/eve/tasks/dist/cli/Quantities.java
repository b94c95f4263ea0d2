package org.lfedge.eve.tasks.dist.cli;

import java.time.Duration;
import java.util.Locale;

/** Sizes and times as people read them, rounded. */
final class Quantities {

  private static final String PREFIXES = "KMGT";

  private Quantities() {}

  /** Such as {@code 256MiB} or {@code 1.5GiB}. */
  static String bytes(long bytes) {
    if (bytes < 1024) {
      return bytes + "B";
    }
    double value = bytes;
    int power = 0;
    while (value >= 1023.95 && power < PREFIXES.length()) {
      value /= 1024;
      power++;
    }
    String number = String.format(Locale.ROOT, "%.1f", value);
    return (number.endsWith(".0") ? number.substring(0, number.length() - 2) : number)
        + PREFIXES.charAt(power - 1)
        + "iB";
  }

  /** Such as {@code 42s}, {@code 17m}, {@code 5h} or {@code 3d}. */
  static String age(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 120) {
      return seconds + "s";
    }
    if (seconds < 120 * 60) {
      return seconds / 60 + "m";
    }
    return seconds < 48 * 3600 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
  }
}
