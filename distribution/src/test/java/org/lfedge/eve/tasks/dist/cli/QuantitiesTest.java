package org.lfedge.eve.tasks.dist.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.Sizes;

class QuantitiesTest {

  @Test
  void sizesAreRoundedToOneDigitAfterThePoint() {
    assertEquals("0B", Quantities.bytes(0));
    assertEquals("1023B", Quantities.bytes(1023));
    assertEquals("1KiB", Quantities.bytes(1024));
    assertEquals("1.5MiB", Quantities.bytes(1536 << 10));
    assertEquals("256MiB", Quantities.bytes(256 << 20));
    assertEquals("1GiB", Quantities.bytes((1L << 30) - 1));
    assertEquals("8192TiB", Quantities.bytes(1L << 53));
  }

  @Property
  void aSizeThatIsShownIsOneThatDocumentsTakeAndNearToTheTruth(
      @ForAll @LongRange(min = 1, max = 1L << 53) long bytes) {
    long shown = Sizes.parse(Quantities.bytes(bytes)).orElseThrow();
    assertTrue(Math.abs(shown - bytes) <= bytes * 0.06, () -> bytes + " is shown as " + shown);
  }

  @Test
  void agesHaveOneUnit() {
    assertEquals("0s", Quantities.age(Duration.ofSeconds(-3)));
    assertEquals("119s", Quantities.age(Duration.ofSeconds(119)));
    assertEquals("2m", Quantities.age(Duration.ofMinutes(2)));
    assertEquals("2h", Quantities.age(Duration.ofMinutes(179)));
    assertEquals("47h", Quantities.age(Duration.ofHours(47)));
    assertEquals("2d", Quantities.age(Duration.ofDays(2)));
  }
}
