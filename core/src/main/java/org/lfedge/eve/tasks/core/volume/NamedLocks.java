package org.lfedge.eve.tasks.core.volume;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Lets one thread at a time work on what a name stands for. Names share a fixed set of locks, so a
 * thread that has one must not ask for that of another name.
 */
final class NamedLocks {

  private static final int LOCKS = 64;

  private final List<ReentrantLock> locks =
      Stream.generate(ReentrantLock::new).limit(LOCKS).toList();

  <T> T within(String name, Supplier<T> work) {
    ReentrantLock lock = locks.get(Math.floorMod(name.hashCode(), LOCKS));
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  void within(String name, Runnable work) {
    within(
        name,
        () -> {
          work.run();
          return name;
        });
  }
}
