package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "4096, 4096",
    "17B, 17",
    "64MiB, 67108864",
    "1.5GiB, 1610612736",
    "1KB, 1000",
    "1.5KB, 1500",
    "2MB, 2000000",
    "3GB, 3000000000",
    "1TB, 1000000000000",
    "1KiB, 1024",
    "1TiB, 1099511627776",
    "0.3KiB, 307",
    "8192TiB, 9007199254740992",
    "99999999999999999999TiB, 9223372036854775807"
  })
  void unitsArePowersOf1000Or1024AndFractionsOfAByteAreDropped(String text, long bytes) {
    assertEquals(OptionalLong.of(bytes), Sizes.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "B",
        "MiB",
        "64Mi",
        "64M",
        "64 MiB",
        "64mib",
        "-1",
        "+1",
        "1.",
        ".5",
        "1e3",
        "0x10",
        "1,5GiB",
        "1_000",
        "64MiBs",
        "64PiB",
        "100000000000000000000000",
        "\u0661KiB"
      })
  void anythingElseIsNoSize(String text) {
    assertEquals(OptionalLong.empty(), Sizes.parse(text));
  }

  @Test
  void aSizeIsWrittenInTheLargestUnitThatDividesIt() {
    assertEquals("64MiB", Sizes.format(64L << 20));
    assertEquals("1536MiB", Sizes.format(1536L << 20));
    assertEquals("1000B", Sizes.format(1000));
    assertEquals("0B", Sizes.format(0));
    assertEquals("8192TiB", Sizes.format(Sizes.MAX));
  }

  @Property
  void parsingWhatWasWrittenGivesTheSize(@ForAll @LongRange(min = 0) long bytes) {
    assertEquals(OptionalLong.of(bytes), Sizes.parse(Sizes.format(bytes)));
  }
}
