package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.eventually;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Standing;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec;

/** Tasks whose anchors leave something outside of their containers, and have it cleared away. */
class CleanedTaskTest extends EngineTest {

  private static final OptionalInt RUNS_ON = OptionalInt.empty();
  private static final OptionalInt FAILS = OptionalInt.of(3);

  private final Outside outside = new Outside(task -> true);

  @BeforeEach
  void play() {
    runtime.playStarted(outside);
  }

  @AfterEach
  void nothingWasStartedTooEarly() {
    assertEquals(List.of(), outside.faults());
  }

  private static TaskDocument cleaned(String command, String policy, int level) {
    return document(
        ("{name: web, root: {image: web}, command: [%s], resources: {memory: 64MiB},"
                + " options: {level: %d}, terminal: true, stop: {grace: 100ms},"
                + " restart: {policy: %s, backoff: 1ms}}")
            .formatted(command, level, policy));
  }

  private void running(String policy) {
    await(engine.manager().create(cleaned("serve", policy, 5)));
    await(engine.manager().start("web", false));
    assertTrue(outside.has("web"));
  }

  /** Has the anchor end, and its cleanup run on. */
  private void clearing(String policy) {
    running(policy);
    outside.next("web", RUNS_ON);
    runtime.exit("web", 1);
    awaitCleanup(1);
  }

  private void awaitCleanup(int count) {
    eventually(() -> outside.cleanups("web") + " cleanups", () -> outside.cleanups("web") == count);
  }

  /** Has a cleanup that runs on succeed. */
  private void endCleanup() {
    outside.clear("web");
    runtime.exit("web", 0);
  }

  private List<String> args() {
    return RuntimeSpec.parse(runtime.container("web").orElseThrow().specJson()).process().args();
  }

  private Optional<String> failure() {
    return only().failure().map(Failure::problem).map(Problem::code);
  }

  private long events(TaskEvent.Type type) {
    return engine.events.types("web").stream().filter(type::equals).count();
  }

  private enum End {
    PROGRAM_ENDS,
    KILLED_FOR_MEMORY,
    SHIM_IS_LOST,
    NODE_REBOOTS,
    ENDS_WITHOUT_DAEMON,
    LOST_WITHOUT_DAEMON
  }

  @ParameterizedTest
  @EnumSource(End.class)
  void itIsClearedAwayAfterEachEndAndBeforeTheNextStart(End end) {
    running("always");
    String anchor = runtime.container("web").orElseThrow().specJson();
    switch (end) {
      case PROGRAM_ENDS -> runtime.exit("web", 0);
      case KILLED_FOR_MEMORY -> runtime.killForMemory("web");
      case SHIM_IS_LOST -> runtime.lose("web");
      case NODE_REBOOTS -> engine.reboot();
      case ENDS_WITHOUT_DAEMON -> {
        engine.manager().close();
        runtime.exit("web", 0);
        engine.restart();
      }
      case LOST_WITHOUT_DAEMON -> {
        engine.manager().close();
        runtime.lose("web");
        engine.restart();
      }
    }
    awaitCleanup(1);
    awaitState(TaskState.RUNNING);
    assertEquals(anchor, runtime.container("web").orElseThrow().specJson());
    assertEquals(Optional.empty(), failure());
    assertEquals(1, outside.cleanups("web"));
  }

  @Test
  void aStopIsDoneWhenNothingIsLeft() {
    running("always");
    outside.next("web", RUNS_ON);
    CompletableFuture<TaskView> stop = engine.manager().stop("web", false);
    CompletableFuture<TaskView> exit = engine.manager().awaitExit("web");
    awaitCleanup(1);
    assertEquals(TaskState.STOPPED, only().state());
    assertEquals(OptionalInt.of(15), only().exit().orElseThrow().signal());
    assertFalse(stop.isDone() || exit.isDone());
    runtime.exit("web", 0);
    assertEquals(Desired.STOPPED, await(stop).desired());
    assertEquals(TaskState.STOPPED, await(exit).state());
    assertEquals(Optional.empty(), runtime.task("web"));
    assertEquals(1, outside.cleanups("web"));
  }

  @Test
  void nothingButTheProgramDiffersAndWhatTheAnchorToldStays() {
    running("never");
    engine.volumes.runtimeFiles.put("web/domain", "7");
    RuntimeSpec anchor = RuntimeSpec.parse(runtime.container("web").orElseThrow().specJson());
    outside.next("web", RUNS_ON);
    runtime.exit("web", 0);
    awaitCleanup(1);
    assertEquals("7", engine.volumes.runtimeFiles.get("web/domain"));
    RuntimeSpec cleanup = RuntimeSpec.parse(runtime.container("web").orElseThrow().specJson());
    assertEquals(OneExecutor.CLEANUP, cleanup.process().args());
    assertEquals(Boolean.TRUE, anchor.process().terminal());
    assertEquals(null, cleanup.process().terminal());
    assertEquals(anchor.mounts(), cleanup.mounts());
    assertEquals(anchor.linux(), cleanup.linux());
    assertEquals(anchor.process().capabilities(), cleanup.process().capabilities());
    runtime.exit("web", 0);
    await(engine.manager().awaitExit("web"));
    await(engine.manager().delete("web", false, false));
    assertNothingIsLeft();
  }

  @Test
  void aCleanupThatADaemonLeftIsNoAnchorAndRunsAgain() {
    clearing("always");
    int cutShort = runtime.task("web").orElseThrow().pid();
    engine.restart();
    awaitState(TaskState.RUNNING);
    assertNotEquals(cutShort, only().anchor().orElseThrow().pid());
    assertEquals(2, outside.cleanups("web"));
    assertEquals(List.of("serve"), args());
    assertEquals(2, events(TaskEvent.Type.CREATED));
  }

  @Test
  void aCleanupThatEndedWithoutADaemonIsNoAnchorEither() {
    clearing("never");
    engine.manager().close();
    runtime.exit("web", 0);
    engine.restart();
    await(engine.manager().stop("web", false));
    assertEquals(2, outside.cleanups("web"));
    assertEquals(Optional.empty(), runtime.task("web"));
    assertEquals(1, events(TaskEvent.Type.EXITED));
  }

  @Test
  void aFailureIsShownAndToldOnceUntilASuccessGoesOn() {
    running("always");
    // It is tried again by itself, perhaps before anything here is done.
    OptionalInt four = OptionalInt.of(4);
    outside.next("web", FAILS, four, four, four, four, four);
    runtime.exit("web", 0);
    eventually(() -> "" + only(), () -> failure().equals(Optional.of("CLEANUP_FAILED")));
    assertEquals(TaskState.STOPPED, only().state());
    assertEquals(Desired.RUNNING, only().desired());
    eventually(() -> "" + only(), () -> events(TaskEvent.Type.FAILED) > 0);
    String told =
        engine
            .events
            .last("web", TaskEvent.Type.FAILED)
            .failure()
            .orElseThrow()
            .problem()
            .message();
    assertTrue(told.contains("exit code 3") && told.contains("taskctl logs web"), told);
    TaskException refusal = refusal(engine.manager().start("web", false));
    assertEquals("CLEANUP_FAILED", refusal.first().code());
    assertTrue(refusal.first().message().contains("exit code 4"), refusal.getMessage());
    assertEquals(1, events(TaskEvent.Type.FAILED));
    outside.next("web");
    awaitState(TaskState.RUNNING);
    assertEquals(Optional.empty(), failure());
    assertTrue(outside.cleanups("web") >= 3);
  }

  @Test
  void aFailureOutlivesTheDaemon() {
    running("never");
    outside.next("web", FAILS);
    assertEquals("CLEANUP_FAILED", refusal(engine.manager().stop("web", false)).first().code());
    outside.next("web", RUNS_ON);
    engine.restart();
    awaitCleanup(2);
    assertEquals(Optional.of("CLEANUP_FAILED"), failure());
    runtime.exit("web", 0);
    await(engine.manager().stop("web", false));
    assertEquals(Optional.empty(), failure());
    assertEquals(1, events(TaskEvent.Type.FAILED));
  }

  @Test
  void whatIsNotClearedAwayIsDeletedByForceAlone() {
    running("never");
    outside.next("web", FAILS);
    assertEquals("CLEANUP_FAILED", refusal(engine.manager().stop("web", false)).first().code());
    outside.next("web", FAILS);
    TaskException refusal = refusal(engine.manager().delete("web", false, false));
    assertEquals(TaskException.Outcome.REFUSED, refusal.outcome());
    assertEquals("CLEANUP_FAILED", refusal.first().code());
    assertTrue(refusal.first().message().contains("--force"), refusal.getMessage());
    assertEquals(TaskState.STOPPED, only().state());
    outside.next("web", FAILS);
    await(engine.manager().delete("web", true, false));
    assertEquals(3, outside.cleanups("web"));
    assertNothingIsLeft();
  }

  @Test
  void aTaskThatRunsIsDeletedByForceAfterOneTry() {
    running("never");
    outside.next("web", FAILS);
    await(engine.manager().delete("web", true, false));
    assertEquals(1, outside.cleanups("web"));
    assertNothingIsLeft();
  }

  @Test
  void aStartWaitsForATryAndEndsAsThatDoes() {
    clearing("never");
    CompletableFuture<TaskView> start = engine.manager().start("web", false);
    assertFalse(start.isDone());
    outside.next("web", RUNS_ON);
    runtime.signalTask("web", 9, true);
    assertEquals("CLEANUP_FAILED", refusal(start).first().code());
    assertEquals(Desired.RUNNING, only().desired());
    start = engine.manager().start("web", false);
    awaitCleanup(2);
    endCleanup();
    assertEquals(TaskState.RUNNING, await(start).state());
  }

  @Test
  void aDeleteWaitsForATryAndEndsAsThatDoes() {
    clearing("never");
    CompletableFuture<TaskView> delete = engine.manager().delete("web", false, false);
    assertFalse(delete.isDone());
    outside.next("web", RUNS_ON);
    runtime.signalTask("web", 9, true);
    assertEquals("CLEANUP_FAILED", refusal(delete).first().code());
    delete = engine.manager().delete("web", false, false);
    awaitCleanup(2);
    endCleanup();
    await(delete);
    assertNothingIsLeft();
  }

  @Test
  void aTryThatBeginsWhileTheTaskIsRemovedIsTheEndOfNobodysWait() {
    clearing("never");
    CompletableFuture<TaskView> delete = engine.manager().delete("web", true, false);
    List<CompletableFuture<TaskView>> starts = new ArrayList<>();
    engine.store.afterSave(
        record -> {
          if (record.cleanup().flatMap(Standing.Cleanup::failure).isPresent()) {
            engine.store.afterSave(later -> {});
            // Its turn comes before that of the delete, which knows that the try failed.
            starts.add(engine.manager().start("web", false));
          }
        });
    runtime.signalTask("web", 9, true);
    await(delete);
    await(starts.get(0));
    assertEquals(1, outside.cleanups("web"));
    assertNothingIsLeft();
  }

  @Test
  void aReplacementComesWhenNothingIsLeftOfItsPredecessor() {
    running("never");
    outside.next("web", FAILS);
    TaskDocument other = cleaned("other", "never", 5);
    Change change = await(engine.manager().apply(List.of(other), false, false, false)).get(0);
    assertEquals(Change.Action.REPLACE, change.action());
    assertEquals("CLEANUP_FAILED", change.problems().get(0).code());
    assertEquals(
        List.of("serve"), List.copyOf(record().blueprint().orElseThrow().seed().process().args()));
    change =
        await(engine.manager().apply(List.of(cleaned("third", "never", 5)), false, false, false))
            .get(0);
    assertEquals(List.of(), change.problems());
    assertEquals(TaskState.RUNNING, only().state());
    assertEquals(List.of("third"), args());
    assertEquals(2, outside.cleanups("web"));
  }

  private TaskRecord record() {
    return engine.manager().inspect("web").record();
  }

  @Test
  void aReplacementThatACrashCutShortComesAfterTheCleanup() {
    running("never");
    outside.next("web", FAILS);
    TaskDocument other = cleaned("other", "never", 5);
    await(engine.manager().apply(List.of(other), false, false, false));
    engine.restart();
    awaitState(TaskState.RUNNING);
    assertEquals(List.of("other"), args());
    assertEquals(2, outside.cleanups("web"));
  }

  @Test
  void aDocumentWithoutACleanupEndsIt() {
    await(engine.manager().create(cleaned("serve", "never", 4)));
    await(engine.manager().start("web", false));
    outside.next("web", FAILS);
    assertEquals("CLEANUP_FAILED", refusal(engine.manager().stop("web", false)).first().code());
    outside.clear("web");
    Change change =
        await(engine.manager().apply(List.of(cleaned("serve", "never", 3)), false, false, true))
            .get(0);
    assertEquals(Change.Action.UPDATE, change.action());
    assertEquals(Optional.empty(), failure());
    assertEquals(1, outside.cleanups("web"));
  }

  @Test
  void aStartThatFailsMayHaveLeftSomethingAndACreationThatFailsMayNot() {
    runtime.failNext("createTask", broken());
    assertEquals(
        "BROKEN", refusal(engine.manager().create(cleaned("serve", "never", 5))).first().code());
    assertEquals(0, outside.cleanups("web"));
    await(engine.manager().create(cleaned("serve", "on-failure", 5)));
    runtime.failNext("startTask", broken());
    assertEquals("BROKEN", refusal(engine.manager().start("web", false)).first().code());
    awaitState(TaskState.RUNNING);
    assertEquals(1, outside.cleanups("web"));
    await(engine.manager().stop("web", true));
    runtime.failNext("createTask", broken());
    assertEquals("BROKEN", refusal(engine.manager().start("web", false)).first().code());
    awaitState(TaskState.RUNNING);
    assertEquals(2, outside.cleanups("web"));
  }

  @Test
  void aCleanupThatCannotBeRunIsAFailureLikeOthers() {
    running("never");
    runtime.failNext("createContainer", broken());
    TaskException failure = refusal(engine.manager().stop("web", false));
    assertEquals("CLEANUP_FAILED", failure.first().code());
    assertTrue(failure.first().message().contains("BROKEN"), failure.getMessage());
    await(engine.manager().stop("web", false));
    assertFalse(outside.has("web"));
  }

  @Test
  void aConnectionThatBreaksMeanwhileIsNoFailure() {
    clearing("never");
    eventually(() -> "nobody waits for the cleanup", () -> runtime.isAwaited("web"));
    runtime.setConnected(false);
    runtime.setConnected(true);
    await(engine.manager().awaitExit("web"));
    assertEquals(Optional.empty(), failure());
    assertEquals(2, outside.cleanups("web"));
  }

  private static TaskException broken() {
    return TaskException.failed(Problem.host("BROKEN", "for the test"));
  }
}
