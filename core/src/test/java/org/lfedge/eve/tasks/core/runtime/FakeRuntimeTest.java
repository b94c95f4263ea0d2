package org.lfedge.eve.tasks.core.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.RuntimeTask;

class FakeRuntimeTest extends ContainerRuntimeContract {

  private final FakeRuntime runtime = new FakeRuntime();

  /** The programs of the contract. */
  @BeforeEach
  void playInside() {
    runtime.playInside(
        run ->
            switch (run.args().get(0)) {
              case "/bin/true" -> CompletableFuture.completedFuture(OptionalInt.of(0));
              case "/bin/sh" -> CompletableFuture.completedFuture(OptionalInt.of(3));
              case "/bin/sleep" ->
                  new CompletableFuture<OptionalInt>()
                      .completeOnTimeout(
                          OptionalInt.empty(), run.limit().toMillis(), TimeUnit.MILLISECONDS);
              default ->
                  CompletableFuture.failedFuture(
                      TaskException.failed(
                          Problem.user("EXECUTABLE_NOT_FOUND", run.args().get(0))));
            });
  }

  @Override
  protected ContainerRuntime runtime() {
    return runtime;
  }

  @Override
  protected RootFilesystem root() {
    return new RootFilesystem.LayeredDirectory("/srv/root");
  }

  @Override
  protected String spec(String id) {
    return spec(id, 64 << 20, -1, Optional.empty());
  }

  @Override
  protected String spec(String id, long memoryBytes, long quota, Optional<String> cpus) {
    return "{\"memory\": {\"limit\": " + memoryBytes + "}, \"quota\": " + quota + ", " + cpus + "}";
  }

  @Override
  protected void assertLimits(String id, long memoryBytes, long quota, Optional<String> cpus) {
    assertEquals(spec(id, memoryBytes, quota, cpus), runtime.liveSpec(id));
  }

  @Override
  protected void useSixteenMebibytes(String id) {
    runtime.useMemory(id, 16 << 20);
  }

  @Override
  protected OutputFiles output(String id) {
    return new OutputFiles(Path.of("/log", id, "stdout"), Path.of("/log", id, "stderr"));
  }

  @Override
  protected void endWithSeven(String id) {
    runtime.exit(id, 7);
  }

  @Override
  protected OptionalLong startTime(int pid) {
    return runtime.startTime(pid);
  }

  @Property
  void anySequenceOfCommandsKeepsTheLifecycleRules(
      @ForAll("sequences") List<LifecycleCommands.Command> commands) {
    LifecycleCommands.run(this, "sequence", commands);
  }

  @Provide
  Arbitrary<List<LifecycleCommands.Command>> sequences() {
    return LifecycleCommands.sequences(60);
  }

  @Test
  void anIgnoredSignalReachesTheProgramAndDoesNotEndIt() {
    running("deaf");
    runtime.ignoreSignal(15);
    assertTrue(runtime.signalTask("deaf", 15, false));
    assertEquals(
        Optional.of(RuntimeTask.Status.RUNNING), runtime.task("deaf").map(RuntimeTask::status));
  }

  @Test
  void aFailureThatWasAskedForComesOnceAndChangesNothing() {
    runtime.prepareRoot("broken", root());
    record("broken");
    runtime.failNext("createTask", TaskException.failed(Problem.host("NO_SPACE", "disk full")));
    TaskException failure = assertThrows(TaskException.class, () -> create("broken"));
    assertEquals("NO_SPACE", failure.first().code());
    assertEquals(Optional.empty(), runtime.task("broken"));
    create("broken");
    assertEquals(
        List.of("prepareRoot broken", "createContainer broken", "createTask broken"),
        runtime.effects());
  }

  @Test
  void aLostTaskEndsWithAnUnknownStatus() {
    running("lost");
    CompletableFuture<ExitStatus> exit = runtime.awaitExit("lost");
    runtime.lose("lost");
    assertTrue(get(exit).code().isEmpty());
    assertEquals(Optional.empty(), runtime.task("lost"));
  }

  @Test
  void tasksGoOnWhileTheConnectionIsAway() {
    running("apart");
    CompletableFuture<ExitStatus> exit = runtime.awaitExit("apart");
    runtime.setConnected(false);
    assertTrue(exit.isCompletedExceptionally());
    assertThrows(TaskException.class, () -> runtime.task("apart"));
    runtime.exit("apart", 3);
    runtime.setConnected(true);
    assertEquals(3, exit("apart").code().orElseThrow());
  }

  @Test
  void aProcessKilledForMemorySaysSo() {
    running("hungry");
    runtime.killForMemory("hungry");
    assertTrue(exit("hungry").oomKilled());
  }
}
