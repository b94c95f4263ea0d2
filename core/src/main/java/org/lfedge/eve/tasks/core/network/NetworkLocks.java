package org.lfedge.eve.tasks.core.network;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Keeps tasks on one network out of each other's way. Many may join it at once; one that gives its
 * address back and asks for it again, or leaves it, has it alone: another could take the address,
 * or join the bridge that is being removed.
 */
final class NetworkLocks {

  private final ConcurrentMap<String, ReentrantReadWriteLock> locks = new ConcurrentHashMap<>();

  /** Takes all of them, in an order that all follow, so that nobody waits in a circle. */
  <T> T holding(Collection<String> networks, boolean alone, Supplier<T> action) {
    Deque<Lock> held = new ArrayDeque<>();
    try {
      for (String network : new TreeSet<>(networks)) {
        ReentrantReadWriteLock lock =
            locks.computeIfAbsent(network, name -> new ReentrantReadWriteLock());
        Lock half = alone ? lock.writeLock() : lock.readLock();
        half.lock();
        held.push(half);
      }
      return action.get();
    } finally {
      held.forEach(Lock::unlock);
    }
  }
}
