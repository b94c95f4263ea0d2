package org.lfedge.eve.tasks.core.engine;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.TaskEvent;

/**
 * What the health check of a task says of its present anchor, and what follows from that: an event,
 * and the end of one that is unhealthy. Used on the queue of the task alone.
 */
final class AnchorHealth {

  private final EngineParts shared;
  private final TaskLedger ledger;
  private final Turns turns;
  private volatile @Nullable HealthWatch present;

  AnchorHealth(EngineParts shared, TaskLedger ledger, Turns turns) {
    this.shared = shared;
    this.ledger = ledger;
    this.turns = turns;
  }

  /** While there is a health check and the anchor runs. */
  Optional<HealthWatch.Health> known() {
    return Optional.ofNullable(present).map(HealthWatch::health);
  }

  /**
   * Begins to check, if the document says how; the checks before have ended then.
   *
   * @param stop ends an anchor that is unhealthy, which is on record then
   */
  void watch(Runnable stop) {
    end();
    Verdicts verdicts = new Verdicts(ledger.record().anchor(), stop);
    ledger
        .record()
        .document()
        .health()
        .ifPresent(
            check -> {
              HealthWatch watch =
                  new HealthWatch(
                      ledger.record().name(), shared.runtime(), shared.probes(), turns, verdicts);
              present = watch;
              watch.begin(check, ledger.record().startedAt().orElseGet(turns::now));
            });
  }

  void end() {
    HealthWatch watch = present;
    if (watch != null) {
      watch.end();
    }
    present = null;
  }

  private final class Verdicts implements HealthWatch.Verdicts {

    private final Optional<Anchor> anchor;
    private final Runnable stop;

    Verdicts(Optional<Anchor> anchor, Runnable stop) {
      this.anchor = anchor;
      this.stop = stop;
    }

    @Override
    public void healthy() {
      if (ledger.record().anchor().equals(anchor)) {
        ledger.save(ledger.record(), event(TaskEvent.Type.HEALTHY));
        shared.neighbours().progressed(ledger.record().name());
      }
    }

    @Override
    public void unhealthy(String why) {
      boolean runs = ledger.record().state() == TaskState.RUNNING;
      if (ledger.record().anchor().equals(anchor) && runs) {
        String reason = "unhealthy: " + why;
        ledger.save(
            ledger.record().supervised(ledger.record().supervision().ailing(reason)).stopping(),
            event(TaskEvent.Type.UNHEALTHY).of(anchor.orElseThrow()).because(Optional.of(why)));
        stop.run();
      }
    }
  }

  private TaskEvent event(TaskEvent.Type type) {
    return TaskEvent.of(type, turns.now());
  }
}
