package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.host.CgroupMounts;
import org.lfedge.eve.tasks.core.host.LinuxProcesses;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.runtime.ContainerRuntimeContract;
import org.lfedge.eve.tasks.core.runtime.LifecycleCommands;

@Tag("exclusive") // It looks at all mounts of the machine.
class ContainerdRuntimeIT extends ContainerRuntimeContract {

  private final TestBed bed = SharedTestBed.bed();
  private final LinuxProcesses processes = new LinuxProcesses(CgroupMounts.find());
  private final ContainerdRuntime runtime = new ContainerdRuntime(SharedTestBed.client());

  @Override
  protected ContainerRuntime runtime() {
    return runtime;
  }

  @Override
  protected RootFilesystem root() {
    return new RootFilesystem.LayeredDirectory(bed.busyboxRoot().toString());
  }

  @Override
  protected String spec(String id) {
    return bed.spec(id, TestBed.WAITS_FOR_USR1);
  }

  @Override
  protected String spec(String id, long memoryBytes, long quota, Optional<String> cpus) {
    return bed.spec(id, memoryBytes, TestBed.WAITS_FOR_USR1)
        .replace(
            "\"resources\": {",
            "\"resources\": {\"cpu\": {\"quota\": %d, \"period\": 100000%s}, "
                .formatted(quota, cpus.map(list -> ", \"cpus\": \"" + list + "\"").orElse("")));
  }

  @Override
  protected void assertLimits(String id, long memoryBytes, long quota, Optional<String> cpus) {
    SortedMap<String, String> limits = processes.limits(bed.cgroup(id));
    boolean v1 = limits.containsKey("cpu.cfs_quota_us");
    assertEquals(
        Long.toString(memoryBytes), limits.get(v1 ? "memory.limit_in_bytes" : "memory.max"));
    assertEquals(
        v1 ? Long.toString(quota) : (quota < 0 ? "max" : quota) + " 100000",
        limits.get(v1 ? "cpu.cfs_quota_us" : "cpu.max"));
    Optional<String> all = Optional.ofNullable(processes.limits("/").get("cpuset.cpus"));
    assertEquals(cpus.or(() -> all).orElse(""), limits.get("cpuset.cpus"));
  }

  @Override
  protected void useSixteenMebibytes(String id) {
    bed.awaitReady(id);
    assertTrue(runtime.signalTask(id, TestBed.SIGUSR2, false));
    TestBed.await("memory", () -> bed.printed(id).contains("full"));
  }

  @Override
  protected OutputFiles output(String id) {
    return runtime.task(id).isPresent() ? bed.outputFiles(id) : bed.output(id);
  }

  @Override
  protected void endWithSeven(String id) {
    // As PID 1 it ignores the signal until it has a handler.
    bed.awaitReady(id);
    assertTrue(runtime.signalTask(id, TestBed.SIGUSR1, false));
  }

  @Override
  protected OptionalLong startTime(int pid) {
    return TestBed.startTime(pid);
  }

  @Property(tries = 15)
  void anySequenceOfCommandsKeepsTheLifecycleRules(
      @ForAll("sequences") List<LifecycleCommands.Command> commands) {
    LifecycleCommands.run(this, "sequence", commands);
  }

  @Provide
  Arbitrary<List<LifecycleCommands.Command>> sequences() {
    return LifecycleCommands.sequences(60);
  }

  /** Runs a program to its end in a container that is there. */
  private ExitStatus runToEnd(String id, RootFilesystem root, String spec) {
    runtime.prepareRoot(id, root);
    runtime.createContainer(id, root, spec, new TreeMap<>());
    runtime.createTask(id, root, bed.output(id));
    runtime.startTask(id);
    ExitStatus status = exit(id);
    runtime.deleteTask(id);
    return status;
  }

  private ExitStatus shell(String id, RootFilesystem root, String script) {
    return runToEnd(id, root, bed.spec(id, "/bin/sh", "-c", script));
  }

  @Test
  void theProgramDoesNotRunBeforeStart() {
    RootFilesystem root = root();
    runtime.prepareRoot("waits", root);
    runtime.createContainer("waits", root, bed.spec("waits", "/bin/echo", "ran"), new TreeMap<>());
    int pid = runtime.createTask("waits", root, bed.output("waits"));
    assertTrue(startTime(pid).isPresent());
    assertEquals("", bed.printed("waits"));
    runtime.startTask("waits");
    assertTrue(exit("waits").success());
    // It waits for what was written.
    runtime.deleteTask("waits");
    assertEquals("ran\n", bed.printed("waits"));
    cleanUp("waits");
  }

  @Test
  void theTwoStreamsAreKeptApart() {
    shell("streams", root(), "echo out; echo err >&2");
    assertEquals("out\n", bed.printed("streams"));
    assertEquals("err\n", bed.complained("streams"));
    cleanUp("streams");
  }

  @Test
  void aContainerRecordedAgainHasTheNewSpec() {
    assertEquals(3, shell("respec", root(), "exit 3").code().orElseThrow());
    assertEquals(4, shell("respec", root(), "exit 4").code().orElseThrow());
    cleanUp("respec");
  }

  @Test
  void aContainerRecordedAgainMayHaveAnotherKindOfRoot() {
    RootFilesystem plain = new RootFilesystem.Directory(bed.busyboxRoot().toString());
    assertTrue(shell("rekind", plain, "true").success());
    assertTrue(shell("rekind", root(), "true").success());
    assertTrue(shell("rekind", plain, "true").success());
    cleanUp("rekind");
  }

  @Test
  void whatIsWrittenOverADirectoryStaysInTheLayerOverAllStarts() {
    assertTrue(shell("layered", root(), "echo kept > /file; rm /tmp -r; mkdir /new").success());
    assertTrue(shell("layered", root(), "cat /file && ls -d /new && ! ls /tmp").success());
    assertFalse(Files.exists(bed.busyboxRoot().resolve("file")));
    assertTrue(Files.exists(bed.busyboxRoot().resolve("tmp")));
    cleanUp("layered");
    assertFalse(shell("layered", root(), "cat /file").success(), "a new layer is empty");
    cleanUp("layered");
  }

  @Test
  void aDirectoryUnderALayerMayHaveAnyName() throws IOException {
    Path odd = bed.directory().resolve("a:b,c\\d e");
    Files.createDirectories(odd.resolve("bin"));
    Files.copy(bed.busyboxRoot().resolve("bin/busybox"), odd.resolve("bin/sh"));
    Files.createDirectory(odd.resolve("proc"));
    assertTrue(
        shell("odd", new RootFilesystem.LayeredDirectory(odd.toString()), "exit 0").success());
    cleanUp("odd");
  }

  @Test
  void whatIsWrittenToAWritableDirectoryIsInIt() throws IOException {
    Path directory = bed.directory().resolve("writable");
    Files.createDirectories(directory.resolve("bin"));
    Files.createDirectory(directory.resolve("proc"));
    Files.copy(bed.busyboxRoot().resolve("bin/busybox"), directory.resolve("bin/sh"));
    RootFilesystem root = new RootFilesystem.Directory(directory.toString());
    List<String> before = TestBed.mounts();
    assertTrue(shell("writes", root, "echo here > /file").success());
    assertEquals("here\n", Files.readString(directory.resolve("file")));
    assertEquals(before, TestBed.mounts());
    cleanUp("writes");
  }

  @Test
  void tasksOnTheNodesOwnRootLeaveItsMountTableAsItWas() {
    RootFilesystem host = new RootFilesystem.Host();
    created("neighbour");
    runtime.startTask("neighbour");
    List<String> before = TestBed.mounts();
    for (int i = 0; i < 5; i++) {
      ExitStatus status =
          runToEnd("host", host, bed.spec("host", "/bin/sh", "-c", "wc -l < /proc/self/mounts"));
      assertTrue(status.success());
      int seen = Integer.parseInt(bed.printed("host").strip());
      assertTrue(
          seen <= before.size() + 10, seen + " mounts inside, " + before.size() + " outside");
      assertTrue(seen >= 3, "the node's file systems are there: " + seen);
    }
    assertEquals(before, TestBed.mounts());
    cleanUp("host");
    cleanUp("neighbour");
  }

  @Test
  void aTaskThatNeedsTooMuchMemoryIsSeenAsKilledForIt() {
    RootFilesystem root = root();
    String spec = bed.spec("hungry", 8 << 20, "/bin/sh", "-c", "exec tail -c 100000000 /dev/zero");
    runtime.prepareRoot("hungry", root);
    runtime.createContainer("hungry", root, withDev(spec), new TreeMap<>());
    runtime.createTask("hungry", root, bed.output("hungry"));
    runtime.startTask("hungry");
    ExitStatus status = exit("hungry");
    assertEquals(137, status.code().orElseThrow());
    assertTrue(status.oomKilled());
    assertEquals(status, runtime.task("hungry").orElseThrow().exit().orElseThrow());
    cleanUp("hungry");
  }

  @Test
  void anAnchorThatEndsByItselfWasNotKilledForMemory() {
    RootFilesystem root = root();
    String script = "tail -c 100000000 /dev/zero; echo $?; exit 3";
    String spec = bed.spec("parent", 8 << 20, "/bin/sh", "-c", script);
    runtime.prepareRoot("parent", root);
    runtime.createContainer("parent", root, withDev(spec), new TreeMap<>());
    runtime.createTask("parent", root, bed.output("parent"));
    runtime.startTask("parent");
    ExitStatus status = exit("parent");
    runtime.deleteTask("parent");
    assertEquals("137", bed.printed("parent").strip());
    assertEquals(3, status.code().orElseThrow());
    assertFalse(status.oomKilled());
    cleanUp("parent");
  }

  private static String withDev(String spec) {
    return spec.replace(
        "\"mounts\": [",
        "\"mounts\": [{\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}, ");
  }

  @Test
  void anEndThatIsLostWithTheShimIsUnknown() {
    running("shimless");
    var exit = runtime.awaitExit("shimless");
    long shim = shimOf("shimless");
    assertTrue(ProcessHandle.of(shim).orElseThrow().destroyForcibly());
    assertTrue(get(exit).code().isEmpty());
    TestBed.await("the task to go", () -> runtime.task("shimless").isEmpty());
    assertTrue(exit("shimless").code().isEmpty());
    cleanUp("shimless");
  }

  @Test
  void afterTheDeleteOfATaskItsShimIsGone() {
    running("shim");
    assertNotEquals(0, shimOf("shim"));
    endWithSeven("shim");
    exit("shim");
    runtime.deleteTask("shim");
    awaitNoShim("shim");
    cleanUp("shim");
  }

  @Test
  void whatAProgramInsideHasStartedIsKilledWithIt() {
    running("family");
    String script = "sleep 31415 & (sleep 31416; true) & while :; do sleep 0.01; done";
    var run = runtime.runInside("family", List.of("/bin/sh", "-c", script), Duration.ofSeconds(5));
    TestBed.await("the programs to run", () -> !processes("sleep 3141").isEmpty());
    assertEquals(OptionalInt.empty(), run.orTimeout(60, TimeUnit.SECONDS).join());
    assertEquals(List.of(), processes("sleep 3141"));
    cleanUp("family");
  }

  @Test
  void whatAKilledDaemonLeftInsideGoesWhenTheNextOneUsesTheTask() {
    running("left");
    try (ContainerdClient client = ContainerdClient.connect(bed.containerd().socket(), "tests")) {
      var lost =
          new ContainerdRuntime(client)
              .runInside("left", List.of("/bin/sleep", "27182"), Duration.ofMinutes(10));
      TestBed.await("the program to run", () -> !processes("/bin/sleep 27182").isEmpty());
      assertFalse(lost.isDone());
    }
    assertEquals(1, processes("/bin/sleep 27182").size());
    var next = runtime.runInside("left", List.of("/bin/true"), Duration.ofMinutes(1));
    assertEquals(OptionalInt.of(0), next.orTimeout(60, TimeUnit.SECONDS).join());
    assertEquals(List.of(), processes("/bin/sleep 27182"));
    cleanUp("left");
  }

  @Test
  void whatAKilledDaemonLeftInsideDoesNotHinderTheEndOfTheTask() {
    running("hindered");
    try (ContainerdClient client = ContainerdClient.connect(bed.containerd().socket(), "tests")) {
      var lost =
          new ContainerdRuntime(client)
              .runInside("hindered", List.of("/bin/sleep", "16180"), Duration.ofMinutes(10));
      TestBed.await("the program to run", () -> !processes("/bin/sleep 16180").isEmpty());
      assertFalse(lost.isDone());
    }
    endWithSeven("hindered");
    assertEquals(7, exit("hindered").code().orElseThrow());
    runtime.deleteTask("hindered");
    awaitNoShim("hindered");
    assertEquals(List.of(), processes("/bin/sleep 16180"));
    cleanUp("hindered");
  }

  @Test
  void aClientOfOursThatHasLeftInterruptsNothing() {
    Context.CancellableContext left = Context.ROOT.withCancellation();
    left.cancel(null);
    left.run(() -> assertFalse(runtime.containers().contains("never-made")));
    running("abandoned");
    List<String> program = List.of("/bin/true");
    var run = new CompletableFuture<OptionalInt>();
    left.run(
        () -> {
          var unused =
              runtime
                  .runInside("abandoned", program, Duration.ofMinutes(1))
                  .whenComplete(
                      (code, failure) ->
                          run.complete(failure == null ? code : OptionalInt.empty()));
        });
    assertEquals(OptionalInt.of(0), run.orTimeout(60, TimeUnit.SECONDS).join());
    cleanUp("abandoned");
  }

  /** The processes of the node whose command line has a text. */
  private static List<Long> processes(String text) {
    return ProcessHandle.allProcesses()
        .map(ProcessHandle::pid)
        .filter(
            pid -> {
              try {
                return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                    .replace('\0', ' ')
                    .startsWith(text);
              } catch (IOException e) {
                return false;
              }
            })
        .toList();
  }

  private void awaitNoShim(String id) {
    TestBed.await("the end of the shim", () -> shimOf(id) == 0);
  }

  /** The PID of the shim of a container of this test bed; 0 if there is none. */
  private long shimOf(String id) {
    for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
      String line;
      try {
        line = Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
      } catch (IOException e) {
        continue;
      }
      List<String> args = List.of(line.split("\0", -1));
      if (args.get(0).contains("containerd-shim")
          && args.contains(bed.containerd().socket().toString())
          && args.contains(id)) {
        return process.pid();
      }
    }
    return 0;
  }

  private Problem refusalOf(String id, RootFilesystem root, String spec) {
    List<String> before = TestBed.mounts();
    runtime.prepareRoot(id, root);
    runtime.createContainer(id, root, spec, new TreeMap<>());
    Problem problem =
        assertThrows(TaskException.class, () -> runtime.createTask(id, root, bed.output(id)))
            .first();
    assertTrue(runtime.task(id).isEmpty());
    cleanUp(id);
    assertEquals(before, TestBed.mounts());
    return problem;
  }

  @Test
  void aProgramThatIsNotThereIsTheUsersProblem() {
    for (String program : List.of("/nope", "nope", "/bin/sh/nope")) {
      Problem problem = refusalOf("nope", root(), bed.spec("nope", program));
      assertEquals("EXECUTABLE_NOT_FOUND", problem.code(), problem.message());
      assertEquals(Problem.Kind.USER, problem.kind());
      assertTrue(problem.message().contains("\"" + program + "\": executable file not found"));
      assertFalse(problem.message().contains("OCI runtime"), problem.message());
    }
  }

  @Test
  void aProgramThatMayNotBeExecutedIsTheUsersProblem() {
    Problem problem = refusalOf("denied", root(), bed.spec("denied", "/proc"));
    assertEquals("EXECUTABLE_NOT_ALLOWED", problem.code(), problem.message());
  }

  @Test
  void aWorkingDirectoryThatCannotBeEnteredIsTheUsersProblem() {
    String spec =
        bed.spec("cwd", "/bin/true").replace("\"cwd\": \"/\"", "\"cwd\": \"/bin/busybox\"");
    Problem problem = refusalOf("cwd", root(), spec);
    assertEquals("WORKING_DIRECTORY_NOT_FOUND", problem.code(), problem.message());
    assertEquals(Problem.Kind.USER, problem.kind());
  }

  @Test
  void aFailedStartOnTheNodesOwnRootLeavesTheWayFreeForTheNext() {
    RootFilesystem host = new RootFilesystem.Host();
    assertEquals(
        "EXECUTABLE_NOT_FOUND", refusalOf("retry", host, bed.spec("retry", "/nope")).code());
    List<String> before = TestBed.mounts();
    assertTrue(shell("retry", host, "exit 0").success());
    cleanUp("retry");
    assertEquals(before, TestBed.mounts());
  }

  @Test
  void aRootDirectoryThatIsNotThereIsSaidInOneLine() {
    Problem problem =
        refusalOf("rootless", new RootFilesystem.Directory("/no/such"), spec("rootless"));
    assertTrue(problem.message().contains("/no/such"), problem.message());
    assertEquals(1, problem.message().lines().count());
  }

  @Test
  void layersThatAreNotUnpackedAreNotFound() {
    RootFilesystem layers = new RootFilesystem.Layers("sha256:" + "a".repeat(64));
    TaskException failure =
        assertThrows(TaskException.class, () -> runtime.prepareRoot("no-layers", layers));
    assertEquals("LAYERS_NOT_FOUND", failure.first().code());
    assertFalse(runtime.roots().contains("no-layers"));
  }
}
