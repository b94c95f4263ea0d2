package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitRules;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.lifecycle.Supervision.End;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;
import org.lfedge.eve.tasks.spi.seed.ExitRule;

/**
 * What becomes of a task whose anchor ended or could not be made; no effects.
 *
 * @param record the next one
 * @param events that happen by it
 */
record Ending(TaskRecord record, List<TaskEvent> events) {

  private static final String REBOOTED = "the node was rebooted";

  /**
   * After the anchor ended.
   *
   * @param files in the runtime directory of the task, which rules of the seed look at
   * @param bootId of the present boot; an anchor of an earlier one is no end by itself, so the task
   *     is brought back whatever its restart policy says
   * @param chance for the jitter of the next start, 0 to 1
   */
  static Ending of(
      TaskRecord before,
      Anchor anchor,
      ExitStatus reported,
      Function<String, Optional<byte[]>> files,
      String bootId,
      Instant now,
      double chance) {
    ExitStatus exit = judged(before, reported, files);
    boolean rebooted = !anchor.bootId().equals(bootId);
    Supervision supervision = before.supervision();
    List<TaskEvent> events = new ArrayList<>();
    if (exit.oomKilled()) {
      events.add(TaskEvent.of(TaskEvent.Type.OOM_KILLED, now).of(anchor));
    }
    events.add(
        TaskEvent.of(TaskEvent.Type.EXITED, now)
            .of(anchor)
            .with(exit)
            .because(rebooted ? Optional.of(REBOOTED) : supervision.ailment()));
    TaskRecord after = before.exited(exit);
    if (before.desired() == Desired.STOPPED) {
      events.add(TaskEvent.of(TaskEvent.Type.STOPPED, now));
      return new Ending(after.supervised(supervision.cancelled()), events);
    }
    Supervision next =
        rebooted && !supervision.once()
            ? supervision.due(now.plus(before.document().restart().bootDelay()), REBOOTED)
            : supervision.ended(
                before.document().restart(),
                supervision.ailment().isPresent() ? End.FAILURE : end(exit),
                supervision.ailment().orElseGet(() -> describe(exit)),
                ran(before, now),
                now,
                chance);
    if (next.startsAgain()) {
      events.add(
          TaskEvent.of(TaskEvent.Type.RESTARTING, now)
              .because(next.reason())
              .next(next.nextStart())
              .counting(next.restarts()));
    }
    return new Ending(single(after, supervision).supervised(next), events);
  }

  private static ExitStatus judged(
      TaskRecord before, ExitStatus reported, Function<String, Optional<byte[]>> files) {
    List<ExitRule> rules =
        before.blueprint().map(blueprint -> blueprint.seed().exits()).orElse(List.of());
    // A stop ends by SIGKILL, too, perhaps of a task that lost a process to the kernel long before.
    return before.state() == TaskState.STOPPING
        ? ExitRules.judge(reported.onPurpose(), rules, files).onPurpose()
        : ExitRules.judge(reported, rules, files);
  }

  private static End end(ExitStatus exit) {
    if (exit.reboot()) {
      return End.REBOOT;
    }
    return exit.success() ? End.SUCCESS : End.FAILURE;
  }

  /** After a step of ours failed; the task has no anchor. */
  static Ending of(TaskRecord before, Failure failure, Instant now, double chance) {
    Supervision next =
        before
            .supervision()
            .launched()
            .ended(
                before.document().restart(),
                End.FAILURE,
                failure.problem().code(),
                Duration.ZERO,
                now,
                chance);
    TaskEvent event = TaskEvent.of(TaskEvent.Type.FAILED, now).with(failure).next(next.nextStart());
    return new Ending(
        single(before.failed(failure), before.supervision()).supervised(next), List.of(event));
  }

  /** A single run is over with its end, whatever that was. */
  private static TaskRecord single(TaskRecord after, Supervision before) {
    return before.once() ? after.wanting(Desired.STOPPED) : after;
  }

  private static Duration ran(TaskRecord before, Instant now) {
    if (before.state() == TaskState.CREATED || before.startedAt().isEmpty()) {
      return Duration.ZERO;
    }
    Duration ran = Duration.between(before.startedAt().get(), now);
    // The clock may have been set back meanwhile.
    return ran.isNegative() ? Duration.ZERO : ran;
  }

  /** Such as {@code exit code 3}, {@code ended by SIGKILL, out of memory}, or what a rule says. */
  static String describe(ExitStatus exit) {
    if (exit.meaning().isPresent()) {
      return exit.meaning().get();
    }
    if (exit.code().isEmpty()) {
      return "its exit status was lost";
    }
    String text =
        exit.signal().isPresent()
            ? "ended by " + new Signal(exit.signal().getAsInt())
            : "exit code " + exit.code().getAsInt();
    return exit.oomKilled() ? text + ", out of memory" : text;
  }
}
