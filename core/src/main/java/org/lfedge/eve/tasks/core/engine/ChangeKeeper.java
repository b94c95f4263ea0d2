package org.lfedge.eve.tasks.core.engine;

import java.util.Optional;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Unfinished;

/**
 * Carries out what another document means for a task: in place, or by a task that takes its place.
 * What is begun is on record, so that it is gone on with after a crash. Used on the queue of the
 * task alone.
 */
final class ChangeKeeper {

  private final EngineParts shared;
  private final TaskLedger ledger;
  private final AnchorKeeper anchors;

  ChangeKeeper(EngineParts shared, TaskLedger ledger, AnchorKeeper anchors) {
    this.shared = shared;
    this.ledger = ledger;
    this.anchors = anchors;
  }

  private TaskRecord record() {
    return ledger.record();
  }

  /** Takes over a document with which the anchor can stay; if that fails, the one before stands. */
  void update(TaskDocument document, Revision revision) {
    TaskRecord before = record();
    TaskRecord after = before.revised(document, revision.blueprint());
    shared.reservations().admit(revision.charge());
    try {
      shared.cpus().claim(document.name(), document.pinnedCpus());
      if (before.state().hasAnchor() && revision.limitsDiffer()) {
        ledger.save(after.with(Unfinished.LIMITS));
        giveLimits();
      } else {
        ledger.save(after, event(TaskEvent.Type.UPDATED));
      }
    } catch (RuntimeException e) {
      shared.reservations().restore(Planner.charge(before));
      shared.cpus().claim(document.name(), before.document().pinnedCpus());
      if (record().unfinished().limits()) {
        TaskRecord undone = record().revised(before.document(), before.blueprint().orElseThrow());
        ledger.save(undone.with(Unfinished.NONE));
      }
      throw e;
    }
    anchors.healthCheckChanged();
    anchors.scheduleRestart();
  }

  /** Gives the running anchor the limits of the blueprint, if it may not have them. */
  void giveLimits() {
    if (record().unfinished().limits()) {
      shared.effects().updateLimits(record());
      ledger.save(record().with(Unfinished.NONE), event(TaskEvent.Type.UPDATED));
    }
  }

  /**
   * Has the task make way for another one of its name.
   *
   * @return whether {@link #renew} is to be called later: when the anchor has ended, and what it
   *     has left outside of its container is cleared away
   */
  boolean replace(TaskDocument document, Revision revision) {
    shared.devices().check(document);
    shared.reservations().check(revision.charge());
    TaskRecord making = record().with(Unfinished.replacement(document)).wanting(Desired.RUNNING);
    anchors.cancelRestart();
    if (!record().state().hasAnchor()) {
      ledger.save(making);
      if (record().cleanup().isPresent()) {
        return true;
      }
      renew();
      return false;
    }
    if (record().state() == TaskState.STOPPING) {
      ledger.save(making);
    } else {
      boolean created = record().state() == TaskState.CREATED;
      ledger.save(
          making.stopping(),
          event(TaskEvent.Type.STOPPING).because(Optional.of("it is replaced by a changed task")));
      anchors.stop(created);
    }
    return true;
  }

  /** Removes all that is left of the task, and makes the one that takes its place. */
  void renew() {
    TaskDocument document = record().unfinished().replacement().orElseThrow();
    shared.effects().clear(record().name());
    ledger.save(
        record().replaced(document, shared.clock().instant()), event(TaskEvent.Type.DELETED));
    anchors.launchIfReady();
  }

  private TaskEvent event(TaskEvent.Type type) {
    return TaskEvent.of(type, shared.clock().instant());
  }
}
