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

class SupervisionTest {

  private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

  private static RestartPolicy policy(Mode mode) {
    return new RestartPolicy(mode, Duration.ofSeconds(1), Duration.ofMinutes(5));
  }

  private static Supervision ended(Supervision before, Mode mode, boolean failure) {
    return before.ended(policy(mode), failure, "why", Duration.ZERO, NOW, 1);
  }

  @Example
  void thePolicyDecidesWhichEndsAreFollowedByAStart() {
    assertFalse(ended(Supervision.NONE, Mode.NEVER, true).startsAgain());
    assertFalse(ended(Supervision.NONE, Mode.ON_FAILURE, false).startsAgain());
    assertTrue(ended(Supervision.NONE, Mode.ON_FAILURE, true).startsAgain());
    assertTrue(ended(Supervision.NONE, Mode.ALWAYS, false).startsAgain());
  }

  @Example
  void aSingleRunIsFollowedByNothing() {
    assertFalse(ended(Supervision.asked(true), Mode.ALWAYS, true).startsAgain());
  }

  @Example
  void aStartThatSomebodyAskedForIsNotCountedAndOneOfThePolicyIs() {
    Supervision asked = Supervision.asked(false).due(NOW, "asked for").launched();
    assertEquals(0, asked.restarts());
    Supervision again = ended(asked, Mode.ALWAYS, false).launched();
    assertEquals(1, again.restarts());
    assertEquals(2, ended(again, Mode.ALWAYS, false).launched().restarts());
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
            Mode.ALWAYS, Duration.ofMillis(backoff), Duration.ofMillis(backoff + more));
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
        before.ended(policy(Mode.ALWAYS), true, "why", Duration.ofMillis(ran), NOW, 1);
    boolean healthy = ran >= Supervision.HEALTHY_RUN.toMillis();
    assertEquals(healthy ? 1 : quickEnds + 1, after.quickEnds());
    assertEquals(7, after.restarts());
  }

  @Property
  void whateverHappensAStopCancelsTheNextStart(
      @ForAll Mode mode, @ForAll boolean failure, @ForAll @IntRange(min = 1, max = 20) int times) {
    Supervision supervision = Supervision.asked(false);
    for (int i = 0; i < times; i++) {
      supervision = ended(supervision.launched(), mode, failure);
    }
    assertEquals(Optional.empty(), supervision.cancelled().nextStart());
    assertEquals(supervision.restarts(), supervision.cancelled().restarts());
  }
}
