package org.lfedge.eve.tasks.core.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.admission.CpuPartition.Change;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

class CpuPartitionTest {

  private static final CpuPartition FOUR = CpuPartition.of(CpuSet.parse("0-3"));

  private static CpuSet set(String list) {
    return CpuSet.parse(list);
  }

  private static SortedMap<String, CpuSet> now(String... tasksAndSets) {
    SortedMap<String, CpuSet> now = new TreeMap<>();
    for (int i = 0; i < tasksAndSets.length; i += 2) {
      now.put(tasksAndSets[i], set(tasksAndSets[i + 1]));
    }
    return now;
  }

  private static List<String> steps(
      CpuPartition before, CpuPartition next, SortedMap<String, CpuSet> now) {
    return next.changes(before, now).stream().map(step -> step.task() + " " + step.cpus()).toList();
  }

  private static List<Problem> refusal(CpuPartition partition, String task, String cpus) {
    return assertThrows(TaskException.class, () -> partition.with(task, set(cpus))).problems();
  }

  @Test
  void aTaskHasWhatItPinsAndTheOthersShareTheRest() {
    CpuPartition two = FOUR.with("db", set("0,2")).with("web", set("3"));
    assertEquals(set("0,2"), two.of("db"));
    assertEquals(set("3"), two.of("web"));
    assertEquals(set("1"), two.of("other"));
    assertEquals(set("1"), two.shared());
    assertEquals(set("0-2"), two.without("db").shared().and(set("0-2")));
    assertEquals(FOUR, two.without("db").without("web"));
    assertEquals(FOUR, FOUR.with("free", CpuSet.of(List.of())));
  }

  @Test
  void aCpuThatTheNodeHasNotIsRefused() {
    Problem problem = refusal(FOUR, "web", "3-5").get(0);
    assertEquals("CPU_NOT_ON_NODE", problem.code());
    assertEquals("resources.pin", problem.path());
    assertEquals("3-5", problem.value());
    assertTrue(problem.message().contains("no CPU 4-5 online; it has 0-3"), problem.message());
  }

  @Test
  void aCpuThatAnotherTaskPinsIsRefusedAndThatTaskIsNamed() {
    CpuPartition taken = FOUR.with("db", set("0")).with("web", set("1"));
    List<Problem> problems = refusal(taken, "new", "0-1");
    assertEquals(List.of("CPU_TAKEN", "CPU_TAKEN"), problems.stream().map(Problem::code).toList());
    assertTrue(problems.get(0).message().contains("CPU 0 is pinned by task db"));
    assertTrue(problems.get(1).message().contains("CPU 1 is pinned by task web"));
  }

  @Test
  void oneCpuAtLeastStaysForTasksThatPinNone() {
    CpuPartition three = FOUR.with("db", set("0-2"));
    Problem problem = refusal(three, "web", "3").get(0);
    assertEquals("CPUS_EXHAUSTED", problem.code());
    assertTrue(problem.message().contains("of the node's CPUs 0-3 none"), problem.message());
    assertEquals("CPUS_EXHAUSTED", refusal(FOUR, "web", "0-3").get(0).code());
    assertEquals("CPUS_EXHAUSTED", refusal(CpuPartition.of(set("0")), "web", "0").get(0).code());
  }

  @Test
  void everyReasonIsNamedAtOnce() {
    CpuPartition taken = FOUR.with("db", set("0"));
    assertEquals(
        List.of("CPU_NOT_ON_NODE", "CPU_TAKEN", "CPUS_EXHAUSTED"),
        refusal(taken, "web", "0-7").stream().map(Problem::code).toList());
  }

  @Test
  void aTaskMayPinAgainWhatItPins() {
    CpuPartition pinned = FOUR.with("db", set("0-2"));
    assertEquals(set("1-3"), pinned.with("db", set("1-3")).of("db"));
    assertEquals(FOUR, pinned.with("db", CpuSet.of(List.of())));
  }

  @Test
  void whatWasPromisedHoldsOnANodeThatLostCpus() {
    CpuPartition less =
        CpuPartition.of(set("0-1")).restored("a", set("0")).restored("b", set("1-2"));
    assertEquals(set("1-2"), less.of("b"));
    assertEquals(set("0-1"), less.shared());
  }

  @Test
  void aSpecNamesNoSetThatIsTheWholeNode() {
    assertEquals(Optional.empty(), FOUR.inSpec(FOUR.shared()));
    assertEquals(Optional.of("1-3"), FOUR.inSpec(set("1-3")));
    assertEquals(set("0-3"), FOUR.fromSpec(Optional.empty()));
    assertEquals(set("2"), FOUR.fromSpec(Optional.of("2")));
  }

  @Test
  void othersShrinkBeforeATaskGetsItsPin() {
    CpuPartition next = FOUR.with("db", set("0-1"));
    assertEquals(
        List.of("a 2-3", "web 2-3", "db 0-1"),
        steps(FOUR, next, now("a", "0-3", "db", "0-3", "web", "0-3")));
    assertEquals(List.of("a 2-3"), steps(FOUR, next, now("a", "0-3")), "before db is made");
  }

  @Test
  void aTaskLeavesItsPinBeforeOthersWiden() {
    CpuPartition before = FOUR.with("db", set("0-1"));
    assertEquals(List.of("a 0-3"), steps(before, FOUR, now("a", "2-3")), "after db is gone");
    assertEquals(List.of("db 0-3", "a 0-3"), steps(before, FOUR, now("a", "2-3", "db", "0-1")));
  }

  @Test
  void aChangedPinIsLeftBeforeItIsGivenAway() {
    CpuPartition before = FOUR.with("db", set("0-1"));
    assertEquals(
        List.of("a 3", "db 1", "a 0,3", "db 1-2"),
        steps(before, before.with("db", set("1-2")), now("a", "2-3", "db", "0-1")));
  }

  @Test
  void tasksThatTradePlacesStillNeverHaveAnEmptySet() {
    CpuPartition before = CpuPartition.of(set("0-1")).with("db", set("0"));
    assertEquals(
        List.of("a 0", "db 1"),
        steps(before, before.with("db", set("1")), now("a", "1", "db", "0")));
  }

  @Test
  void whatIsAsItShouldBeIsLeftAlone() {
    CpuPartition partition = FOUR.with("db", set("0"));
    assertEquals(List.of(), steps(partition, partition, now("a", "1-3", "db", "0")));
  }

  /** What a task pins from now on; empty if it goes. */
  record Wish(String task, Optional<CpuSet> cpus) {}

  @Provide
  Arbitrary<List<Wish>> wishes() {
    Arbitrary<Optional<CpuSet>> sets =
        Arbitraries.integers().between(0, 5).set().ofMaxSize(3).map(CpuSet::of).optional(0.8);
    return Combinators.combine(Arbitraries.of("a", "b", "c", "d", "e"), sets)
        .as(Wish::new)
        .list()
        .ofMaxSize(40);
  }

  @Property
  void noSetIsEverEmptyAndNoPinnedCpuIsEverShared(
      @ForAll("wishes") List<Wish> wishes, @ForAll boolean runs) {
    CpuPartition partition = CpuPartition.of(set("0-5"));
    SortedMap<String, CpuSet> live = new TreeMap<>();
    for (Wish wish : wishes) {
      CpuPartition before = partition;
      if (wish.cpus().isEmpty()) {
        live.remove(wish.task());
        partition = partition.without(wish.task());
      } else {
        try {
          partition = partition.with(wish.task(), wish.cpus().get());
        } catch (TaskException e) {
          continue;
        }
      }
      walk(before, partition, live);
      if (wish.cpus().isPresent() && (runs || live.containsKey(wish.task()))) {
        live.put(wish.task(), partition.of(wish.task()));
      }
      assertAlone(partition, partition, live, "a task was made");
      for (Map.Entry<String, CpuSet> entry : live.entrySet()) {
        assertEquals(partition.of(entry.getKey()), entry.getValue());
      }
      assertEquals(List.of(), partition.changes(partition, live), "nothing is left to do");
    }
  }

  private static void walk(
      CpuPartition before, CpuPartition after, SortedMap<String, CpuSet> live) {
    boolean trade =
        live.entrySet().stream()
            .anyMatch(entry -> entry.getValue().and(after.of(entry.getKey())).isEmpty());
    for (Change change : after.changes(before, live)) {
      assertFalse(change.cpus().isEmpty());
      live.put(change.task(), change.cpus());
      if (!trade) {
        assertAlone(before, after, live, change.toString());
      }
    }
  }

  /** Whoever is on what it pinned before, or pins from now on, is there alone. */
  private static void assertAlone(
      CpuPartition before, CpuPartition after, SortedMap<String, CpuSet> live, String when) {
    live.forEach(
        (task, cpus) -> {
          boolean held = cpus.equals(before.pinned().get(task));
          boolean holds = cpus.equals(after.pinned().get(task));
          if (held || holds) {
            live.forEach(
                (other, theirs) ->
                    assertTrue(
                        other.equals(task) || theirs.and(cpus).isEmpty(), when + ": " + live));
          }
        });
  }
}
