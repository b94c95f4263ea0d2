package org.lfedge.eve.tasks.core.engine;

import static org.lfedge.eve.tasks.core.engine.Turns.problem;

import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The removal of a task, and the undoing of one whose creation failed. Used on the queue of the
 * task alone.
 */
final class TaskRemoval {

  private static final Logger log = LoggerFactory.getLogger(TaskRemoval.class);

  private final EngineParts shared;
  private final TaskLedger ledger;
  private final Turns turns;
  private final Runnable onBegun;
  private final Runnable onRemoved;
  private boolean gone;

  /**
   * Removes the task of a ledger when asked to.
   *
   * @param onBegun called before anything is removed
   * @param onRemoved called when nothing of the task is left
   */
  TaskRemoval(
      EngineParts shared, TaskLedger ledger, Turns turns, Runnable onBegun, Runnable onRemoved) {
    this.shared = shared;
    this.ledger = ledger;
    this.turns = turns;
    this.onBegun = onBegun;
    this.onRemoved = onRemoved;
  }

  private TaskRecord record() {
    return ledger.record();
  }

  /** Undoes a creation; what cannot be removed now is removed later. */
  void undo(RuntimeException cause) {
    try {
      undo();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
      log.error("its creation could not be undone yet: {}", problem(e));
      turns.again(this::undoAgain);
    }
  }

  private void undoAgain() {
    try {
      undo();
    } catch (TaskException e) {
      turns.again(this::undoAgain);
    }
  }

  private void undo() {
    shared.planner().forget(record().uuid());
    try {
      if (record().state().hasAnchor()) {
        // Its program never ran, so there is nothing to clear away.
        ledger.save(record().exited(ExitStatus.unknown(turns.now())).cleaned().removed());
      } else if (record().state() != TaskState.DELETED) {
        ledger.save(record().removed());
      }
    } catch (TaskException e) {
      // Of a full disk a record can be removed all the same.
      log.warn("that its creation is undone cannot be recorded: {}", problem(e));
    }
    remove();
  }

  /** Removes all that was made for the task, its record last. */
  void remove() {
    if (gone) {
      // There may be another task of that name by now.
      return;
    }
    onBegun.run();
    shared.effects().remove(record().name());
    if (record().unfinished().purge()) {
      shared.effects().purge(record().name());
    }
    ledger.close(TaskEvent.of(TaskEvent.Type.DELETED, turns.now()));
    shared.reservations().release(record().name());
    shared.devices().release(record().name());
    gone = true;
    onRemoved.run();
    shared.rootFiles().release(record());
    shared.cpus().release(record().name());
  }
}
