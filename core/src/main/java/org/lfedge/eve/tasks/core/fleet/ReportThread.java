package org.lfedge.eve.tasks.core.fleet;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** One thread that tells of changes, until that succeeds, and does something now and then. */
final class ReportThread implements AutoCloseable {

  private final Duration gather;
  private final Duration retry;
  private final Consumer<Attempts> tell;
  private final Attempts telling = new Attempts();
  private final ScheduledThreadPoolExecutor thread;
  private final AtomicBoolean due = new AtomicBoolean();

  /** Of the thread alone. */
  private boolean retrying;

  /**
   * A thread that waits for a change.
   *
   * @param name of the thread
   * @param gather changes that follow one another so soon are told as one
   * @param retry how long after a failure it tells again
   * @param tell tells how all is, as far as that was not told yet
   */
  ReportThread(String name, Duration gather, Duration retry, Consumer<Attempts> tell) {
    this.gather = gather;
    this.retry = retry;
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
      later(this::tellAll, gather);
    }
  }

  private void tellAll() {
    due.set(false);
    if (!telling.all(tell) && !retrying) {
      retrying = true;
      later(
          () -> {
            retrying = false;
            changed();
          },
          retry);
    }
  }

  /**
   * Has something done again and again.
   *
   * @param interval asked for after each time, how long to wait
   */
  void every(Supplier<Duration> interval, Consumer<Attempts> work) {
    every(interval, work, new Attempts());
  }

  private void every(Supplier<Duration> interval, Consumer<Attempts> work, Attempts attempts) {
    later(
        () -> {
          try {
            attempts.all(work);
          } finally {
            every(interval, work, attempts);
          }
        },
        interval.get());
  }

  private void later(Runnable work, Duration wait) {
    try {
      var unused = thread.schedule(work, wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The daemon ends.
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
