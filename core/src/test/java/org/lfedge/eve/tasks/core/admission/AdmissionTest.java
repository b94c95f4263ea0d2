package org.lfedge.eve.tasks.core.admission;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.admission.Admission.HypervisorRoom;
import org.lfedge.eve.tasks.core.admission.Admission.Node;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;

class AdmissionTest {

  private static final long MIB = 1 << 20;
  private static final Node NODE = new Node(1024 * MIB, 256 * MIB, 2000);

  private static TaskCharge charge(String name, long askedMiB, long taxMiB) {
    return new TaskCharge(name, Pool.CGROUP, askedMiB * MIB, 1000, taxMiB * MIB, 0, 0);
  }

  private static Problem refusal(TaskCharge charge, Node node, List<TaskCharge> others) {
    return refusal(charge, node, others, Optional.empty());
  }

  private static Problem refusal(
      TaskCharge charge, Node node, List<TaskCharge> others, Optional<HypervisorRoom> room) {
    return assertThrows(TaskException.class, () -> Admission.check(charge, node, others, room))
        .first();
  }

  private static void check(TaskCharge charge, Node node, List<TaskCharge> others) {
    Admission.check(charge, node, others, Optional.empty());
  }

  @Test
  void aTaskMayTakeAllThatIsLeftOfTheNodeAndNoMore() {
    assertDoesNotThrow(() -> check(charge("web", 700, 68), NODE, List.of()));
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
    assertDoesNotThrow(() -> check(charge("web", 168, 0), NODE, others));
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
        check(wanted, NODE, others);
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
    assertDoesNotThrow(() -> check(charge("web", 6, 0), NODE, List.of()));
    assertDoesNotThrow(() -> check(charge("web", 1, 5), NODE, List.of()));
  }

  @Test
  void cpusBeyondTheNodeAreRefusedButTheTaxOnTopIsNot() {
    TaskCharge all = new TaskCharge("web", Pool.CGROUP, 64 * MIB, 2000, 0, 500, 0);
    assertDoesNotThrow(() -> check(all, NODE, List.of(all)));
    Problem problem =
        refusal(new TaskCharge("web", Pool.CGROUP, 64 * MIB, 2001, 0, 0, 0), NODE, List.of());
    assertEquals("CPUS_BEYOND_NODE", problem.code());
    assertEquals("2.001", problem.value());
    assertTrue(problem.message().contains("has 2 CPUs"), problem.message());
  }

  private static TaskCharge guest(String name, long askedMiB, long taxMiB) {
    return new TaskCharge(name, Pool.HYPERVISOR, askedMiB * MIB, 1000, taxMiB * MIB, 0, 2 * MIB);
  }

  @Test
  void hypervisorMemoryNeedsAHypervisorWithRoom() {
    TaskCharge vm = guest("vm", 510, 40);
    Problem none = refusal(vm, NODE, List.of());
    assertEquals("HYPERVISOR_MEMORY_NOT_FREE", none.code());
    assertTrue(none.message().contains("runs under none"), none.message());
    Optional<HypervisorRoom> exact = Optional.of(new HypervisorRoom(600 * MIB, 88 * MIB));
    assertDoesNotThrow(() -> Admission.check(vm, NODE, List.of(), exact));
    Problem taken =
        refusal(
            vm,
            NODE,
            List.of(guest("other", 86, 40), charge("web", 64, 0)),
            Optional.of(new HypervisorRoom(599 * MIB, 88 * MIB)));
    assertTrue(
        taken
            .message()
            .contains(
                "takes 512 MiB from a hypervisor (510 MiB asked, 2 MiB tax), which has 599 MiB free,"
                    + " 88 MiB of that promised to tasks that do not run now; held by other 88 MiB;"
                    + " ask"),
        taken.message());
  }

  @Test
  void aTaskInTheCgroupMayTakeAPartOfAHypervisorToo() {
    TaskCharge both = new TaskCharge("vm", Pool.CGROUP, 64 * MIB, 1000, 8 * MIB, 0, 16 * MIB);
    assertEquals(72 * MIB, both.limitBytes());
    assertEquals(16 * MIB, both.hypervisorBytes());
    Problem none = refusal(both, NODE, List.of());
    assertTrue(none.message().contains("takes 16 MiB from a hypervisor (16 MiB tax)"));
  }

  /** The node holds the anchor alone, so it is asked for no more. */
  @Test
  void ofAGuestTheNodeHoldsTheTaxAlone() {
    TaskCharge vm = guest("vm", 4096, 40);
    assertEquals(40 * MIB, vm.limitBytes());
    assertEquals(4098 * MIB, vm.hypervisorBytes());
    Optional<HypervisorRoom> large = Optional.of(new HypervisorRoom(8192 * MIB, 0));
    assertDoesNotThrow(() -> Admission.check(vm, NODE, List.of(charge("web", 728, 0)), large));
    Problem full = refusal(vm, NODE, List.of(charge("web", 729, 0)), large);
    assertEquals("MEMORY_NOT_FREE", full.code());
    assertEquals("resources.tax.memory", full.path());
    assertEquals("40 MiB", full.value());
    assertTrue(
        full.message()
            .contains("needs 40 MiB (tax alone; what it asks for is taken from a hypervisor)"),
        full.message());
    assertTrue(full.message().endsWith("; delete a task"), full.message());
    Problem beyond = refusal(guest("vm", 1, 769), NODE, List.of(), large);
    assertEquals("MEMORY_BEYOND_NODE", beyond.code());
    assertTrue(beyond.message().endsWith("set less, if its anchor takes less"), beyond.message());
    Problem small = refusal(guest("vm", 1, 5), NODE, List.of(), large);
    assertEquals("MEMORY_BELOW_MINIMUM", small.code());
    assertTrue(small.message().endsWith("set more"), small.message());
  }

  @Test
  void everyReasonIsNamedAtOnce() {
    TaskCharge much = new TaskCharge("x", Pool.CGROUP, 9999 * MIB, 9000, 0, 0, 1);
    TaskException refusal = assertThrows(TaskException.class, () -> check(much, NODE, List.of()));
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
    TaskCharge stated = charge(tax, Pool.CGROUP, OptionalLong.empty());
    assertEquals(72 * MIB, stated.limitBytes());
    assertEquals(1050, stated.milliCpus());
    TaskCharge overridden = charge(tax, Pool.CGROUP, OptionalLong.of(MIB));
    assertEquals(65 * MIB, overridden.limitBytes());
    assertEquals(7 * MIB, overridden.hypervisorBytes());
    TaskCharge guest = charge(tax, Pool.HYPERVISOR, OptionalLong.empty());
    assertEquals(8 * MIB, guest.limitBytes());
    assertEquals(71 * MIB, guest.hypervisorBytes());
    assertEquals(1050, guest.milliCpus());
    assertEquals(9 * MIB, charge(tax, Pool.HYPERVISOR, OptionalLong.of(9 * MIB)).limitBytes());
  }

  private static TaskCharge charge(AnchorTax tax, Pool memory, OptionalLong override) {
    Seed seed =
        Seed.builder(Base.TOOLS, true, AnchorProcess.builder(List.of("/anchor")).build())
            .memory(memory)
            .tax(tax)
            .build();
    return TaskCharge.of("web", 64 * MIB, 1000, seed, override);
  }

  @Provide
  Arbitrary<TaskCharge> charges() {
    Arbitrary<Long> bytes =
        Arbitraries.oneOf(
            Arbitraries.longs().between(1, 2048 * MIB),
            Arbitraries.longs().between(Long.MAX_VALUE - 9, Long.MAX_VALUE));
    return Combinators.combine(
            bytes,
            Arbitraries.integers().between(1, Integer.MAX_VALUE),
            bytes,
            bytes,
            Arbitraries.of(Pool.class))
        .as(
            (asked, cpus, tax, guest, pool) ->
                new TaskCharge("t", pool, asked, cpus, tax, cpus, guest));
  }

  @Provide
  Arbitrary<Node> nodes() {
    Arbitrary<Long> bytes = Arbitraries.longs().between(0, 8192 * MIB);
    return Combinators.combine(bytes, bytes, Arbitraries.integers().between(1000, 64000))
        .as(Node::new);
  }

  /** Sums are exact here and may not overflow there; no guest is there yet. */
  @Property
  void whateverIsAdmittedInTurnNeverExceedsTheNode(
      @ForAll("charges") TaskCharge first,
      @ForAll("charges") TaskCharge second,
      @ForAll("charges") TaskCharge third,
      @ForAll("nodes") Node node,
      @ForAll @LongRange(min = 0, max = 8192 * MIB) long hypervisor) {
    List<TaskCharge> admitted = new ArrayList<>();
    for (TaskCharge charge : List.of(first, second, third)) {
      long promised = Admission.total(admitted, TaskCharge::hypervisorBytes);
      try {
        Admission.check(
            charge, node, admitted, Optional.of(new HypervisorRoom(hypervisor, promised)));
        admitted.add(charge);
      } catch (TaskException e) {
        assertTrue(e.first().code().matches("(MEMORY|CPUS|HYPERVISOR)_.*"));
      }
    }
    BigInteger memory = BigInteger.ZERO;
    BigInteger guests = BigInteger.ZERO;
    for (TaskCharge charge : admitted) {
      BigInteger asked = BigInteger.valueOf(charge.askedBytes());
      memory = memory.add(BigInteger.valueOf(charge.taxBytes()));
      guests = guests.add(BigInteger.valueOf(charge.hypervisorTaxBytes()));
      if (charge.pool() == Pool.CGROUP) {
        memory = memory.add(asked);
      } else {
        guests = guests.add(asked);
      }
      assertTrue(charge.askedMilliCpus() <= node.milliCpus());
    }
    BigInteger left =
        BigInteger.valueOf(node.memoryBytes())
            .subtract(BigInteger.valueOf(node.reserveBytes()))
            .max(BigInteger.ZERO);
    assertTrue(memory.compareTo(left) <= 0);
    assertTrue(guests.compareTo(BigInteger.valueOf(hypervisor)) <= 0);
  }
}
