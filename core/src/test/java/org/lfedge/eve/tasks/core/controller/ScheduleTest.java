package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.eve.api.ConfigItem;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;

class ScheduleTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Test
  void theIntervalIsSpreadByAThird() {
    assertEquals(Duration.ofSeconds(42), new Schedule(() -> 0).afterSuccess(MINUTE));
    assertEquals(Duration.ofSeconds(60), new Schedule(() -> 0.5).afterSuccess(MINUTE));
  }

  @Test
  void pausesGrowFromFiveSecondsToTenMinutes() {
    Schedule longest = new Schedule(() -> 0);
    assertEquals(Duration.ofSeconds(5), longest.afterFailure(1));
    assertEquals(Duration.ofSeconds(10), longest.afterFailure(2));
    assertEquals(Duration.ofSeconds(320), longest.afterFailure(7));
    assertEquals(Duration.ofMinutes(10), longest.afterFailure(8));
  }

  @Property
  void pausesAreInBounds(
      @ForAll @DoubleRange(min = 0, max = 1, maxIncluded = false) double chance,
      @ForAll @IntRange(min = 1) int failures) {
    Schedule schedule = new Schedule(() -> chance);
    Duration pause = schedule.afterFailure(failures);
    assertTrue(pause.compareTo(Duration.ofMillis(3500)) >= 0, pause.toString());
    assertTrue(pause.compareTo(Duration.ofMinutes(10)) <= 0, pause.toString());
    Duration next = schedule.afterSuccess(MINUTE);
    assertTrue(next.compareTo(Duration.ofSeconds(42)) >= 0, next.toString());
    assertTrue(next.compareTo(Duration.ofSeconds(78)) <= 0, next.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "300, 300",
    "1, 5",
    "99999, 3600",
    "999999999, 3600",
    "' 7', 7",
    "'', 60",
    "soon, 60",
    "-7, 60"
  })
  void theControllerSaysHowOftenItIsAsked(String value, long seconds) {
    EdgeDevConfig config =
        EdgeDevConfig.newBuilder()
            .addConfigItems(ConfigItem.newBuilder().setKey("other").setValue("7"))
            .addConfigItems(ConfigItem.newBuilder().setKey("timer.config.interval").setValue(value))
            .build();
    assertEquals(Duration.ofSeconds(seconds), Schedule.interval(config, MINUTE));
  }
}
