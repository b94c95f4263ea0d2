package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.task;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;

class TaskManagerTest extends EngineTest {

  private static final int SIGTERM = 15;

  @Test
  void createMakesAnAnchorThatDoesNotRunYet() {
    TaskView view = await(engine.manager().create(task("web")));
    assertEquals(TaskState.CREATED, view.state());
    assertEquals(Desired.STOPPED, view.desired());
    assertTrue(view.anchor().isPresent());
    assertEquals(64L << 20, view.memory().asked());
    assertEquals(1L << 20, view.memory().tax());
    assertEquals(65L << 20, view.memory().limit());
  }

  @Test
  void noOtherStartIsDueWhileATaskRuns() {
    assertEquals(Optional.empty(), run("web").supervision().nextStart());
    await(engine.manager().stop("web", true));
    TaskView again = await(engine.manager().start("web", false));
    assertEquals(Optional.empty(), again.supervision().nextStart());
  }

  @Test
  void anotherStartGivesAnotherAnchorOverTheSameContainer() {
    Anchor first = run("web").anchor().orElseThrow();
    TaskView stopped = await(engine.manager().stop("web", false));
    assertEquals(TaskState.STOPPED, stopped.state());
    assertEquals(Optional.empty(), stopped.anchor());
    assertEquals(OptionalInt.of(128 + SIGTERM), stopped.exit().orElseThrow().code());
    assertEquals(Optional.empty(), runtime.task("web"), "no shim stays");
    Anchor second = await(engine.manager().start("web", false)).anchor().orElseThrow();
    assertNotEquals(first, second);
    assertEquals(List.of("web"), runtime.containers());
  }

  @Test
  void whatIgnoresItsStopSignalIsKilled() {
    runtime.ignoreSignal(SIGTERM);
    run("web");
    TaskView stopped = await(engine.manager().stop("web", false));
    assertEquals(OptionalInt.of(Signal.KILL.number()), stopped.exit().orElseThrow().signal());
  }

  @Test
  void aForcedStopOvertakesAPatientOne() {
    runtime.ignoreSignal(SIGTERM);
    await(
        engine
            .manager()
            .create(
                document(
                    "{name: web, root: {image: web}, command: [serve],"
                        + " resources: {memory: 64MiB}, stop: {grace: 10m}}")));
    await(engine.manager().start("web", false));
    CompletableFuture<TaskView> patient = engine.manager().stop("web", false);
    await(engine.manager().stop("web", true));
    assertEquals(TaskState.STOPPED, await(patient).state());
  }

  @Test
  void nothingIsLeftOfADeletedTask() {
    run("web");
    await(engine.manager().stop("web", false));
    await(engine.manager().delete("web", false, false));
    assertNothingIsLeft();
  }

  @Test
  void aCreatedTaskThatNeverStartedIsKilledBeforeItIsDeleted() {
    await(engine.manager().create(task("web")));
    await(engine.manager().delete("web", false, false));
    assertNothingIsLeft();
  }

  @Test
  void aRunningTaskIsDeletedByForceAlone() {
    TaskView running = run("web");
    TaskException refused = refusal(engine.manager().delete("web", false, false));
    assertEquals(TaskException.Outcome.REFUSED, refused.outcome());
    assertEquals(running.anchor(), only().anchor());
    await(engine.manager().delete("web", true, false));
    assertNothingIsLeft();
  }

  @Test
  void aRefusedCommandChangesNothing() {
    TaskView running = run("web");
    List<String> effects = runtime.effects();
    assertEquals(
        TaskException.Outcome.REFUSED, refusal(engine.manager().start("web", false)).outcome());
    assertEquals(
        TaskException.Outcome.REFUSED, refusal(engine.manager().create(task("web"))).outcome());
    assertEquals(
        TaskException.Outcome.NOT_FOUND,
        refusal(engine.manager().start("nobody", false)).outcome());
    assertEquals(effects, runtime.effects());
    assertEquals(running, only());
  }

  @Test
  void nothingIsLeftOfATaskThatCannotBeCreated() {
    Problem missing = Problem.user("EXECUTABLE_NOT_FOUND", "no such program");
    for (String step : List.of("prepareRoot", "createContainer", "createTask")) {
      runtime.failNext(step, TaskException.failed(missing));
      assertEquals(missing, refusal(engine.manager().create(task("web"))).first(), step);
      assertNothingIsLeft();
    }
    refusal(
        engine
            .manager()
            .create(
                document(
                    "{name: web, root: {image: other}, command: [a],"
                        + " resources: {memory: 64MiB}}")));
    assertNothingIsLeft();
  }

  @Test
  void aStartThatFailsSaysWhyAndCanBeTriedAgain() {
    run("web");
    await(engine.manager().stop("web", false));
    Problem broken = Problem.host("RUNC_BROKEN", "runc is gone");
    runtime.failNext("createTask", TaskException.failed(broken));
    assertEquals(broken, refusal(engine.manager().start("web", false)).first());
    assertEquals(TaskState.FAILED, only().state());
    assertEquals(broken, only().failure().orElseThrow().problem());
    assertEquals("create anchor", only().failure().orElseThrow().step());
    assertEquals(TaskState.RUNNING, await(engine.manager().start("web", false)).state());
    assertEquals(Optional.empty(), only().failure());
  }

  @Test
  void aProgramThatCannotBeLetGoLeavesNoAnchor() {
    await(engine.manager().create(task("web")));
    runtime.failNext("startTask", TaskException.failed(Problem.host("NO_START", "it hangs")));
    refusal(engine.manager().start("web", false));
    assertEquals(TaskState.FAILED, only().state());
    assertEquals(Optional.empty(), runtime.task("web"));
  }

  @Test
  void theEndOfAProgramIsNoticed() {
    run("web");
    CompletableFuture<TaskView> exit = engine.manager().awaitExit("web");
    runtime.exit("web", 7);
    TaskView ended = await(exit);
    assertEquals(TaskState.STOPPED, ended.state());
    assertEquals(Desired.RUNNING, ended.desired());
    assertEquals(OptionalInt.of(7), ended.exit().orElseThrow().code());
  }

  @Test
  void aLackOfMemoryIsToldFromOtherEnds() {
    run("web");
    CompletableFuture<TaskView> exit = engine.manager().awaitExit("web");
    runtime.killForMemory("web");
    assertTrue(await(exit).exit().orElseThrow().oomKilled());
  }

  @Test
  void whatWasStoppedWasNotKilledForWantOfMemory() {
    await(
        engine
            .manager()
            .create(
                document(
                    "{name: web, root: {image: web}, command: [serve], resources: {memory: 64MiB},"
                        + " stop: {grace: 60s}, restart: {policy: never}}")));
    await(engine.manager().start("web", false));
    runtime.ignoreSignal(SIGTERM);
    CompletableFuture<TaskView> stop = engine.manager().stop("web", false);
    awaitState(TaskState.STOPPING);
    runtime.killForMemory("web");
    assertFalse(await(stop).exit().orElseThrow().oomKilled());
  }

  @Test
  void aTaskOutlivesTheDaemon() {
    TaskView before = run("web");
    engine.restart();
    assertEquals(before.anchor(), only().anchor());
    assertEquals(TaskState.RUNNING, only().state());
    await(engine.manager().stop("web", false));
    await(engine.manager().delete("web", false, false));
    assertNothingIsLeft();
  }

  @Test
  void anExitDuringTheDaemonsAbsenceIsReportedWithItsCode() {
    run("web");
    engine.manager().close();
    runtime.exit("web", 3);
    engine.restart();
    assertEquals(TaskState.STOPPED, only().state());
    assertEquals(OptionalInt.of(3), only().exit().orElseThrow().code());
    assertEquals(Optional.empty(), runtime.task("web"));
  }

  @Test
  void anExitThatWasLostIsUnknownAndNoSuccess() {
    run("web");
    engine.manager().close();
    runtime.lose("web");
    engine.restart();
    assertEquals(TaskState.STOPPED, only().state());
    assertEquals(OptionalInt.empty(), only().exit().orElseThrow().code());
    assertEquals(false, only().exit().orElseThrow().success());
  }

  @Test
  void whatIsOnNoRecordIsRemoved() {
    run("web");
    run("db");
    engine.store.records.remove("db");
    engine.restart();
    assertEquals(List.of("web"), runtime.containers());
    assertEquals(List.of("web"), engine.namespaces.pinned());
    assertEquals(List.of("web"), engine.files.tasks());
  }

  @Test
  void memoryIsNotPromisedTwice() {
    String half = "{name: %s, root: {image: web}, command: [a], resources: {memory: 2GiB}}";
    await(engine.manager().create(document(half.formatted("one"))));
    TaskException refused = refusal(engine.manager().create(document(half.formatted("two"))));
    assertEquals("MEMORY_NOT_FREE", refused.first().code());
    await(engine.manager().delete("one", false, false));
    await(engine.manager().create(document(half.formatted("two"))));
  }

  @Test
  void signalsReachARunningTaskAlone() {
    await(engine.manager().create(task("web")));
    refusal(engine.manager().signal("web", new Signal(1)));
    await(engine.manager().start("web", false));
    CompletableFuture<TaskView> exit = engine.manager().awaitExit("web");
    await(engine.manager().signal("web", new Signal(10)));
    assertEquals(OptionalInt.of(138), await(exit).exit().orElseThrow().code());
  }

  @Test
  void applyMakesWhatIsNewReplacesWhatChangedAndLeavesTheRest() {
    List<Change> first =
        await(engine.manager().apply(List.of(task("a"), task("b")), false, false, false));
    assertEquals(
        List.of(Change.Action.CREATE, Change.Action.CREATE),
        first.stream().map(Change::action).toList());
    Optional<Anchor> kept = engine.manager().list().get(0).anchor();
    var changed =
        document(
            "{name: b, root: {image: web}, command: [other], resources: {memory: 32MiB},"
                + " stop: {grace: 100ms}, restart: {policy: never}}");
    List<Change> plan =
        await(engine.manager().apply(List.of(task("a"), changed), true, true, false));
    assertEquals(
        List.of(Change.Action.NONE, Change.Action.REPLACE),
        plan.stream().map(Change::action).toList());
    assertEquals(
        List.of(
            new Change.Field("command", "[\"serve\"]", "[\"other\"]"),
            new Change.Field("resources.memory", "\"64MiB\"", "\"32MiB\"")),
        plan.get(1).fields());
    assertEquals(64L << 20, engine.manager().list().get(1).memory().asked(), "a plan alone");
    await(engine.manager().apply(List.of(task("a"), changed), false, false, false));
    assertEquals(kept, engine.manager().list().get(0).anchor());
    assertEquals(32L << 20, engine.manager().list().get(1).memory().asked());
    await(engine.manager().apply(List.of(changed), false, true, false));
    assertEquals("b", only().name());
  }

  @Test
  void aTaskThatCannotBeAppliedDoesNotHoldUpTheOthers() {
    var wrong =
        document("{name: a, root: {image: other}, command: [a], resources: {memory: 1GiB}}");
    List<Change> changes =
        await(engine.manager().apply(List.of(wrong, task("b")), false, false, false));
    assertEquals("REGISTRY_UNREACHABLE", changes.get(0).problems().get(0).code());
    assertEquals(List.of(), changes.get(1).problems());
    assertEquals("b", only().name());
  }

  @Test
  void renderingLeavesNoTraceAndTellsWhatCreateUses() {
    Rendering rendering = engine.manager().render(task("web"));
    assertNothingIsLeft();
    assertEquals(List.of(), runtime.effects());
    await(engine.manager().create(task("web")));
    String created = runtime.container("web").orElseThrow().specJson();
    assertEquals(List.of("/annotations/org.lfedge.eve.tasks.uuid"), rendering.atCreate());
    String uuid = engine.manager().inspect("web").record().uuid().toString();
    assertEquals(
        created, rendering.specJson().replace("00000000-0000-0000-0000-000000000000", uuid));
  }
}
