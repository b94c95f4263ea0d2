package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.lfedge.eve.tasks.core.runtime.FakeRuntime;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec;

/**
 * What lies outside of containers: each program of a task that has a cleanup leaves something
 * there, the cleanup clears it away, and nothing may be there when the next one starts.
 */
final class Outside implements FakeRuntime.StartedPrograms {

  private final Predicate<String> cleaned;
  private final SortedSet<String> left = new TreeSet<>();
  private final SortedMap<String, Deque<OptionalInt>> next = new TreeMap<>();
  private final SortedMap<String, Integer> cleanups = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();

  /**
   * Nothing yet.
   *
   * @param cleaned which tasks have a cleanup
   */
  Outside(Predicate<String> cleaned) {
    this.cleaned = cleaned;
  }

  /**
   * Has the next cleanups of a task end with these codes, one after the other, or run on if there
   * is none; later ones succeed.
   */
  synchronized void next(String task, OptionalInt... codes) {
    next.put(task, new ArrayDeque<>(List.of(codes)));
  }

  /** Whatever a task has left is gone, without a cleanup that ends at once. */
  synchronized void clear(String task) {
    left.remove(task);
  }

  /** Whether something of a task is there. */
  synchronized boolean has(String task) {
    return left.contains(task);
  }

  /** How often the cleanup of a task was started. */
  synchronized int cleanups(String task) {
    return cleanups.getOrDefault(task, 0);
  }

  /** What should not have happened. */
  synchronized List<String> faults() {
    return List.copyOf(faults);
  }

  @Override
  public synchronized OptionalInt start(String id, String specJson) {
    List<String> args = Objects.requireNonNull(RuntimeSpec.parse(specJson).process()).args();
    if (!args.equals(OneExecutor.CLEANUP)) {
      if (cleaned.test(id) && !left.add(id)) {
        faults.add(id + " was started before it was cleared away");
      }
      return OptionalInt.empty();
    }
    cleanups.merge(id, 1, Integer::sum);
    OptionalInt scripted = next.getOrDefault(id, new ArrayDeque<>()).poll();
    OptionalInt code = scripted == null ? OptionalInt.of(0) : scripted;
    if (code.equals(OptionalInt.of(0))) {
      left.remove(id);
    }
    return code;
  }
}
