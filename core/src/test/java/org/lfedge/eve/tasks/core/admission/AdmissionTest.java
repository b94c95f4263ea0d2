package org.lfedge.eve.tasks.core.admission;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.admission.Admission.Node;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Pool;

class AdmissionTest {

  private static final long MIB = 1 << 20;
  private static final Node NODE = new Node(1024 * MIB, 256 * MIB, 2000, 0);

  private static TaskCharge charge(String name, long askedMiB, long taxMiB) {
    return new TaskCharge(name, askedMiB * MIB, 1000, taxMiB * MIB, 0, 0);
  }

  private static Problem refusal(TaskCharge charge, Node node, List<TaskCharge> others) {
    return assertThrows(TaskException.class, () -> Admission.check(charge, node, others)).first();
  }

  @Test
  void aTaskMayTakeAllThatIsLeftOfTheNodeAndNoMore() {
    assertDoesNotThrow(() -> Admission.check(charge("web", 700, 68), NODE, List.of()));
    Problem problem = refusal(charge("web", 700, 69), NODE, List.of());
    assertEquals("MEMORY_BEYOND_NODE", problem.code());
    assertEquals("resources.memory", problem.path());
    assertTrue(
        problem
            .message()
            .contains("769 MiB (700 MiB asked, 69 MiB tax), and this node has 768 MiB"),
        problem.message());
  }

  @Test
  void aTaskThatOthersLeaveNoRoomForIsToldWhatIsFreeAndWhoHoldsTheRest() {
    List<TaskCharge> others = List.of(charge("db", 400, 0), charge("cache", 200, 0));
    assertDoesNotThrow(() -> Admission.check(charge("web", 168, 0), NODE, others));
    Problem problem = refusal(charge("web", 169, 0), NODE, others);
    assertEquals("MEMORY_NOT_FREE", problem.code());
    assertTrue(problem.message().contains("168 MiB are free"), problem.message());
    assertTrue(
        problem.message().contains("; held by db 400 MiB, cache 200 MiB; ask"), problem.message());
  }

  @Test
  void ofManyHoldersTheLargestAreNamedAndTheOthersCounted() {
    List<TaskCharge> others = new ArrayList<>();
    for (int i = 1; i <= 8; i++) {
      others.add(charge("task" + i, 10L * i, 0));
    }
    others.add(charge("b", 80, 0));
    Problem problem = refusal(charge("web", 400, 0), NODE, others);
    assertTrue(
        problem
            .message()
            .contains(
                "328 MiB are free; held by b 80 MiB, task8 80 MiB, task7 70 MiB, task6 60 MiB,"
                    + " task5 50 MiB and 4 other tasks 100 MiB; ask"),
        problem.message());
    problem = refusal(charge("web", 600, 0), NODE, others.subList(0, 6));
    assertTrue(
        problem.message().contains("task2 20 MiB and 1 other task 10 MiB;"), problem.message());
  }

  /** A task as it comes, changes and goes; the same name stands for the same task. */
  record Demand(int task, long askedMiB, boolean leaves) {}

  @Provide
  Arbitrary<List<Demand>> demands() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 6),
            Arbitraries.longs().between(1, 500),
            Arbitraries.of(false, false, false, true))
        .as(Demand::new)
        .list()
        .ofMaxSize(60);
  }

  @Property
  void whateverComesChangesAndGoesTheSumStaysWithinTheNode(
      @ForAll("demands") List<Demand> demands) {
    SortedMap<String, TaskCharge> admitted = new TreeMap<>();
    for (Demand demand : demands) {
      String name = "task" + demand.task();
      if (demand.leaves()) {
        admitted.remove(name);
        continue;
      }
      TaskCharge wanted = charge(name, demand.askedMiB(), 1);
      List<TaskCharge> others =
          admitted.values().stream().filter(other -> !other.task().equals(name)).toList();
      long sum = others.stream().mapToLong(TaskCharge::limitBytes).sum() + wanted.limitBytes();
      boolean fits = sum <= NODE.forTasks() && wanted.limitBytes() >= Admission.MIN_LIMIT_BYTES;
      try {
        Admission.check(wanted, NODE, others);
        assertTrue(fits, wanted + " beside " + others);
        admitted.put(name, wanted);
      } catch (TaskException e) {
        assertTrue(!fits, e.getMessage());
      }
    }
    assertTrue(
        admitted.values().stream().mapToLong(TaskCharge::limitBytes).sum() <= NODE.forTasks());
  }

  @Test
  void memoryThatNoTaskCouldStartWithIsRefused() {
    assertEquals("MEMORY_BELOW_MINIMUM", refusal(charge("web", 5, 0), NODE, List.of()).code());
    assertDoesNotThrow(() -> Admission.check(charge("web", 6, 0), NODE, List.of()));
    assertDoesNotThrow(() -> Admission.check(charge("web", 1, 5), NODE, List.of()));
  }

  @Test
  void cpusBeyondTheNodeAreRefusedButTheTaxOnTopIsNot() {
    TaskCharge all = new TaskCharge("web", 64 * MIB, 2000, 0, 500, 0);
    assertDoesNotThrow(() -> Admission.check(all, NODE, List.of(all)));
    Problem problem = refusal(new TaskCharge("web", 64 * MIB, 2001, 0, 0, 0), NODE, List.of());
    assertEquals("CPUS_BEYOND_NODE", problem.code());
    assertEquals("2.001", problem.value());
    assertTrue(problem.message().contains("has 2 CPUs"), problem.message());
  }

  @Test
  void hypervisorMemoryNeedsAHypervisorWithRoom() {
    TaskCharge guest = new TaskCharge("vm", 64 * MIB, 1000, 0, 0, 512 * MIB);
    Problem none = refusal(guest, NODE, List.of());
    assertEquals("HYPERVISOR_MEMORY_NOT_FREE", none.code());
    assertTrue(none.message().contains("runs under none"), none.message());
    Node hosted = new Node(1024 * MIB, 256 * MIB, 2000, 1000 * MIB);
    assertDoesNotThrow(() -> Admission.check(guest, hosted, List.of()));
    Problem taken = refusal(guest, hosted, List.of(guest));
    assertTrue(taken.message().contains("488 MiB free"), taken.message());
  }

  @Test
  void everyReasonIsNamedAtOnce() {
    TaskCharge much = new TaskCharge("x", 9999 * MIB, 9000, 0, 0, 1);
    TaskException refusal =
        assertThrows(TaskException.class, () -> Admission.check(much, NODE, List.of()));
    assertEquals(
        List.of("MEMORY_BEYOND_NODE", "CPUS_BEYOND_NODE", "HYPERVISOR_MEMORY_NOT_FREE"),
        refusal.problems().stream().map(Problem::code).toList());
  }

  @Test
  void theOperatorsTaxStandsInForTheSeedsInTheCgroupAlone() {
    AnchorTax tax =
        new AnchorTax(
            List.of(
                new AnchorTax.Part("init", Pool.CGROUP, 3 * MIB, "measured"),
                new AnchorTax.Part("heap", Pool.CGROUP, 5 * MIB, "measured"),
                new AnchorTax.Part("shadow", Pool.HYPERVISOR, 7 * MIB, "measured")),
            50);
    TaskCharge stated = TaskCharge.of("web", 64 * MIB, 1000, tax, OptionalLong.empty());
    assertEquals(72 * MIB, stated.limitBytes());
    assertEquals(1050, stated.milliCpus());
    TaskCharge overridden = TaskCharge.of("web", 64 * MIB, 1000, tax, OptionalLong.of(MIB));
    assertEquals(65 * MIB, overridden.limitBytes());
    assertEquals(7 * MIB, overridden.hypervisorBytes());
  }

  @Provide
  Arbitrary<TaskCharge> charges() {
    Arbitrary<Long> bytes =
        Arbitraries.oneOf(
            Arbitraries.longs().between(1, 2048 * MIB),
            Arbitraries.longs().between(Long.MAX_VALUE - 9, Long.MAX_VALUE));
    return Combinators.combine(
            bytes, Arbitraries.integers().between(1, Integer.MAX_VALUE), bytes, bytes)
        .as((asked, cpus, tax, guest) -> new TaskCharge("t", asked, cpus, tax, cpus, guest));
  }

  @Provide
  Arbitrary<Node> nodes() {
    Arbitrary<Long> bytes = Arbitraries.longs().between(0, 8192 * MIB);
    return Combinators.combine(bytes, bytes, Arbitraries.integers().between(1000, 64000), bytes)
        .as(Node::new);
  }

  /** Sums are exact here and may not overflow there. */
  @Property
  void whateverIsAdmittedInTurnNeverExceedsTheNode(
      @ForAll("charges") TaskCharge first,
      @ForAll("charges") TaskCharge second,
      @ForAll("charges") TaskCharge third,
      @ForAll("nodes") Node node) {
    List<TaskCharge> admitted = new ArrayList<>();
    for (TaskCharge charge : List.of(first, second, third)) {
      try {
        Admission.check(charge, node, admitted);
        admitted.add(charge);
      } catch (TaskException e) {
        assertTrue(e.first().code().matches("(MEMORY|CPUS|HYPERVISOR)_.*"));
      }
    }
    BigInteger memory = BigInteger.ZERO;
    BigInteger guests = BigInteger.ZERO;
    for (TaskCharge charge : admitted) {
      memory =
          memory
              .add(BigInteger.valueOf(charge.askedBytes()))
              .add(BigInteger.valueOf(charge.taxBytes()));
      guests = guests.add(BigInteger.valueOf(charge.hypervisorBytes()));
      assertTrue(charge.askedMilliCpus() <= node.milliCpus());
    }
    BigInteger left =
        BigInteger.valueOf(node.memoryBytes())
            .subtract(BigInteger.valueOf(node.reserveBytes()))
            .max(BigInteger.ZERO);
    assertTrue(memory.compareTo(left) <= 0);
    assertTrue(guests.compareTo(BigInteger.valueOf(node.hypervisorBytes())) <= 0);
  }
}
