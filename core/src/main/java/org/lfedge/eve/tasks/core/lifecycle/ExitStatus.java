package org.lfedge.eve.tasks.core.lifecycle;

import java.time.Instant;
import java.util.OptionalInt;

/**
 * How an anchor ended.
 *
 * @param code 0 to 255 as containerd reports it, 128 + N for signal N; empty if it was lost with
 *     the shim, which counts as a failure
 * @param at when it ended, or when its end was found out
 * @param oomKilled whether the kernel killed the anchor for want of memory, as far as can be told:
 *     it ended by {@link #SIGKILLED}, none of ours, and such kills were counted in its cgroup
 */
public record ExitStatus(OptionalInt code, Instant at, boolean oomKilled) {

  /** The code of an anchor that SIGKILL ended. */
  public static final int SIGKILLED = 128 + 9;

  /** An exit of which only the fact is known. */
  public static ExitStatus unknown(Instant at) {
    return new ExitStatus(OptionalInt.empty(), at, false);
  }

  /** The same, of an anchor that was ended on purpose, whatever the kernel did before. */
  public ExitStatus onPurpose() {
    return new ExitStatus(code, at, false);
  }

  /** The signal that ended it, by the shell's convention of codes above 128. */
  public OptionalInt signal() {
    int value = code.orElse(0);
    return value > 128 && value < 128 + 65 ? OptionalInt.of(value - 128) : OptionalInt.empty();
  }

  /** Whether it ended with code 0. */
  public boolean success() {
    return code.isPresent() && code.getAsInt() == 0;
  }
}
