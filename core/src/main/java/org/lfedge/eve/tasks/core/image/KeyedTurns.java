package org.lfedge.eve.tasks.core.image;

import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** One at a time for each key. */
final class KeyedTurns {

  private final SortedSet<String> busy = new TreeSet<>();

  /** Does something as soon as nobody else does anything with the same key. */
  <T> T take(String key, Supplier<T> work) {
    begin(key);
    try {
      return work.get();
    } finally {
      end(key);
    }
  }

  private synchronized void begin(String key) {
    boolean interrupted = false;
    while (!busy.add(key)) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void end(String key) {
    busy.remove(key);
    notifyAll();
  }

  /** Whose turn it is now. */
  synchronized SortedSet<String> keys() {
    return SortedCopies.setOf(busy);
  }
}
