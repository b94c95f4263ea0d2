package org.lfedge.eve.tasks.core.registry;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * The pauses between tries. They grow twofold and differ by chance, so that nodes that lost the
 * same registry at once do not come back at once.
 */
final class Pauses {

  private final Timing timing;
  private final CountDownLatch closed;

  /**
   * Pauses.
   *
   * @param closed ends them all
   */
  Pauses(Timing timing, CountDownLatch closed) {
    this.timing = timing;
    this.closed = closed;
  }

  /** Something that may fail for a while. */
  interface Attempt<T> {
    T run() throws TransientFailure;
  }

  /** Tries until it works, or throws what the last try failed with. */
  <T> T retry(int tries, Asked at, Attempt<T> attempt) {
    int failures = 0;
    while (true) {
      try {
        return attempt.run();
      } catch (TransientFailure e) {
        failures++;
        if (failures >= tries) {
          throw e.failure();
        }
        pause(failures, e.after(), at);
      }
    }
  }

  /**
   * Waits before the next try.
   *
   * @param failures so far, at least one
   * @param after what the registry asked for
   * @throws TaskException if this thread is interrupted or the program ends
   */
  void pause(int failures, Optional<Duration> after, Asked at) {
    long nanos = after.map(Duration::toNanos).orElse(0L) + chosen(failures);
    try {
      if (closed.await(nanos, TimeUnit.NANOSECONDS)) {
        throw RegistryProblems.unreachable(at, "the daemon ends", "try again when it runs");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RegistryProblems.unreachable(at, "the transfer was broken off", "try again");
    }
  }

  /** Between half of the pause and all of it. */
  private long chosen(int failures) {
    long longest = timing.longestPause().toNanos();
    long pause = timing.firstPause().toNanos() << Math.min(failures - 1, 20);
    pause = pause <= 0 || pause > longest ? longest : pause;
    return pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
  }
}
