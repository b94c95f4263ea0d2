package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.admission.TaskCharge;

/** What the tasks on record take from the node, so that two at once cannot be promised the same. */
final class Reservations {

  private final Admission.Node node;
  private final Map<String, TaskCharge> charges = new TreeMap<>();

  Reservations(Admission.Node node) {
    this.node = node;
  }

  /** Reserves what a task takes, or refuses it. */
  synchronized void admit(TaskCharge charge) {
    check(charge);
    charges.put(charge.task(), charge);
  }

  /** Refuses a task that there is no room for, and reserves nothing. */
  synchronized void check(TaskCharge charge) {
    List<TaskCharge> others =
        charges.values().stream().filter(other -> !other.task().equals(charge.task())).toList();
    Admission.check(charge, node, others);
  }

  /** Reserves what a task has been promised before, whatever the node has now. */
  synchronized void restore(TaskCharge charge) {
    charges.put(charge.task(), charge);
  }

  synchronized void release(String task) {
    charges.remove(task);
  }
}
