package org.lfedge.eve.tasks.core.config;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as people write them: {@code 500ms}, {@code 10s}, {@code 1m30s}, {@code 2h}. */
public final class Durations {

  /** The longest time that is accepted where a key sets no limit; its nanoseconds fit in a long. */
  public static final Duration MAX = Duration.ofHours(1_000_000);

  private static final Pattern DURATION =
      Pattern.compile("(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");

  private Durations() {}

  /** Reads whole numbers of hours, minutes, seconds and milliseconds, in this order. */
  public static Optional<Duration> parse(String text) {
    Matcher duration = DURATION.matcher(text);
    if (text.isEmpty() || !duration.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        Duration.ofHours(number(duration, 1))
            .plusMinutes(number(duration, 2))
            .plusSeconds(number(duration, 3))
            .plusMillis(number(duration, 4)));
  }

  /**
   * Writes a duration so that {@link #parse} gives it back.
   *
   * @param duration 0 or more; what is less than a millisecond is dropped
   */
  public static String format(Duration duration) {
    String text =
        part(duration.toHours(), "h")
            + part(duration.toMinutesPart(), "m")
            + part(duration.toSecondsPart(), "s")
            + part(duration.toMillisPart(), "ms");
    return text.isEmpty() ? "0s" : text;
  }

  private static String part(long count, String unit) {
    return count == 0 ? "" : count + unit;
  }

  private static long number(Matcher duration, int group) {
    String digits = duration.group(group);
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
