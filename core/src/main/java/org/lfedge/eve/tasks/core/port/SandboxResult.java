package org.lfedge.eve.tasks.core.port;

import java.util.OptionalInt;

/**
 * How a program in a sandbox ended.
 *
 * @param exitCode 128 and the number of the signal that ended it; empty if it was killed at one of
 *     its bounds, or nobody knows
 * @param output what it wrote to its standard output, as much as its bounds let it
 * @param errors what it wrote to its standard error, as much as its bounds let it
 * @param exceeded the bound at which it was killed
 */
public record SandboxResult(OptionalInt exitCode, String output, String errors, Exceeded exceeded) {

  /** The bounds of a sandbox. */
  public enum Exceeded {
    /** It ended by itself. */
    NONE,
    /** It needed more memory. */
    MEMORY,
    /** It wrote more than anybody would read. */
    OUTPUT,
    /** It ran longer. */
    TIME
  }

  /** Whether it ended with 0. */
  public boolean success() {
    return exitCode.equals(OptionalInt.of(0)) && exceeded == Exceeded.NONE;
  }

  /** Why it did not succeed, in the words of an error message. */
  public String reason() {
    return switch (exceeded) {
      case MEMORY -> "it needed more memory than it may have";
      case OUTPUT -> "it wrote more than it may";
      case TIME -> "it took too long";
      case NONE -> {
        String said = errors.isBlank() ? output.strip() : errors.strip();
        String code = exitCode.isEmpty() ? "" : " " + exitCode.getAsInt();
        yield "exit code"
            + (code.isEmpty() ? " unknown" : code)
            + (said.isEmpty() ? "" : ": " + said);
      }
    };
  }
}
