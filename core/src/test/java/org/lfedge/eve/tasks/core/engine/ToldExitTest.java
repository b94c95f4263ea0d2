package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.eventually;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;

/** Tasks whose anchors tell in files what their ends mean, and that keep something of their own. */
class ToldExitTest extends EngineTest {

  private static TaskDocument telling(String policy) {
    return document(
        "{name: web, root: {image: web}, command: [serve], resources: {memory: 64MiB},"
            + " options: {level: 6}, stop: {grace: 100ms}, restart: {policy: "
            + policy
            + ", backoff: 1ms}}");
  }

  private void running(String policy, boolean once) {
    await(engine.manager().create(telling(policy)));
    await(engine.manager().start("web", once));
  }

  private void tell(String file, String text) {
    engine.volumes.runtimeFiles.put("web/" + file, text);
  }

  private long count(TaskEvent.Type type) {
    return engine.events.types("web").stream().filter(type::equals).count();
  }

  private ExitStatus exit() {
    return only().exit().orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({"on-failure", "always"})
  void aRebootIsFollowedByAStartThatIsCountedForNothing(String policy) {
    running(policy, false);
    tell("log", "reset");
    runtime.exit("web", 0);
    eventually(() -> "" + only(), () -> count(TaskEvent.Type.STARTED) == 2);
    awaitState(TaskState.RUNNING);
    TaskEvent exited = engine.events.last("web", TaskEvent.Type.EXITED);
    assertEquals(Optional.of(Outcome.REBOOT), exited.exit().orElseThrow().outcome());
    TaskEvent restarting = engine.events.last("web", TaskEvent.Type.RESTARTING);
    assertEquals(Optional.of("it told: reset"), restarting.reason());
    assertEquals(0, only().supervision().restarts());
    // What told of the end before is gone.
    TaskView stopped = await(engine.manager().stop("web", false));
    assertEquals(Optional.empty(), stopped.exit().orElseThrow().meaning());
  }

  @ParameterizedTest
  @CsvSource({"never, false", "on-failure, true", "always, true"})
  void aRebootIsTheEndWhereNothingIsStartedAgain(String policy, boolean once) {
    running(policy, once);
    tell("log", "reset");
    runtime.exit("web", 1);
    awaitState(TaskState.STOPPED);
    assertEquals(Optional.of(Outcome.REBOOT), exit().outcome());
    assertTrue(exit().success());
    assertEquals(Optional.empty(), only().supervision().nextStart());
    assertEquals(once ? Desired.STOPPED : Desired.RUNNING, only().desired());
  }

  @Test
  void aCrashIsAFailureWhateverTheCode() {
    running("on-failure", false);
    tell("log", "panic");
    runtime.exit("web", 0);
    eventually(() -> "" + only(), () -> only().supervision().restarts() == 1);
    assertEquals(Optional.of("it told: panic"), only().supervision().reason());
    awaitState(TaskState.RUNNING);
  }

  @Test
  void whatIsASuccessIsNotFollowedByAStartWhateverTheCode() {
    running("on-failure", false);
    tell("log", "off");
    runtime.exit("web", 7);
    awaitState(TaskState.STOPPED);
    assertEquals(OptionalInt.of(7), exit().code());
    assertEquals(Optional.empty(), only().supervision().nextStart());
  }

  @Test
  void ofAStopTheCodeAndTheMeaningStand() {
    running("always", false);
    tell("log", "panic");
    TaskView stopped = await(engine.manager().stop("web", false));
    assertEquals(Optional.of("it told: panic"), stopped.exit().orElseThrow().meaning());
    assertEquals(Optional.empty(), stopped.exit().orElseThrow().outcome());
    await(engine.manager().start("web", false));
    tell("code", "3");
    stopped = await(engine.manager().stop("web", false));
    assertEquals(OptionalInt.of(3), stopped.exit().orElseThrow().code());
    assertEquals(Optional.empty(), stopped.supervision().nextStart());
  }

  @Test
  void aKillForWantOfMemoryIsWhatItIsWhateverWasTold() {
    running("never", false);
    tell("code", "0");
    runtime.killForMemory("web");
    awaitState(TaskState.STOPPED);
    assertTrue(exit().oomKilled());
    assertEquals(OptionalInt.of(137), exit().code());
  }

  @Test
  void anEndWhileNoDaemonRanIsJudgedByTheNext() {
    running("never", false);
    engine.manager().close();
    tell("log", "panic");
    runtime.exit("web", 0);
    engine.restart();
    awaitState(TaskState.STOPPED);
    assertEquals(Optional.of(Outcome.CRASH), exit().outcome());
    engine.restart();
    assertEquals(Optional.of(Outcome.CRASH), exit().outcome());
    assertEquals(1, count(TaskEvent.Type.EXITED));
  }

  @Test
  void aStateStaysUntilTheTaskIsDeleted() {
    List<String> kept = List.of("web/vars");
    running("never", false);
    await(engine.manager().stop("web", false));
    engine.reboot();
    assertEquals(kept, List.copyOf(engine.volumes.states));
    TaskDocument other =
        document(
            "{name: web, root: {image: web}, command: [other], resources: {memory: 64MiB},"
                + " options: {level: 6}, restart: {policy: never}}");
    Change change = await(engine.manager().apply(List.of(other), false, false, false)).get(0);
    assertEquals(Change.Action.REPLACE, change.action());
    assertEquals(kept, List.copyOf(engine.volumes.states));
    await(engine.manager().delete("web", true, false));
    assertNothingIsLeft();
    engine.volumes.states.add("gone/vars");
    engine.restart();
    assertNothingIsLeft();
  }
}
