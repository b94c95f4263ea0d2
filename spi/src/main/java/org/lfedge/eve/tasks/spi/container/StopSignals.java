package org.lfedge.eve.tasks.spi.container;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.SeedException;

/** Names of signals as image configs write them: {@code SIGQUIT}, {@code quit}, {@code 3}. */
public final class StopSignals {

  /** Asks a program to end that names no other signal. */
  public static final String DEFAULT = "SIGTERM";

  /** By number, from 1, on Linux for amd64, arm64 and riscv64. */
  private static final List<String> NAMES =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
          "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  /** The first real-time signal that the C library leaves to programs. */
  private static final int RTMIN = 34;

  private static final int RTMAX = 64;

  private static final Pattern REAL_TIME = Pattern.compile("RT(MIN\\+|MAX-)([0-9]{1,2})");

  private StopSignals() {}

  /**
   * The name in full.
   *
   * @param text blank means {@value #DEFAULT}
   * @throws SeedException with code {@code UNKNOWN_STOP_SIGNAL} if there is no such signal
   */
  public static String parse(String text) throws SeedException {
    String name = text.strip().toUpperCase(Locale.ROOT);
    if (name.isEmpty()) {
      return DEFAULT;
    }
    if (name.matches("[0-9]{1,2}")) {
      int number = Integer.parseInt(name);
      if (number >= 1 && number <= NAMES.size()) {
        return "SIG" + NAMES.get(number - 1);
      }
      if (number >= RTMIN && number <= RTMAX) {
        return "SIGRTMIN+" + (number - RTMIN);
      }
      throw unknown(text);
    }
    String bare = name.startsWith("SIG") ? name.substring("SIG".length()) : name;
    Matcher realTime = REAL_TIME.matcher(bare);
    boolean known =
        NAMES.contains(bare)
            || bare.equals("RTMIN")
            || bare.equals("RTMAX")
            || (realTime.matches() && Integer.parseInt(realTime.group(2)) <= RTMAX - RTMIN);
    if (!known) {
      throw unknown(text);
    }
    return "SIG" + bare;
  }

  private static SeedException unknown(String text) {
    return new SeedException(
        "UNKNOWN_STOP_SIGNAL",
        "root",
        "the stop signal of the root is \""
            + text
            + "\", which Linux does not know; mend its config");
  }
}
