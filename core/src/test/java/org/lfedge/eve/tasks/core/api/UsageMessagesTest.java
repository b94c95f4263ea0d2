package org.lfedge.eve.tasks.core.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.api.v1.Memory;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.TaskUsage;

class UsageMessagesTest {

  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  private static TaskUsage usage(long millis, OptionalLong cpuNanos) {
    return new TaskUsage(
        START.plusMillis(millis),
        cpuNanos,
        OptionalLong.empty(),
        OptionalLong.empty(),
        TaskUsage.Memory.UNKNOWN,
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalLong.empty());
  }

  private static OptionalDouble percent(long millis, long before, long now) {
    return UsageMessages.cpuPercent(
        usage(0, OptionalLong.of(before)), usage(millis, OptionalLong.of(now)));
  }

  @Test
  void theShareOfACpuIsThatBetweenTwoSamples() {
    assertEquals(OptionalDouble.of(50), percent(500, 1_000_000, 251_000_000));
    assertEquals(OptionalDouble.of(0), percent(500, 7, 7));
    assertEquals(OptionalDouble.of(200), percent(1000, 0, 2_000_000_000L), "two whole CPUs");
  }

  @Test
  void noShareIsToldWhereThereIsNone() {
    assertEquals(OptionalDouble.empty(), percent(0, 0, 1), "no time went by");
    assertEquals(OptionalDouble.empty(), percent(500, 9, 8), "another anchor");
    assertEquals(
        OptionalDouble.empty(),
        UsageMessages.cpuPercent(usage(0, OptionalLong.empty()), usage(500, OptionalLong.of(1))));
  }

  @Test
  void theTaxObservedStandsBesideTheOneChargedWithAdviceIfTheyAreFarApart() {
    Task task =
        Task.newBuilder().setName("vm").setMemory(Memory.newBuilder().setTaxBytes(8 << 20)).build();
    Task unknown = new UsageMessages(name -> OptionalLong.empty()).withTax(task);
    assertFalse(unknown.getMemory().hasTaxObservedBytes());
    assertEquals(task, unknown);
    Task fine = new UsageMessages(name -> OptionalLong.of(9 << 20)).withTax(task);
    assertEquals(9 << 20, fine.getMemory().getTaxObservedBytes());
    assertEquals("", fine.getMemory().getTaxAdvice());
    Task far = new UsageMessages(name -> OptionalLong.of(64 << 20)).withTax(task);
    assertTrue(far.getMemory().getTaxAdvice().contains("set resources.tax.memory: 80MiB"));
  }

  @Test
  void anIntervalHasBounds() {
    assertEquals(Duration.ofSeconds(2), StatsStreams.interval(0));
    assertEquals(Duration.ofMillis(500), StatsStreams.interval(500));
    for (int millis : new int[] {1, 499, 3_600_001, -1}) {
      TaskException refusal =
          assertThrows(TaskException.class, () -> StatsStreams.interval(millis));
      assertEquals("BAD_INTERVAL", refusal.first().code());
    }
  }
}
