package org.lfedge.eve.tasks.core.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a task that is wanted running is kept so: what its restart policy has done and will do. A
 * value; each method gives the next one.
 *
 * @param restarts starts that the policy made since somebody last asked for a start
 * @param quickEnds ends one after the other, each soon after its start; they make the waits longer
 * @param nextStart when it is started again; empty if no start is due
 * @param reason why it is started again, in the words of an event
 * @param once whether the present run is the only one, whatever the policy says
 * @param ailment why a running anchor is being ended although the task is wanted running; its end
 *     counts as a failure with any code
 */
public record Supervision(
    int restarts,
    int quickEnds,
    Optional<Instant> nextStart,
    Optional<String> reason,
    boolean once,
    Optional<String> ailment) {

  /** Of a task that nobody has started yet. */
  public static final Supervision NONE =
      new Supervision(0, 0, Optional.empty(), Optional.empty(), false, Optional.empty());

  /**
   * A run of this length shows that the task works: the next wait is the shortest one again. Where
   * the policy's longest wait is shorter, that.
   */
  public static final Duration HEALTHY_RUN = Duration.ofMinutes(1);

  /**
   * The wait after an end that is a reboot, whatever the policy says of waits: it is no failure
   * that a longer one could mend, and one that follows another without end must not keep the node
   * busy.
   */
  public static final Duration REBOOT_WAIT = Duration.ofSeconds(1);

  /** 2^20 times the shortest wait there is, a millisecond, is beyond every longest wait in use. */
  private static final int MAX_DOUBLINGS = 30;

  /** The least part of a wait that is left by jitter. */
  private static final double LEAST_JITTER = 0.75;

  /** What the end of an anchor counts as. */
  public enum End {
    SUCCESS,
    FAILURE,
    /**
     * What runs in the task is to start anew. The start that follows is none of the policy's: it is
     * not counted, and the waits before later ones are short again.
     */
    REBOOT
  }

  /** After somebody asked for a start. */
  public static Supervision asked(boolean once) {
    return new Supervision(0, 0, Optional.empty(), Optional.empty(), once, Optional.empty());
  }

  /** After somebody asked for a stop. */
  public Supervision cancelled() {
    return new Supervision(
        restarts, quickEnds, Optional.empty(), Optional.empty(), false, Optional.empty());
  }

  /** When an anchor is ended because it does not work. */
  public Supervision ailing(String why) {
    return new Supervision(restarts, quickEnds, nextStart, reason, once, Optional.of(why));
  }

  /** When the start that is due is made, or tried; one that the policy asked for is counted. */
  public Supervision launched() {
    int more = quickEnds > 0 && nextStart.isPresent() ? 1 : 0;
    return new Supervision(
        restarts + more, quickEnds, Optional.empty(), reason, once, Optional.empty());
  }

  /** A start at a time, which is none of the policy's. */
  public Supervision due(Instant at, String why) {
    return new Supervision(restarts, 0, Optional.of(at), Optional.of(why), once, Optional.empty());
  }

  /**
   * After the anchor of a task ended that is wanted running, or could not be started.
   *
   * @param policy of the task
   * @param end what that counts as; of a single run a reboot is the end, too
   * @param why in the words of an event
   * @param ran how long the anchor ran; zero if it never did
   * @param chance from 0 to 1, for the jitter that keeps many tasks from starting at once
   * @return with the time of the next start, or without one if the policy asks for none
   */
  public Supervision ended(
      RestartPolicy policy, End end, String why, Duration ran, Instant now, double chance) {
    boolean again =
        switch (policy.mode()) {
          case NEVER -> false;
          case ON_FAILURE -> end != End.SUCCESS;
          case ALWAYS -> true;
        };
    if (once || !again) {
      return new Supervision(
          restarts, 0, Optional.empty(), Optional.empty(), false, Optional.empty());
    }
    if (end == End.REBOOT) {
      return due(now.plus(REBOOT_WAIT), why);
    }
    Duration proof =
        policy.maxBackoff().compareTo(HEALTHY_RUN) < 0 ? policy.maxBackoff() : HEALTHY_RUN;
    int ends = ran.compareTo(proof) >= 0 ? 1 : quickEnds + 1;
    Duration wait = wait(policy, ends, chance);
    return new Supervision(
        restarts, ends, Optional.of(now.plus(wait)), Optional.of(why), false, Optional.empty());
  }

  /** Whether the policy answers such an end with another start. */
  public boolean startsAgain() {
    return nextStart.isPresent();
  }

  /** No start of a task is due later than so long after an end, or after a boot of the node. */
  public static Duration longestWait(RestartPolicy policy) {
    return Stream.of(policy.maxBackoff(), policy.bootDelay(), REBOOT_WAIT)
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  /** The wait before a restart: doubled with each quick end up to the longest, less a jitter. */
  static Duration wait(RestartPolicy policy, int ends, double chance) {
    long least = policy.backoff().toMillis();
    int doublings = Math.min(MAX_DOUBLINGS, ends - 1);
    long most = policy.maxBackoff().toMillis();
    long whole = least > most >> doublings ? most : least << doublings;
    double part = LEAST_JITTER + (1 - LEAST_JITTER) * chance;
    return Duration.ofMillis(Math.max(1, (long) (whole * part)));
  }
}
