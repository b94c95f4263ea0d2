package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Runs what it is given one after the other, on threads that it shares with other queues. */
final class SerialQueue implements Executor {

  private final String task;
  private final Executor threads;
  private final ScheduledExecutorService timers;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private boolean busy;

  /** A queue whose log messages bear the name of a task. */
  SerialQueue(String task, Executor threads, ScheduledExecutorService timers) {
    this.task = task;
    this.threads = threads;
    this.timers = timers;
  }

  /** Runs something in its turn; it must not throw. */
  @Override
  public void execute(Runnable work) {
    synchronized (waiting) {
      waiting.add(work);
      if (busy) {
        return;
      }
      busy = true;
    }
    threads.execute(this::drain);
  }

  /** Runs something in its turn, after a delay. */
  ScheduledFuture<?> executeAfter(Duration delay, Runnable work) {
    return timers.schedule(() -> execute(work), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Starts something in its turn, which may end later; the next turn does not wait for it. */
  <T> CompletableFuture<T> submit(Supplier<CompletableFuture<T>> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    // Of the caller: what is logged in this turn is on its behalf.
    String trace = MDC.get("trace");
    execute(
        () -> {
          MDC.put("trace", trace);
          try {
            var unused = work.get().whenComplete((value, error) -> pass(result, value, error));
          } catch (Throwable e) {
            // Errors too: whoever waits must get an answer.
            result.completeExceptionally(e);
          } finally {
            MDC.remove("trace");
          }
        });
    return result;
  }

  private static <T> void pass(CompletableFuture<T> result, T value, @Nullable Throwable error) {
    if (error == null) {
      result.complete(value);
    } else {
      result.completeExceptionally(error);
    }
  }

  /** Gives its thread back after each item, so that no queue starves the others. */
  private void drain() {
    Runnable next;
    synchronized (waiting) {
      next = waiting.remove();
    }
    MDC.put("task", task);
    try {
      next.run();
    } finally {
      MDC.remove("task");
      synchronized (waiting) {
        busy = !waiting.isEmpty();
        if (busy) {
          threads.execute(this::drain);
        }
      }
    }
  }
}
