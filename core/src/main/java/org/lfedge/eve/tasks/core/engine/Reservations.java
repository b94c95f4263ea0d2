package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.admission.Admission.HypervisorRoom;
import org.lfedge.eve.tasks.core.admission.TaskCharge;
import org.lfedge.eve.tasks.core.port.HypervisorMemory;

/** What the tasks on record take from the node, so that two at once cannot be promised the same. */
final class Reservations {

  private final Admission.Node node;
  private final HypervisorMemory hypervisor;
  private final Predicate<String> hasGuest;
  private final Map<String, TaskCharge> charges = new TreeMap<>();

  /**
   * Nothing is reserved at first.
   *
   * @param hypervisor asked where a task takes more from it than it was promised
   * @param hasGuest whether a task has taken from the hypervisor what it was promised
   */
  Reservations(Admission.Node node, HypervisorMemory hypervisor, Predicate<String> hasGuest) {
    this.node = node;
    this.hypervisor = hypervisor;
    this.hasGuest = hasGuest;
  }

  /** Reserves what a task takes, or refuses it. */
  synchronized void admit(TaskCharge charge) {
    check(charge);
    charges.put(charge.task(), charge);
  }

  /**
   * Refuses a task that there is no room for, and reserves nothing.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException also if the hypervisor cannot be asked
   */
  synchronized void check(TaskCharge charge) {
    List<TaskCharge> others =
        charges.values().stream().filter(other -> !other.task().equals(charge.task())).toList();
    Admission.check(charge, node, others, room(charge, others));
  }

  private Optional<HypervisorRoom> room(TaskCharge charge, List<TaskCharge> others) {
    TaskCharge before = charges.get(charge.task());
    long held = before == null ? 0 : before.hypervisorBytes();
    if (charge.hypervisorBytes() <= held) {
      return Optional.of(new HypervisorRoom(held, 0));
    }
    // Looked at before the hypervisor is asked: a guest that comes between is counted twice then,
    // rather than not at all.
    long taken = hasGuest.test(charge.task()) ? held : 0;
    List<TaskCharge> promised =
        others.stream().filter(other -> !hasGuest.test(other.task())).toList();
    return hypervisor
        .now()
        .map(
            amount ->
                new HypervisorRoom(
                    Admission.sum(amount.freeBytes(), taken),
                    Admission.total(promised, TaskCharge::hypervisorBytes)));
  }

  /** Reserves what a task has been promised before, whatever the node has now. */
  synchronized void restore(TaskCharge charge) {
    charges.put(charge.task(), charge);
  }

  synchronized void release(String task) {
    charges.remove(task);
  }
}
