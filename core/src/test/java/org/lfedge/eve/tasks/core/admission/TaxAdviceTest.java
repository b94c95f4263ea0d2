package org.lfedge.eve.tasks.core.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class TaxAdviceTest {

  private static final long MIB = 1 << 20;

  @Test
  void aTaxThatIsFarTooLowShouldBeRaised() {
    assertEquals(
        Optional.of(
            "the anchor was seen to take 40 MiB at most and is charged 8 MiB; the workload lacks"
                + " the difference; set resources.tax.memory: 50MiB or more"),
        TaxAdvice.of(8 * MIB, 40 * MIB));
  }

  @Test
  void aTaxThatIsFarTooHighCouldBeLowered() {
    assertEquals(
        Optional.of(
            "the anchor was seen to take 8 MiB at most and is charged 64 MiB;"
                + " resources.tax.memory: 10MiB would free the difference for other tasks"),
        TaxAdvice.of(64 * MIB, 8 * MIB));
  }

  @Test
  void whatNobodyGainsFromIsNotAdvised() {
    assertEquals(Optional.empty(), TaxAdvice.of(MIB, 24 << 10));
    assertEquals(Optional.empty(), TaxAdvice.of(0, 8 * MIB - 1));
    assertTrue(TaxAdvice.of(0, 8 * MIB).isPresent());
    assertTrue(TaxAdvice.of(8 * MIB, 0).isPresent());
    assertEquals(Optional.empty(), TaxAdvice.of(100 * MIB, 51 * MIB), "less than a factor of 2");
    assertTrue(TaxAdvice.of(100 * MIB, 50 * MIB).isPresent());
  }

  @Property
  void whoeverFollowsTheAdviceGetsNone(
      @ForAll @LongRange(max = 1L << 40) long charged,
      @ForAll @LongRange(max = 1L << 40) long observed) {
    Optional<String> advice = TaxAdvice.of(charged, observed);
    if (advice.isPresent()) {
      long set = Long.parseLong(advice.get().replaceAll(".*memory: ([0-9]+)MiB.*", "$1")) * MIB;
      assertEquals(Optional.empty(), TaxAdvice.of(set, observed));
      assertTrue(set >= observed);
    }
  }
}
