package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.admission.TaskCharge;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HypervisorMemory.Amount;
import org.lfedge.eve.tasks.spi.seed.Pool;

class ReservationsTest {

  private static final long MIB = 1 << 20;
  private static final long HYPERVISOR = 1000 * MIB;

  private enum What {
    ADMIT,
    RUN,
    END,
    DELETE
  }

  private record Step(int task, What what, long askedMiB) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 5),
            Arbitraries.of(What.class),
            Arbitraries.longs().between(1, 600))
        .as(Step::new)
        .list()
        .ofMaxSize(80);
  }

  private static TaskCharge charge(int task, long askedMiB) {
    return new TaskCharge("t" + task, Pool.HYPERVISOR, askedMiB * MIB, 100, 8 * MIB, 0, MIB);
  }

  /**
   * Every task that was admitted can run at any time, whichever others do: guests take and give
   * back what they were promised, and another size is admitted as for a task that is replaced.
   */
  @Property
  void whoeverWasAdmittedFindsWhatItWasPromised(@ForAll("steps") List<Step> steps) {
    SortedMap<String, Long> guests = new TreeMap<>();
    SortedMap<String, Long> promised = new TreeMap<>();
    Reservations reservations =
        new Reservations(
            new Admission.Node(1 << 30, 0, 4000),
            () ->
                Optional.of(
                    new Amount(
                        HYPERVISOR,
                        HYPERVISOR - guests.values().stream().mapToLong(Long::longValue).sum())),
            guests::containsKey);
    for (Step step : steps) {
      TaskCharge charge = charge(step.task(), step.askedMiB());
      String task = charge.task();
      switch (step.what()) {
        case ADMIT -> {
          long others =
              promised.entrySet().stream()
                  .filter(entry -> !entry.getKey().equals(task))
                  .mapToLong(SortedMap.Entry::getValue)
                  .sum();
          boolean fits = others + charge.hypervisorBytes() <= HYPERVISOR;
          boolean admitted = admitted(reservations, charge);
          assertEquals(fits, admitted, charge + " beside " + promised + ", there are " + guests);
          if (admitted) {
            promised.put(task, charge.hypervisorBytes());
            guests.remove(task);
          }
        }
        case RUN -> {
          if (promised.containsKey(task)) {
            guests.put(task, promised.get(task));
          }
        }
        case END -> guests.remove(task);
        case DELETE -> {
          guests.remove(task);
          promised.remove(task);
          reservations.release(task);
        }
      }
      long taken = guests.values().stream().mapToLong(Long::longValue).sum();
      assertTrue(taken <= HYPERVISOR, guests.toString());
    }
  }

  private static boolean admitted(Reservations reservations, TaskCharge charge) {
    try {
      reservations.admit(charge);
      return true;
    } catch (TaskException e) {
      assertEquals("HYPERVISOR_MEMORY_NOT_FREE", e.first().code());
      return false;
    }
  }
}
