package org.lfedge.eve.tasks.core.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers of bytes as people write them: {@code 64MiB}, {@code 1.5GiB}, {@code 500MB}, {@code 4096}
 * (bytes). {@code KiB} to {@code TiB} are powers of 1024, {@code KB} to {@code TB} powers of 1000.
 */
public final class Sizes {

  /**
   * The largest size that is accepted, 2^53 bytes (8192 TiB): every whole number up to it survives
   * JSON tools that keep numbers as IEEE 754 doubles.
   */
  public static final long MAX = 1L << 53;

  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,20}(?:\\.[0-9]{1,9})?)(B|[KMGT]i?B)?");
  private static final String PREFIXES = "KMGT";

  private Sizes() {}

  /**
   * Reads a size; a fraction of a byte is dropped.
   *
   * @return the bytes, {@link Long#MAX_VALUE} for anything above it; empty if the text is no size
   */
  public static OptionalLong parse(String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      return OptionalLong.empty();
    }
    BigDecimal bytes =
        new BigDecimal(size.group(1)).multiply(factor(Optional.ofNullable(size.group(2))));
    return OptionalLong.of(
        bytes
            .setScale(0, RoundingMode.DOWN)
            .min(BigDecimal.valueOf(Long.MAX_VALUE))
            .longValueExact());
  }

  /**
   * Writes a size in the largest power of 1024 that divides it, so that {@link #parse} gives it
   * back.
   *
   * @param bytes 0 or more
   */
  public static String format(long bytes) {
    int power = 0;
    long count = bytes;
    while (count != 0 && count % 1024 == 0 && power < PREFIXES.length()) {
      count /= 1024;
      power++;
    }
    return power == 0 ? count + "B" : count + PREFIXES.substring(power - 1, power) + "iB";
  }

  private static BigDecimal factor(Optional<String> unit) {
    String letters = unit.orElse("B");
    int power = PREFIXES.indexOf(letters.charAt(0)) + 1;
    return BigDecimal.valueOf(letters.length() == 3 ? 1024 : 1000).pow(power);
  }
}
