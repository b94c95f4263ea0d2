package org.lfedge.eve.tasks.core.fleet;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread that tells of changes, and does something now and then. */
final class ReportThread implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ReportThread.class);

  private final Duration gather;
  private final Runnable tell;
  private final ScheduledThreadPoolExecutor thread;
  private final AtomicBoolean due = new AtomicBoolean();

  /**
   * A thread that waits for a change.
   *
   * @param name of the thread
   * @param gather changes that follow one another so soon are told as one
   * @param tell tells how all is
   */
  ReportThread(String name, Duration gather, Runnable tell) {
    this.gather = gather;
    this.tell = tell;
    thread =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread made = new Thread(work, name);
              made.setDaemon(true);
              return made;
            });
  }

  /** Has it told how all is, soon. */
  void changed() {
    if (due.compareAndSet(false, true)) {
      later(
          () -> {
            due.set(false);
            tell.run();
          },
          gather);
    }
  }

  /**
   * Has something done again and again.
   *
   * @param interval asked for after each time, how long to wait
   */
  void every(Supplier<Duration> interval, Runnable work) {
    later(
        () -> {
          try {
            work.run();
          } finally {
            every(interval, work);
          }
        },
        interval.get());
  }

  /** Has something done once. */
  void later(Runnable work, Duration wait) {
    try {
      var unused = thread.schedule(() -> guarded(work), wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The daemon ends.
    }
  }

  private static void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      log.warn("it cannot be told how apps are: {}", e.toString());
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
