package org.lfedge.eve.tasks.core.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy.Mode;
import org.lfedge.eve.tasks.core.lifecycle.Supervision.End;

class SupervisionTest {

  private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

  private static RestartPolicy policy(Mode mode) {
    return new RestartPolicy(
        mode, Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ofMinutes(1));
  }

  private static Supervision ended(Supervision before, Mode mode, End end) {
    return before.ended(policy(mode), end, "why", Duration.ZERO, NOW, 1);
  }

  @Example
  void thePolicyDecidesWhichEndsAreFollowedByAStart() {
    for (End end : End.values()) {
      assertFalse(ended(Supervision.NONE, Mode.NEVER, end).startsAgain());
      assertTrue(ended(Supervision.NONE, Mode.ALWAYS, end).startsAgain());
      assertEquals(end != End.SUCCESS, ended(Supervision.NONE, Mode.ON_FAILURE, end).startsAgain());
    }
  }

  @Example
  void aSingleRunIsFollowedByNothing() {
    for (End end : End.values()) {
      assertFalse(ended(Supervision.asked(true), Mode.ALWAYS, end).startsAgain());
    }
  }

  /** However short its waits and its runs are. */
  @Property
  void aRebootIsWaitedForAndCountedForNothing(
      @ForAll @IntRange(min = 0, max = 100) int quickEnds,
      @ForAll @LongRange(min = 0, max = 600_000) long ran,
      @ForAll @LongRange(min = 1, max = 86_400_000) long backoff,
      @ForAll @DoubleRange(min = 0, max = 1) double chance) {
    RestartPolicy policy =
        new RestartPolicy(
            Mode.ON_FAILURE,
            Duration.ofMillis(backoff),
            Duration.ofMillis(backoff),
            Duration.ofMillis(backoff + 1));
    Supervision before =
        new Supervision(7, quickEnds, Optional.empty(), Optional.empty(), false, Optional.empty());
    Supervision after =
        before.ended(policy, End.REBOOT, "rebooted", Duration.ofMillis(ran), NOW, chance);
    assertEquals(Optional.of(NOW.plus(Supervision.REBOOT_WAIT)), after.nextStart());
    assertTrue(Supervision.longestWait(policy).compareTo(Supervision.REBOOT_WAIT) >= 0);
    assertTrue(Supervision.longestWait(policy).compareTo(policy.bootDelay()) >= 0);
    assertEquals(Optional.of("rebooted"), after.reason());
    assertEquals(7, after.launched().restarts());
    assertEquals(
        1, after.launched().ended(policy, End.FAILURE, "", Duration.ZERO, NOW, 1).quickEnds());
  }

  @Example
  void aStartThatSomebodyAskedForIsNotCountedAndOneOfThePolicyIs() {
    Supervision asked = Supervision.asked(false).due(NOW, "asked for").launched();
    assertEquals(0, asked.restarts());
    Supervision again = ended(asked, Mode.ALWAYS, End.SUCCESS).launched();
    assertEquals(1, again.restarts());
    assertEquals(2, ended(again, Mode.ALWAYS, End.SUCCESS).launched().restarts());
    assertEquals(0, Supervision.asked(false).restarts());
  }

  @Property
  void waitsDoubleUpToTheLongestAndAreShortenedByAtMostAQuarter(
      @ForAll @LongRange(min = 1, max = 86_400_000) long backoff,
      @ForAll @LongRange(min = 0, max = 86_400_000) long more,
      @ForAll @IntRange(min = 1, max = 200) int ends,
      @ForAll @DoubleRange(min = 0, max = 1) double chance) {
    RestartPolicy policy =
        new RestartPolicy(
            Mode.ALWAYS,
            Duration.ofMillis(backoff),
            Duration.ofMillis(backoff + more),
            Duration.ZERO);
    double whole = Math.min(backoff * Math.pow(2, ends - 1), (double) (backoff + more));
    long wait = Supervision.wait(policy, ends, chance).toMillis();
    assertTrue(wait >= 1 && wait <= backoff + more);
    assertTrue(wait <= whole + 1 && wait >= Math.floor(whole * 0.75) - 1, wait + " of " + whole);
  }

  @Property
  void aHealthyRunMakesTheNextWaitTheShortestAgain(
      @ForAll @IntRange(min = 0, max = 100) int quickEnds,
      @ForAll @LongRange(min = 0, max = 600_000) long ran) {
    Supervision before =
        new Supervision(7, quickEnds, Optional.empty(), Optional.empty(), false, Optional.empty());
    Supervision after =
        before.ended(policy(Mode.ALWAYS), End.FAILURE, "why", Duration.ofMillis(ran), NOW, 1);
    boolean healthy = ran >= Supervision.HEALTHY_RUN.toMillis();
    assertEquals(healthy ? 1 : quickEnds + 1, after.quickEnds());
    assertEquals(7, after.restarts());
  }

  @Property
  void whateverHappensAStopCancelsTheNextStart(
      @ForAll Mode mode, @ForAll End end, @ForAll @IntRange(min = 1, max = 20) int times) {
    Supervision supervision = Supervision.asked(false);
    for (int i = 0; i < times; i++) {
      supervision = ended(supervision.launched(), mode, end);
    }
    assertEquals(Optional.empty(), supervision.cancelled().nextStart());
    assertEquals(supervision.restarts(), supervision.cancelled().restarts());
  }
}
