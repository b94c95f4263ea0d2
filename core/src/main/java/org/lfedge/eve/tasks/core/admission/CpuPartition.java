package org.lfedge.eve.tasks.core.admission;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * Who may use which CPUs of the node: a task that pins some has them alone, all others share the
 * rest. A task keeps its pins while it is stopped, as it keeps its memory: it can be started again.
 *
 * <p>A value: {@link #with} and {@link #without} give another one, and {@link #changes} says how
 * the running tasks come from what they have to what that one says.
 *
 * @param online the CPUs of the node, at least one
 * @param pinned what is pinned, by task
 */
public record CpuPartition(CpuSet online, SortedMap<String, CpuSet> pinned) {

  /** Keeps a copy, without tasks that pin nothing. */
  public CpuPartition {
    if (online.isEmpty()) {
      throw new IllegalArgumentException("a node has a CPU");
    }
    SortedMap<String, CpuSet> some = new TreeMap<>(pinned);
    some.values().removeIf(CpuSet::isEmpty);
    pinned = SortedCopies.mapOf(some);
  }

  /** A node on which nothing is pinned. */
  public static CpuPartition of(CpuSet online) {
    return new CpuPartition(online, new TreeMap<>());
  }

  /**
   * One step on the way from one partition to another.
   *
   * @param task that gets the set
   * @param cpus never empty
   */
  public record Change(String task, CpuSet cpus) {}

  /**
   * Adds a task, or changes what it pins.
   *
   * @param cpus empty to share
   * @throws TaskException with all of {@code CPU_NOT_ON_NODE}, {@code CPU_TAKEN} and {@code
   *     CPUS_EXHAUSTED} that apply
   */
  public CpuPartition with(String task, CpuSet cpus) {
    CpuPartition others = without(task);
    List<Problem> problems = new ArrayList<>();
    CpuSet absent = cpus.without(online);
    if (!absent.isEmpty()) {
      problems.add(
          pin(
              "CPU_NOT_ON_NODE",
              cpus,
              "the node has no CPU " + absent + " online; it has " + online + "; pin others"));
    }
    others.pinned.forEach(
        (holder, theirs) -> {
          CpuSet taken = theirs.and(cpus);
          if (!taken.isEmpty()) {
            problems.add(
                pin(
                    "CPU_TAKEN",
                    cpus,
                    "CPU "
                        + taken
                        + " is pinned by task "
                        + holder
                        + "; pin others, or change or delete that task"));
          }
        });
    CpuSet left = others.unpinned().without(cpus);
    if (left.isEmpty() && !cpus.isEmpty()) {
      problems.add(
          pin(
              "CPUS_EXHAUSTED",
              cpus,
              "of the node's CPUs "
                  + online
                  + " none would be left for tasks that pin none; pin fewer"));
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
    return others.restored(task, cpus);
  }

  /** As {@link #with}, whatever the node has now: for what was promised before. */
  public CpuPartition restored(String task, CpuSet cpus) {
    SortedMap<String, CpuSet> all = new TreeMap<>(pinned);
    all.put(task, cpus);
    return new CpuPartition(online, all);
  }

  /** Without what a task pins. */
  public CpuPartition without(String task) {
    SortedMap<String, CpuSet> rest = new TreeMap<>(pinned);
    rest.remove(task);
    return new CpuPartition(online, rest);
  }

  private CpuSet unpinned() {
    CpuSet rest = online;
    for (CpuSet cpus : pinned.values()) {
      rest = rest.without(cpus);
    }
    return rest;
  }

  /**
   * What tasks that pin nothing may use. Should a node have lost CPUs since it promised them, and
   * nothing be left, that is all of them: such tasks must run somewhere.
   */
  public CpuSet shared() {
    CpuSet rest = unpinned();
    return rest.isEmpty() ? online : rest;
  }

  /** What a task may use. */
  public CpuSet of(String task) {
    CpuSet own = pinned.get(task);
    return own == null ? shared() : own;
  }

  /** A set as a spec names it: not at all if it is the whole node. */
  public Optional<String> inSpec(CpuSet cpus) {
    return cpus.equals(online) ? Optional.empty() : Optional.of(cpus.toString());
  }

  /** The set of a spec: the whole node if it names none. */
  public CpuSet fromSpec(Optional<String> cpus) {
    return cpus.map(CpuSet::parse).orElse(online);
  }

  /**
   * The steps that bring tasks to this partition. In their order no set is ever empty, and a CPU
   * that is pinned by a task is used by no other before, during and after: all sets first shrink to
   * what they keep, those of the tasks that share before those of the tasks that pin; then a task
   * that keeps nothing moves; then sets are widened, first those of tasks that pin no more. Only
   * where two tasks trade places, with nothing between to keep, do both use the same CPU for one
   * step.
   *
   * @param before the partition until now; this one again to repeat what was cut short
   * @param now what each task that is created or runs may use at present
   */
  public List<Change> changes(CpuPartition before, SortedMap<String, CpuSet> now) {
    Map<String, CpuSet> sets = ordered(now, task -> !pinned.containsKey(task));
    List<Change> changes = new ArrayList<>();
    for (Map.Entry<String, CpuSet> entry : sets.entrySet()) {
      CpuSet kept = entry.getValue().and(of(entry.getKey()));
      if (!kept.isEmpty()) {
        step(entry, kept, changes);
      }
    }
    List<Map.Entry<String, CpuSet>> moves = new ArrayList<>(sets.entrySet());
    moves.removeIf(entry -> !entry.getValue().and(of(entry.getKey())).isEmpty());
    while (!moves.isEmpty()) {
      Map.Entry<String, CpuSet> next =
          moves.stream()
              .filter(move -> isFree(move.getKey(), moves))
              .findFirst()
              .orElse(moves.get(0));
      moves.remove(next);
      step(next, of(next.getKey()), changes);
    }
    sets = ordered(sets, task -> before.pinned.containsKey(task) && !pinned.containsKey(task));
    for (Map.Entry<String, CpuSet> entry : sets.entrySet()) {
      step(entry, of(entry.getKey()), changes);
    }
    return List.copyOf(changes);
  }

  /** Whether no other task that is still to move is where this one goes. */
  private boolean isFree(String task, List<Map.Entry<String, CpuSet>> moves) {
    return moves.stream()
        .filter(move -> !move.getKey().equals(task))
        .allMatch(move -> move.getValue().and(of(task)).isEmpty());
  }

  private static Map<String, CpuSet> ordered(Map<String, CpuSet> sets, Predicate<String> first) {
    Map<String, CpuSet> ordered = new LinkedHashMap<>();
    for (boolean turn : new boolean[] {true, false}) {
      sets.forEach(
          (task, cpus) -> {
            if (first.test(task) == turn) {
              ordered.put(task, cpus);
            }
          });
    }
    return ordered;
  }

  private static void step(Map.Entry<String, CpuSet> task, CpuSet cpus, List<Change> changes) {
    if (!task.getValue().equals(cpus)) {
      task.setValue(cpus);
      changes.add(new Change(task.getKey(), cpus));
    }
  }

  private static Problem pin(String code, CpuSet cpus, String message) {
    return Problem.inDocument(code, "resources.pin", cpus, message);
  }
}
