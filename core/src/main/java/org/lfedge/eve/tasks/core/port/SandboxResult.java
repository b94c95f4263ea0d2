package org.lfedge.eve.tasks.core.port;

import java.util.OptionalInt;

/**
 * How a program in a sandbox ended.
 *
 * @param exitCode 128 and the number of the signal that ended it; empty if it was killed at its
 *     deadline, or nobody knows
 * @param output what it wrote to its standard output, at most 64 KiB
 * @param errors what it wrote to its standard error, at most 64 KiB
 * @param outOfMemory whether it was killed because it needed more memory than it was given
 */
public record SandboxResult(
    OptionalInt exitCode, String output, String errors, boolean outOfMemory) {

  /** Whether it ended with 0. */
  public boolean success() {
    return exitCode.equals(OptionalInt.of(0));
  }

  /** Why it did not succeed, in the words of an error message. */
  public String reason() {
    if (outOfMemory) {
      return "it needed more memory than it may have";
    }
    String said = errors.isBlank() ? output.strip() : errors.strip();
    return exitCode.isEmpty()
        ? "it took too long"
        : "exit code " + exitCode.getAsInt() + (said.isEmpty() ? "" : ": " + said);
  }
}
