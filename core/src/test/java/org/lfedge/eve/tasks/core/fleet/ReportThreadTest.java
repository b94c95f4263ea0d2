package org.lfedge.eve.tasks.core.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReportThreadTest {

  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

  private String next() throws InterruptedException {
    return String.valueOf(told.poll(30, TimeUnit.SECONDS));
  }

  private void fail(String what) {
    told.add(what + " fails");
    throw new IllegalStateException("it is full");
  }

  @Test
  void whatFailsIsTriedAgainByItselfUntilItSucceedsAndKeepsNothingElse()
      throws InterruptedException {
    AtomicInteger failures = new AtomicInteger(2);
    try (ReportThread thread =
        new ReportThread(
            "test",
            Duration.ZERO,
            Duration.ofMillis(1),
            attempts -> {
              boolean full = failures.getAndDecrement() > 0;
              attempts.attempt(
                  "a",
                  () -> {
                    if (full) {
                      fail("a");
                    }
                  });
              attempts.attempt("b", () -> told.add("b"));
              if (!full) {
                told.add("the end");
              }
            })) {
      thread.changed();
      for (String expected : List.of("a fails", "b", "a fails", "b", "b", "the end")) {
        assertEquals(expected, next());
      }
    }
  }

  @Test
  void whatIsDoneAgainAndAgainGoesOnAfterAFailure() throws InterruptedException {
    try (ReportThread thread =
        new ReportThread("test", Duration.ZERO, Duration.ofHours(1), attempts -> {})) {
      thread.every(() -> Duration.ofMillis(1), attempts -> fail("it"));
      assertEquals("it fails", next());
      assertEquals("it fails", next());
    }
  }
}
