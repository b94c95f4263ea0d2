package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.eventually;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.task;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.ProbeResult;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/** What becomes of a task that was started, and of what was changed while it ran. */
class SupervisedTaskTest extends EngineTest {

  private static TaskDocument supervised(String name, String more) {
    return document(
        "{name: "
            + name
            + ", root: {image: web}, command: [serve], resources: {memory: 64MiB}, "
            + more
            + "}");
  }

  @Test
  void aStopPlanRunsItsProgramsInsideTheTaskBeforeItKills() {
    await(engine.manager().create(supervised("web", "options: {level: 7}")));
    await(engine.manager().start("web", false));
    runtime.ignoreSignal(15);
    List<String> asked = new ArrayList<>();
    runtime.playInside(
        run -> {
          asked.addAll(run.args());
          return new CompletableFuture<>();
        });
    TaskView stopped = await(engine.manager().stop("web", false));
    assertEquals(List.of("power-off"), asked);
    assertEquals(OptionalInt.of(9), stopped.exit().orElseThrow().signal());
  }

  /** What a task waits for may come while it is made; it is started by that, and not refused. */
  @Test
  void applyIsContentWithATaskThatWasStartedMeanwhile() {
    await(engine.manager().create(supervised("early", "stop: {grace: 1s}")));
    engine.store.afterSave(
        record -> {
          if (record.name().equals("late") && record.state() == TaskState.CREATED) {
            engine.store.afterSave(later -> {});
            await(engine.manager().start("early", false));
          }
        });
    TaskDocument late = supervised("late", "after: [{task: early}]");
    Change change = await(engine.manager().apply(List.of(late), false, false, false)).get(0);
    assertEquals(List.of(), change.problems());
    assertEquals(1, runtime.effects().stream().filter("startTask late"::equals).count());
  }

  @Test
  void aTaskThatIsNotWellIsEndedAndStartedAgain() {
    engine.probes.answer(ProbeResult.failed("refused"));
    await(
        engine
            .manager()
            .create(
                supervised(
                    "web",
                    "health: {tcp: 80, interval: 100ms, retries: 2}, stop: {grace: 1s},"
                        + " restart: {backoff: 1ms}")));
    await(engine.manager().start("web", false));
    eventually(() -> "" + only(), () -> only().supervision().restarts() == 1);
    assertEquals(Optional.of("unhealthy: refused"), only().supervision().reason());
    engine.probes.answer(ProbeResult.PASSED);
    eventually(
        () -> "" + only(),
        () ->
            only()
                .health()
                .map(HealthWatch.Health::status)
                .equals(Optional.of(HealthWatch.Status.HEALTHY)));
  }

  @Test
  void aTaskIsBroughtBackAfterABootWhenItsDelayIsOver() {
    TaskDocument slow = supervised("web", "restart: {bootDelay: 1h}");
    await(engine.manager().create(slow));
    await(engine.manager().start("web", false));
    engine.reboot();
    eventually(() -> "" + only(), () -> only().supervision().startsAgain());
    Instant due = only().supervision().nextStart().orElseThrow();
    assertTrue(due.isAfter(engine.clock.instant().plus(Duration.ofMinutes(59))), due::toString);
    assertEquals(Optional.of("the node was rebooted"), only().supervision().reason());
    // Nobody makes it earlier who only wants it to run, and no daemon that begins anew.
    Change change = await(engine.manager().apply(List.of(slow), false, false, false)).get(0);
    assertEquals(Change.Action.NONE, change.action());
    engine.restart();
    assertEquals(Optional.of(due), only().supervision().nextStart());
    assertEquals(TaskState.STOPPED, only().state());
    engine.clock.shift(Duration.ofHours(1));
    engine.restart();
    eventually(() -> "" + only(), () -> only().state() == TaskState.RUNNING);
    assertEquals(0, only().supervision().restarts());
  }

  @Test
  void failedTriesDuringTheStartPeriodDoNotCount() {
    engine.probes.answer(ProbeResult.failed("refused"));
    await(
        engine
            .manager()
            .create(
                supervised("web", "health: {tcp: 80, interval: 100ms, retries: 1, start: 1h}")));
    await(engine.manager().start("web", false));
    eventually(
        () -> "" + only(),
        () -> only().health().flatMap(HealthWatch.Health::reason).equals(Optional.of("refused")));
    assertEquals(HealthWatch.Status.STARTING, only().health().orElseThrow().status());
    // A daemon that begins after the period takes no new one.
    engine.clock.shift(Duration.ofHours(2));
    assertEquals(0, only().supervision().restarts());
    engine.restart();
    eventually(() -> "" + only(), () -> only().supervision().restarts() >= 1);
    assertEquals(Optional.of("unhealthy: refused"), only().supervision().reason());
  }

  @Test
  void aClockThatIsSetBackDoesNotKeepATaskFromItsRestart() {
    await(
        engine
            .manager()
            .create(supervised("web", "restart: {policy: always, backoff: 1ms, maxBackoff: 1s}")));
    await(engine.manager().start("web", false));
    engine.clock.shift(Duration.ofDays(-1));
    runtime.exit("web", 0);
    eventually(() -> "" + only(), () -> only().supervision().restarts() == 1);
    awaitState(TaskState.RUNNING);
    engine.clock.shift(Duration.ofDays(-1));
    engine.restart();
    runtime.exit("web", 0);
    eventually(() -> "" + only(), () -> only().supervision().restarts() == 2);
  }

  @Test
  void aRestartIsNotPutOffAgainAndAgainByAClockThatWasSetBack() {
    await(
        engine
            .manager()
            .create(supervised("web", "restart: {policy: always, backoff: 2s, maxBackoff: 2s}")));
    await(engine.manager().start("web", false));
    runtime.exit("web", 0);
    eventually(() -> "" + only(), () -> only().supervision().startsAgain());
    engine.clock.shift(Duration.ofDays(-1));
    // As every half a minute, but more often than the policy waits.
    eventually(
        () -> "" + only(),
        () -> {
          engine.manager().reconcile();
          return only().supervision().restarts() == 1;
        });
  }

  @Test
  void aStartPeriodIsAsLongThoughTheClockWasSet() {
    engine.probes.answer(ProbeResult.failed("refused"));
    await(
        engine
            .manager()
            .create(
                supervised("web", "health: {tcp: 80, interval: 100ms, retries: 1, start: 1s}")));
    await(engine.manager().start("web", false));
    engine.clock.shift(Duration.ofDays(-1));
    eventually(() -> "" + only(), () -> only().supervision().restarts() >= 1);
  }

  @Test
  void aReplacementThatACrashCutShortIsFinishedByTheNextDaemon() {
    await(engine.manager().create(task("web")));
    await(engine.manager().start("web", false));
    var changed =
        document(
            "{name: web, root: {image: web}, command: [other], resources: {memory: 64MiB},"
                + " restart: {policy: never}}");
    runtime.failNext(
        "deleteContainer", TaskException.failed(Problem.host("BROKEN", "for the test")));
    Change change = await(engine.manager().apply(List.of(changed), false, false, false)).get(0);
    assertEquals("BROKEN", change.problems().get(0).code());
    assertEquals(TaskState.STOPPED, only().state());
    engine.restart();
    awaitState(TaskState.RUNNING);
    assertEquals(List.of("other"), engine.manager().inspect("web").record().document().command());
  }

  @Test
  void limitsThatTheRuntimeRefusesLeaveTheTaskAsItWas() {
    await(engine.manager().create(task("web")));
    await(engine.manager().start("web", false));
    var less =
        document(
            "{name: web, root: {image: web}, command: [serve], resources: {memory: 32MiB},"
                + " stop: {grace: 100ms}, restart: {policy: never}}");
    runtime.failNext(
        "updateResources", TaskException.refused(Problem.user("MEMORY_IN_USE", "for the test")));
    Change change = await(engine.manager().apply(List.of(less), false, false, false)).get(0);
    assertEquals(Change.Action.UPDATE, change.action());
    assertEquals("MEMORY_IN_USE", change.problems().get(0).code());
    assertEquals(64L << 20, only().memory().asked());
    await(engine.manager().apply(List.of(less), false, false, false));
    assertEquals(32L << 20, only().memory().asked());
  }

  @Test
  void limitsThatACrashKeptFromTheAnchorAreGivenToItByTheNextDaemon() {
    await(engine.manager().create(task("web")));
    await(engine.manager().start("web", false));
    TaskRecord record = engine.manager().inspect("web").record();
    engine.store.save(record.with(TaskRecord.Unfinished.LIMITS));
    engine.restart();
    eventually(
        () -> "" + runtime.effects(), () -> runtime.effects().contains("updateResources web"));
    eventually(
        () -> "unfinished", () -> !engine.manager().inspect("web").record().unfinished().limits());
  }

  @Test
  void whatTheLogOfEventsLacksAfterACrashIsGivenByTheRecord() {
    await(engine.manager().create(task("web")));
    await(engine.manager().start("web", false));
    List<TaskEvent.Type> before = engine.events.types("web");
    engine.events.forgetLast();
    engine.restart();
    assertEquals(before, engine.events.types("web"));
    engine.restart();
    assertEquals(before, engine.events.types("web"));
  }
}
