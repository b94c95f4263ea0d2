package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

  private static final long MAX_MILLIS = 3_600_000_000_000L;

  @ParameterizedTest
  @CsvSource({
    "10s, 10000",
    "500ms, 500",
    "5m, 300000",
    "5ms, 5",
    "1m30s, 90000",
    "1h1m1s1ms, 3661001",
    "0s, 0",
    "90m, 5400000",
    "999999999h, 3599999996400000"
  })
  void unitsAddUp(String text, long millis) {
    assertEquals(Optional.of(Duration.ofMillis(millis)), Durations.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "10", "s", "1.5s", "-1s", "30s1m", "1s1s", "1 s", "1S", "1d", "1234567890s"})
  void anythingElseIsNoDuration(String text) {
    assertEquals(Optional.empty(), Durations.parse(text));
  }

  @ParameterizedTest
  @CsvSource({"0, 0s", "500, 500ms", "10000, 10s", "90000, 1m30s", "3600001, 1h1ms"})
  void partsThatAreZeroAreNotWritten(long millis, String text) {
    assertEquals(text, Durations.format(Duration.ofMillis(millis)));
  }

  @Property
  void parsingWhatWasWrittenGivesTheDuration(
      @ForAll @LongRange(min = 0, max = MAX_MILLIS) long millis) {
    Duration duration = Duration.ofMillis(millis);
    assertEquals(Optional.of(duration), Durations.parse(Durations.format(duration)));
  }
}
