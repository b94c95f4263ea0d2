package org.lfedge.eve.tasks.core.lifecycle;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;

/**
 * How an anchor ended.
 *
 * @param code 0 to 255 as containerd reports it, or as a rule of the seed found it in a file; 128 +
 *     N for signal N; empty if it was lost with the shim, which counts as a failure
 * @param at when it ended, or when its end was found out
 * @param oomKilled whether the kernel killed the anchor for want of memory, as far as can be told:
 *     it ended by {@link #SIGKILLED}, none of ours, and such kills were counted in its cgroup
 * @param outcome what a rule of the seed says that it counts as; empty if none applied, and of an
 *     anchor that was ended on purpose
 * @param meaning what that rule tells people; empty if it has no text
 */
public record ExitStatus(
    OptionalInt code,
    Instant at,
    boolean oomKilled,
    Optional<Outcome> outcome,
    Optional<String> meaning) {

  /** The code of an anchor that SIGKILL ended. */
  public static final int SIGKILLED = 128 + 9;

  /** An exit of which no rule has told yet. */
  public ExitStatus(OptionalInt code, Instant at, boolean oomKilled) {
    this(code, at, oomKilled, Optional.empty(), Optional.empty());
  }

  /** An exit of which only the fact is known. */
  public static ExitStatus unknown(Instant at) {
    return new ExitStatus(OptionalInt.empty(), at, false);
  }

  /**
   * The same, of an anchor that was ended on purpose, whatever the kernel did before: its code and
   * its meaning stand, and it counts as nothing else.
   */
  public ExitStatus onPurpose() {
    return new ExitStatus(code, at, false, Optional.empty(), meaning);
  }

  /** The signal that ended it, by the shell's convention of codes above 128. */
  public OptionalInt signal() {
    int value = code.orElse(0);
    return value > 128 && value < 128 + 65 ? OptionalInt.of(value - 128) : OptionalInt.empty();
  }

  /** Whether it is no failure: by what a rule says, else by code 0. */
  public boolean success() {
    return outcome
        .map(known -> known == Outcome.SUCCESS || known == Outcome.REBOOT)
        .orElse(code.isPresent() && code.getAsInt() == 0);
  }

  /** Whether what runs in the task asked to be started anew. */
  public boolean reboot() {
    return outcome.equals(Optional.of(Outcome.REBOOT));
  }
}
