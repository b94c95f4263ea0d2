package org.lfedge.eve.tasks.core.engine;

import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;

/** What was made of the document of a task, on record. Used on the queue of the task alone. */
final class BlueprintKeeper {

  private final EngineParts shared;
  private final TaskLedger ledger;

  BlueprintKeeper(EngineParts shared, TaskLedger ledger) {
    this.shared = shared;
    this.ledger = ledger;
  }

  private TaskRecord record() {
    return ledger.record();
  }

  /** Makes the blueprint of a task and reserves what it takes; if that fails, nothing is left. */
  Planner.Plan plan() {
    shared.devices().claim(record().document());
    boolean users = shared.planner().wantsUserNamespace(record().document());
    Planner.Plan plan =
        shared
            .planner()
            .plan(record().uuid(), record().document(), shared.effects().connect(record(), users));
    try {
      shared.reservations().admit(plan.charge());
      shared.cpus().claim(record().name(), record().document().pinnedCpus());
      ledger.save(record().planned(plan.blueprint()));
      return plan;
    } catch (RuntimeException e) {
      shared.planner().forget(record().uuid());
      throw e;
    }
  }

  /** The blueprint, which is made if there is none, with the devices of the node as they are. */
  Blueprint current() {
    if (record().blueprint().isEmpty()) {
      return plan().blueprint();
    }
    // They may have other numbers than at the last start, or be gone.
    Blueprint before = record().blueprint().orElseThrow();
    Blueprint now = shared.planner().withDevices(record(), before);
    if (!now.equals(before)) {
      ledger.save(record().planned(now));
    }
    return now;
  }
}
