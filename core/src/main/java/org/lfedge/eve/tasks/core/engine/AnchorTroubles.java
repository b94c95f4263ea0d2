package org.lfedge.eve.tasks.core.engine;

import java.util.Optional;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.TaskEvent;

/** What goes wrong in a task while its anchor lives on; told by others, put on record here. */
final class AnchorTroubles {

  private final TaskLedger ledger;
  private final Turns turns;

  AnchorTroubles(TaskLedger ledger, Turns turns) {
    this.ledger = ledger;
    this.turns = turns;
  }

  /**
   * Tells of processes that the kernel killed for want of memory, while the anchor lives on.
   *
   * @param kills since the anchor was made
   */
  void outOfMemory(Anchor anchor, long kills) {
    turns.soon(
        () -> {
          long told = ledger.record().oomKills();
          if (ledger.record().anchor().equals(Optional.of(anchor)) && kills > told) {
            ledger.save(
                ledger.record().bereft(kills),
                event(TaskEvent.Type.OOM_KILLED).of(anchor).counting(kills - told));
          }
        });
  }

  /** Tells of a stream that nobody reads any more, so that the task will wait for ever. */
  void outputStuck(String stream) {
    Optional<Anchor> anchor = ledger.record().anchor();
    turns.soon(
        () -> {
          if (anchor.isPresent() && ledger.record().anchor().equals(anchor)) {
            ledger.save(
                ledger.record(),
                event(TaskEvent.Type.OUTPUT_STUCK)
                    .of(anchor.get())
                    .because(Optional.of(stream + "; start the task anew")));
          }
        });
  }

  private TaskEvent event(TaskEvent.Type type) {
    return TaskEvent.of(type, turns.now());
  }
}
