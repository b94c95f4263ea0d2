package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledFuture;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work of one task that nobody waits for, each piece in its turn. What fails is logged. */
final class Turns {

  private static final Logger log = LoggerFactory.getLogger(Turns.class);

  /** How long to wait before doing again what must succeed in the end. */
  private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

  private final String task;
  private final SerialQueue queue;
  private final InstantSource clock;

  Turns(String task, SerialQueue queue, InstantSource clock) {
    this.task = task;
    this.queue = queue;
    this.clock = clock;
  }

  void soon(Runnable work) {
    queue.execute(() -> guarded(work));
  }

  /** Later, unless it is cancelled before. */
  ScheduledFuture<?> after(Duration delay, Runnable work) {
    return queue.executeAfter(delay.isNegative() ? Duration.ZERO : delay, () -> guarded(work));
  }

  /** Once more, after a short while. */
  void again(Runnable work) {
    var unused = after(TRY_AGAIN, work);
  }

  Instant now() {
    return clock.instant();
  }

  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      log.error("task {}: {}", task, problem(e));
    }
  }

  /** Waits for work on another thread, and throws what it threw. */
  static <T> T joined(CompletableFuture<T> work) {
    try {
      return work.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException known ? known : e;
    }
  }

  /** What made a future fail. */
  static RuntimeException cause(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
  }

  /** The first thing that is wrong, in one line. */
  static Problem problem(RuntimeException e) {
    return e instanceof TaskException known
        ? known.first()
        : Problem.internal("UNEXPECTED", e.toString());
  }
}
