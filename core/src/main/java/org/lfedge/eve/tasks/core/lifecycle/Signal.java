package org.lfedge.eve.tasks.core.lifecycle;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A signal of Linux on amd64 and arm64, where the numbers are the same.
 *
 * @param number 1 to 64
 */
public record Signal(int number) {

  /** Ends the anchor without giving it a say. */
  public static final Signal KILL = new Signal(9);

  private static final int RTMIN = 34;
  private static final int RTMAX = 64;
  private static final Pattern REALTIME = Pattern.compile("RT(MIN|MAX)(?:([+-])([0-9]{1,2}))?");

  /** In the order of their numbers, from 1. See signal(7), x86 and ARM. */
  private static final String[] NAMES = {
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
    "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"
  };

  private static final Map<String, Integer> NUMBERS = new TreeMap<>();

  static {
    for (int i = 0; i < NAMES.length; i++) {
      NUMBERS.put(NAMES[i], i + 1);
    }
    NUMBERS.put("IOT", 6);
    NUMBERS.put("POLL", 29);
  }

  /** Refuses numbers that no signal has. */
  public Signal {
    if (number < 1 || number > RTMAX) {
      throw new IllegalArgumentException("no signal has the number " + number);
    }
  }

  /** Reads {@code SIGTERM}, {@code term}, {@code 15} or {@code SIGRTMIN+3}. */
  public static Optional<Signal> parse(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    if (name.matches("[0-9]{1,2}")) {
      return valid(Integer.parseInt(name));
    }
    name = name.startsWith("SIG") ? name.substring(3) : name;
    Integer number = NUMBERS.get(name);
    if (number != null) {
      return Optional.of(new Signal(number));
    }
    Matcher realtime = REALTIME.matcher(name);
    if (!realtime.matches()) {
      return Optional.empty();
    }
    int base = "MIN".equals(realtime.group(1)) ? RTMIN : RTMAX;
    int offset = realtime.group(3) == null ? 0 : Integer.parseInt(realtime.group(3));
    int result = "-".equals(realtime.group(2)) ? base - offset : base + offset;
    return result < RTMIN ? Optional.empty() : valid(result);
  }

  private static Optional<Signal> valid(int number) {
    return number >= 1 && number <= RTMAX ? Optional.of(new Signal(number)) : Optional.empty();
  }

  /** Such as {@code SIGTERM}. */
  @Override
  public String toString() {
    if (number <= NAMES.length) {
      return "SIG" + NAMES[number - 1];
    }
    return number < RTMIN ? "signal " + number : "SIGRTMIN+" + (number - RTMIN);
  }
}
