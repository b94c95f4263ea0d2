package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/** Runs what it is given one after the other, on threads that it shares with other queues. */
final class SerialQueue implements Executor {

  private final Executor threads;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private boolean busy;

  SerialQueue(Executor threads) {
    this.threads = threads;
  }

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

  /** Gives its thread back after each item, so that no queue starves the others. */
  private void drain() {
    Runnable next;
    synchronized (waiting) {
      next = waiting.remove();
    }
    try {
      next.run();
    } finally {
      synchronized (waiting) {
        busy = !waiting.isEmpty();
        if (busy) {
          threads.execute(this::drain);
        }
      }
    }
  }
}
