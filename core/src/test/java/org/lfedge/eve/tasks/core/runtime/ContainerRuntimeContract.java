package org.lfedge.eve.tasks.core.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.RuntimeTask;

/** What every {@link ContainerRuntime} does. Each test uses ids of its own and cleans them up. */
public abstract class ContainerRuntimeContract {

  private static final long LONG = 60;
  private static final int SIGKILL = 9;
  private static final long MIB = 1 << 20;

  /** The runtime under test, the same for all tests. */
  protected abstract ContainerRuntime runtime();

  /** A root with a writable layer. */
  protected abstract RootFilesystem root();

  /** A spec whose program runs until it is told to end. */
  protected abstract String spec(String id);

  /** Where the streams of a task go. */
  protected abstract OutputFiles output(String id);

  /** Makes the program of a running task end with code 7. */
  protected abstract void endWithSeven(String id);

  /** The start time of a process, if it lives. */
  protected abstract OptionalLong startTime(int pid);

  /** Records a container and makes its anchor. */
  protected Anchor created(String id) {
    runtime().prepareRoot(id, root());
    record(id);
    return create(id);
  }

  protected void record(String id) {
    runtime().createContainer(id, root(), spec(id), new TreeMap<>());
  }

  protected Anchor create(String id) {
    int pid = runtime().createTask(id, root(), output(id));
    return new Anchor(pid, startTime(pid).orElseThrow(), "boot");
  }

  /** Records a container and starts its anchor. */
  protected Anchor running(String id) {
    Anchor anchor = created(id);
    runtime().startTask(id);
    return anchor;
  }

  /** Waits for the end of a task. */
  protected ExitStatus exit(String id) {
    return get(runtime().awaitExit(id));
  }

  protected static ExitStatus get(CompletableFuture<ExitStatus> future) {
    try {
      return future.get(LONG, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("no exit was reported", e);
    }
  }

  /** Removes all that there is of a container. */
  protected void cleanUp(String id) {
    if (runtime().task(id).isPresent()) {
      if (runtime().signalTask(id, SIGKILL, true)) {
        exit(id);
      }
      runtime().deleteTask(id);
    }
    runtime().deleteContainer(id);
    runtime().removeRoot(id);
  }

  /**
   * The spec of {@link #spec} with other limits.
   *
   * @param cpus the CPUs that it may use, as a list; empty for all
   */
  protected abstract String spec(String id, long memoryBytes, long quota, Optional<String> cpus);

  /** The limits that the cgroup of a task has now, as the spec with them. */
  protected abstract void assertLimits(
      String id, long memoryBytes, long quota, Optional<String> cpus);

  /** Makes a running task use 16 MiB or some more that cannot be taken from it. */
  protected abstract void useSixteenMebibytes(String id);

  private Optional<RuntimeTask.Status> status(String id) {
    return runtime().task(id).map(RuntimeTask::status);
  }

  private static void assertRefused(String code, Executable call) {
    assertEquals(code, assertThrows(TaskException.class, call).first().code());
  }

  @Test
  void anAnchorExistsFromCreateToEndUnderOnePidAndStartTime() {
    Anchor anchor = created("one-pid");
    assertEquals(Optional.of(RuntimeTask.Status.CREATED), status("one-pid"));
    assertEquals(anchor.pid(), runtime().task("one-pid").orElseThrow().pid());

    runtime().startTask("one-pid");
    RuntimeTask task = runtime().task("one-pid").orElseThrow();
    assertEquals(RuntimeTask.Status.RUNNING, task.status());
    assertEquals(anchor.pid(), task.pid());
    assertEquals(OptionalLong.of(anchor.startTime()), startTime(task.pid()));

    cleanUp("one-pid");
    assertNotEquals(OptionalLong.of(anchor.startTime()), startTime(anchor.pid()));
  }

  @Test
  void anExitIsReportedWithItsCodeToEveryWaitAndKeptUntilTheTaskIsDeleted() {
    running("exits");
    CompletableFuture<ExitStatus> first = runtime().awaitExit("exits");
    CompletableFuture<ExitStatus> second = runtime().awaitExit("exits");
    assertFalse(first.isDone());
    endWithSeven("exits");
    assertEquals(OptionalInt.of(7), get(first).code());
    assertEquals(OptionalInt.of(7), get(second).code());
    assertFalse(get(first).oomKilled());
    assertEquals(get(first), exit("exits"), "a wait after the end");

    RuntimeTask task = runtime().task("exits").orElseThrow();
    assertEquals(RuntimeTask.Status.STOPPED, task.status());
    assertEquals(Optional.of(get(first)), task.exit());

    runtime().deleteTask("exits");
    assertEquals(Optional.empty(), runtime().task("exits"));
    assertTrue(exit("exits").code().isEmpty(), "after the delete it is unknown");
    cleanUp("exits");
  }

  @Test
  void aKillEndsAnAnchorThatIsCreatedOrRuns() {
    created("killed");
    assertTrue(runtime().signalTask("killed", SIGKILL, false));
    assertEquals(OptionalInt.of(SIGKILL), exit("killed").signal());
    runtime().deleteTask("killed");

    create("killed");
    runtime().startTask("killed");
    assertTrue(runtime().signalTask("killed", SIGKILL, true));
    assertEquals(OptionalInt.of(137), exit("killed").code());
    cleanUp("killed");
  }

  @Test
  void aSignalToWhatDoesNotRunReachesNobody() {
    assertFalse(runtime().signalTask("nobody", SIGKILL, false));
    running("nobody");
    endWithSeven("nobody");
    exit("nobody");
    assertFalse(runtime().signalTask("nobody", SIGKILL, false));
    assertFalse(runtime().signalTask("nobody", SIGKILL, true));
    cleanUp("nobody");
    assertFalse(runtime().signalTask("nobody", SIGKILL, true));
  }

  @Test
  void aContainerCanHaveOneTaskAfterAnother() {
    Anchor first = running("again");
    endWithSeven("again");
    exit("again");
    runtime().deleteTask("again");
    Anchor second = create("again");
    assertNotEquals(first, second);
    assertEquals(Optional.of(RuntimeTask.Status.CREATED), status("again"));
    cleanUp("again");
  }

  @Test
  void aTaskOutOfTurnIsRefusedAndNothingChanges() {
    assertRefused("CONTAINER_NOT_FOUND", () -> create("turn"));
    assertRefused("ROOT_NOT_PREPARED", () -> record("turn"));
    assertRefused("TASK_NOT_FOUND", () -> runtime().startTask("turn"));

    Anchor anchor = created("turn");
    assertRefused("TASK_EXISTS", () -> create("turn"));
    assertRefused("TASK_EXISTS", () -> record("turn"));
    assertRefused("TASK_EXISTS", () -> runtime().deleteContainer("turn"));
    assertRefused("ROOT_IN_USE", () -> runtime().removeRoot("turn"));
    assertRefused("TASK_NOT_STOPPED", () -> runtime().deleteTask("turn"));
    assertEquals(OptionalLong.of(anchor.startTime()), startTime(anchor.pid()));

    runtime().startTask("turn");
    assertRefused("TASK_NOT_CREATED", () -> runtime().startTask("turn"));
    assertRefused("TASK_NOT_STOPPED", () -> runtime().deleteTask("turn"));
    assertRefused("TASK_EXISTS", () -> create("turn"));
    assertEquals(Optional.of(RuntimeTask.Status.RUNNING), status("turn"));
    assertEquals(OptionalLong.of(anchor.startTime()), startTime(anchor.pid()));

    endWithSeven("turn");
    exit("turn");
    assertRefused("TASK_NOT_CREATED", () -> runtime().startTask("turn"));
    assertRefused("TASK_EXISTS", () -> create("turn"));
    cleanUp("turn");
  }

  @Test
  void aWritableLayerIsMadeOnceAndNeverOverAnotherRoot() {
    runtime().prepareRoot("layer", root());
    runtime().prepareRoot("layer", root());
    RootFilesystem other = new RootFilesystem.Layers("sha256:" + "0".repeat(64));
    assertRefused("ROOT_DIFFERS", () -> runtime().prepareRoot("layer", other));
    assertTrue(runtime().roots().contains("layer"));
    cleanUp("layer");
    assertFalse(runtime().roots().contains("layer"));
  }

  @Test
  void aRootWithoutAWritableLayerNeedsNothingPrepared() {
    RootFilesystem plain = new RootFilesystem.Directory("/");
    runtime().prepareRoot("plain", plain);
    assertFalse(runtime().roots().contains("plain"));
    runtime().createContainer("plain", plain, spec("plain"), new TreeMap<>());
    cleanUp("plain");
  }

  @Test
  void whateverRemovesSomethingSucceedsIfItIsNotThere() {
    runtime().deleteTask("absent");
    runtime().deleteContainer("absent");
    runtime().removeRoot("absent");
    created("absent");
    cleanUp("absent");
    cleanUp("absent");
    assertFalse(runtime().containers().contains("absent"));
  }

  @Test
  void allTasksAreListedAsTheyAreSeenOneByOne() {
    created("all-b");
    running("all-a");
    running("all-c");
    endWithSeven("all-c");
    exit("all-c");
    runtime().prepareRoot("all-d", root());
    record("all-d");
    SortedMap<String, RuntimeTask> all = runtime().tasks();
    List<String> ids = List.of("all-a", "all-b", "all-c");
    assertEquals(ids, all.keySet().stream().filter(id -> id.startsWith("all-")).toList());
    for (String id : ids) {
      assertEquals(runtime().task(id), Optional.ofNullable(all.get(id)), id);
    }
    Optional<ExitStatus> end = Optional.ofNullable(all.get("all-c")).flatMap(RuntimeTask::exit);
    assertEquals(OptionalInt.of(7), end.orElseThrow().code());
    ids.forEach(this::cleanUp);
    cleanUp("all-d");
  }

  @Test
  void limitsAreRaisedAndLoweredUnderARunningProgram() {
    Anchor anchor = running("limits");
    assertLimits("limits", 64 * MIB, -1, Optional.empty());
    List<Optional<String>> sets = List.of(Optional.of("0"), Optional.of("0"), Optional.empty());
    long[] sizes = {96 * MIB, 16 * MIB, 128 * MIB};
    for (int i = 0; i < sizes.length; i++) {
      long quota = 20_000 * (i + 1L);
      runtime().updateResources("limits", spec("limits", sizes[i], quota, sets.get(i)));
      assertLimits("limits", sizes[i], quota, sets.get(i));
    }
    assertEquals(Optional.of(RuntimeTask.Status.RUNNING), status("limits"));
    assertEquals(anchor.pid(), runtime().task("limits").orElseThrow().pid());
    assertEquals(OptionalLong.of(anchor.startTime()), startTime(anchor.pid()));
    cleanUp("limits");
  }

  @Test
  void limitsOfAStoppedTaskHoldFromItsNextStartOn() {
    running("later");
    endWithSeven("later");
    exit("later");
    runtime().updateResources("later", spec("later", 32 * MIB, 30_000, Optional.of("0")));
    runtime().deleteTask("later");
    runtime().updateResources("later", spec("later", 48 * MIB, 30_000, Optional.of("0")));
    create("later");
    assertLimits("later", 48 * MIB, 30_000, Optional.of("0"));
    runtime().updateResources("later", spec("later", 40 * MIB, 10_000, Optional.empty()));
    assertLimits("later", 40 * MIB, 10_000, Optional.empty());
    cleanUp("later");
  }

  @Test
  void aLimitBelowWhatIsInUseIsRefusedAndNothingChanges() {
    running("full");
    runtime().updateResources("full", spec("full", 80 * MIB, 50_000, Optional.empty()));
    Anchor anchor =
        new Anchor(
            runtime().task("full").orElseThrow().pid(),
            startTime(runtime().task("full").orElseThrow().pid()).orElseThrow(),
            "boot");
    useSixteenMebibytes("full");
    TaskException refusal =
        assertThrows(
            TaskException.class,
            () ->
                runtime().updateResources("full", spec("full", 8 * MIB, 20_000, Optional.of("0"))));
    assertEquals("MEMORY_IN_USE", refusal.first().code());
    assertEquals(TaskException.Outcome.REFUSED, refusal.outcome());
    assertTrue(refusal.first().message().matches(".*uses [1-5][0-9]{7} .*"), refusal.getMessage());
    assertLimits("full", 80 * MIB, 50_000, Optional.empty());
    assertEquals(OptionalLong.of(anchor.startTime()), startTime(anchor.pid()));

    runtime().signalTask("full", SIGKILL, true);
    exit("full");
    runtime().deleteTask("full");
    create("full");
    assertLimits("full", 80 * MIB, 50_000, Optional.empty());
    cleanUp("full");
  }

  @Test
  void limitsOfWhatIsNotOnRecordAreRefused() {
    assertRefused("CONTAINER_NOT_FOUND", () -> runtime().updateResources("none", spec("none")));
  }

  @Test
  void listsAreSorted() {
    List<String> ids = List.of("list-c", "list-a", "list-b");
    for (String id : ids) {
      runtime().prepareRoot(id, root());
      record(id);
    }
    List<String> sorted = ids.stream().sorted().toList();
    assertEquals(sorted, withPrefix(runtime().containers()));
    assertEquals(sorted, withPrefix(runtime().roots()));
    assertEquals(
        List.of("list-b"),
        withPrefix(
            runtime().containersBesides(new TreeSet<>(Set.of("list-a", "list-c", "absent")))));
    assertEquals(sorted, withPrefix(runtime().containersBesides(new TreeSet<>())));
    ids.forEach(this::cleanUp);
    assertEquals(List.of(), withPrefix(runtime().containers()));
  }

  private static OptionalInt code(CompletableFuture<OptionalInt> run) {
    try {
      return run.get(LONG, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("a program inside a task did not end", e);
    }
  }

  private static TaskException failure(CompletableFuture<OptionalInt> run) {
    Exception failure =
        assertThrows(ExecutionException.class, () -> run.get(LONG, TimeUnit.SECONDS));
    return assertInstanceOf(TaskException.class, failure.getCause());
  }

  private CompletableFuture<OptionalInt> inside(String id, String... args) {
    return runtime().runInside(id, List.of(args), Duration.ofSeconds(LONG));
  }

  @Test
  void aProgramInsideARunningTaskEndsWithItsOwnCode() {
    running("inside");
    assertEquals(OptionalInt.of(0), code(inside("inside", "/bin/true")));
    assertEquals(OptionalInt.of(3), code(inside("inside", "/bin/sh", "-c", "exit 3")));
    List<CompletableFuture<OptionalInt>> many =
        IntStream.range(0, 10).mapToObj(i -> inside("inside", "/bin/true")).toList();
    many.forEach(run -> assertEquals(OptionalInt.of(0), code(run)));
    assertEquals(Optional.of(RuntimeTask.Status.RUNNING), status("inside"));
    cleanUp("inside");
  }

  @Test
  void aProgramInsideThatTakesTooLongIsKilledAndHasNoCode() {
    running("slow");
    assertEquals(
        OptionalInt.empty(),
        code(runtime().runInside("slow", List.of("/bin/sleep", "1000"), Duration.ofMillis(300))));
    cleanUp("slow");
  }

  @Test
  void aProgramThatIsNotInsideIsTheUsersProblem() {
    running("without");
    TaskException failure = failure(inside("without", "/nope"));
    assertEquals("EXECUTABLE_NOT_FOUND", failure.first().code());
    assertEquals(Problem.Kind.USER, failure.first().kind());
    cleanUp("without");
  }

  @Test
  void nothingRunsInsideATaskThatDoesNotRun() {
    assertEquals("TASK_NOT_RUNNING", failure(inside("idle", "/bin/true")).first().code());
    created("idle");
    assertEquals("TASK_NOT_RUNNING", failure(inside("idle", "/bin/true")).first().code());
    runtime().startTask("idle");
    endWithSeven("idle");
    exit("idle");
    assertEquals("TASK_NOT_RUNNING", failure(inside("idle", "/bin/true")).first().code());
    cleanUp("idle");
  }

  @Test
  void aProgramInsideEndsWithItsTask() {
    running("brief");
    CompletableFuture<OptionalInt> run = inside("brief", "/bin/sleep", "1000");
    assertTrue(runtime().signalTask("brief", SIGKILL, true));
    exit("brief");
    // It may have come too late to be started.
    run.handle((code, failure) -> failure == null ? code : OptionalInt.of(137))
        .thenAccept(code -> assertEquals(OptionalInt.of(137), code))
        .orTimeout(LONG, TimeUnit.SECONDS)
        .join();
    cleanUp("brief");
  }

  private static List<String> withPrefix(List<String> ids) {
    return ids.stream().filter(id -> id.startsWith("list-")).toList();
  }
}
