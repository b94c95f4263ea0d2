package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.RuntimeTask;

@Tag("exclusive") // It looks at all mounts of the machine.
class PrivateContainerdIT {

  private final TestBed bed = new TestBed();

  @AfterEach
  void leaveNothing() {
    bed.close();
  }

  private int startTask(ContainerdClient client, String id) {
    ContainerdRuntime runtime = new ContainerdRuntime(client);
    RootFilesystem root = new RootFilesystem.LayeredDirectory(bed.busyboxRoot().toString());
    runtime.prepareRoot(id, root);
    runtime.createContainer(id, root, bed.spec(id, TestBed.WAITS_FOR_USR1), new TreeMap<>());
    int pid = runtime.createTask(id, root, bed.output(id));
    runtime.startTask(id);
    bed.awaitReady(id);
    return pid;
  }

  private ContainerdClient connect() {
    return ContainerdClient.connect(bed.containerd().socket(), "tests");
  }

  private static ExitStatus get(CompletableFuture<ExitStatus> exit) {
    return exit.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static Problem failure(Executable call) {
    return assertThrows(TaskException.class, call).first();
  }

  @Test
  void itTellsItsVersionAndOffersOverlayfs() {
    bed.containerd().start();
    try (ContainerdClient client = connect()) {
      assertTrue(client.version().matches("\\d+\\.\\d+.*"), client.version());
      assertEquals("overlayfs", client.snapshotter());
    }
  }

  @Test
  void itWritesItsIdentityAndIsDetached() throws IOException {
    PrivateContainerd.Running running = bed.containerd().start();
    assertFalse(running.adopted());
    assertEquals(OptionalLong.of(running.startTime()), TestBed.startTime(running.pid()));
    String command = Files.readString(Path.of("/proc", "" + running.pid(), "cmdline"));
    assertTrue(command.contains("containerd\0--config"), command);
    String stat = Files.readString(Path.of("/proc", "" + running.pid(), "stat"));
    String session = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[3];
    assertEquals(Integer.toString(running.pid()), session, "a session of its own");
  }

  @Test
  void aRestartedProgramAdoptsItAndTheTasksHaveGoneOn() {
    PrivateContainerd.Running first = bed.containerd().start();
    int pid;
    OptionalLong started;
    try (ContainerdClient client = connect()) {
      pid = startTask(client, "goes-on");
      started = TestBed.startTime(pid);
    }
    PrivateContainerd.Running second = bed.newPrivateContainerd().start();
    assertTrue(second.adopted());
    assertEquals(first.pid(), second.pid());
    assertEquals(first.startTime(), second.startTime());
    try (ContainerdClient client = connect()) {
      ContainerdRuntime runtime = new ContainerdRuntime(client);
      assertEquals(
          new RuntimeTask(RuntimeTask.Status.RUNNING, pid, Optional.empty()),
          runtime.task("goes-on").orElseThrow());
      assertEquals(started, TestBed.startTime(pid));
      runtime.signalTask("goes-on", TestBed.SIGUSR1, false);
      assertEquals(OptionalInt.of(7), get(runtime.awaitExit("goes-on")).code());
    }
  }

  @Test
  void twoProgramsThatStartItAtOnceShareOne() {
    List<CompletableFuture<PrivateContainerd.Running>> starts =
        Stream.of(bed.newPrivateContainerd(), bed.newPrivateContainerd())
            .map(containerd -> CompletableFuture.supplyAsync(containerd::start))
            .toList();
    List<PrivateContainerd.Running> running =
        starts.stream().map(start -> start.orTimeout(60, TimeUnit.SECONDS).join()).toList();
    assertEquals(running.get(0).pid(), running.get(1).pid());
    assertEquals(1, running.stream().filter(one -> !one.adopted()).count());
  }

  @Test
  void afterItWasKilledTasksGoOnAndTheSameClientFindsThemAgain() {
    PrivateContainerd.Running first = bed.containerd().start();
    try (ContainerdClient client = connect()) {
      int pid = startTask(client, "orphan");
      OptionalLong started = TestBed.startTime(pid);
      ContainerdRuntime runtime = new ContainerdRuntime(client);
      CompletableFuture<ExitStatus> exit = runtime.awaitExit("orphan");
      ProcessHandle.of(first.pid()).orElseThrow().destroyForcibly();
      Throwable lost = assertThrows(CompletionException.class, () -> get(exit)).getCause();
      assertEquals(
          "CONTAINERD_UNAVAILABLE",
          assertInstanceOf(TaskException.class, lost).first().code(),
          String.valueOf(lost));
      Problem problem = failure(() -> runtime.task("orphan"));
      assertEquals("CONTAINERD_UNAVAILABLE", problem.code());
      assertEquals(Problem.Kind.HOST, problem.kind());
      assertTrue(
          problem.message().contains("does not answer at " + bed.containerd().socket()),
          problem.message());

      PrivateContainerd.Running second = bed.containerd().start();
      assertFalse(second.adopted());
      assertNotEquals(first.pid(), second.pid());
      assertEquals(started, TestBed.startTime(pid));
      assertEquals(pid, runtime.task("orphan").orElseThrow().pid());
      runtime.signalTask("orphan", TestBed.SIGUSR1, false);
      assertEquals(OptionalInt.of(7), get(runtime.awaitExit("orphan")).code());
    }
  }

  @Test
  void anExitWhileItWasDownIsReportedWithItsCode() {
    PrivateContainerd.Running first = bed.containerd().start();
    try (ContainerdClient client = connect()) {
      int pid = startTask(client, "meanwhile");
      ProcessHandle.of(first.pid()).orElseThrow().destroyForcibly();
      TestBed.await("containerd to end", () -> TestBed.startTime(first.pid()).isEmpty());
      assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
      TestBed.await("the anchor to end", () -> TestBed.startTime(pid).isEmpty());
      bed.containerd().start();
      assertEquals(
          OptionalInt.of(137), get(new ContainerdRuntime(client).awaitExit("meanwhile")).code());
    }
  }

  @Test
  void itsStateDirectoryIsAMountThatRecursiveBindsLeaveOut() {
    bed.containerd().start();
    List<MountTable.Mount> mounts = stateMounts();
    assertEquals(1, mounts.size());
    assertEquals(List.of("unbindable"), mounts.get(0).propagation());
    bed.newPrivateContainerd().start();
    assertEquals(1, stateMounts().size());
  }

  private List<MountTable.Mount> stateMounts() {
    return MountTable.read().stream()
        .filter(mount -> mount.target().startsWith(bed.state()))
        .toList();
  }

  @Test
  void stopEndsTasksShimsAndMountsAlsoIfItWasKilledBefore() {
    List<String> before = TestBed.mounts();
    PrivateContainerd.Running running = bed.containerd().start();
    int pid;
    try (ContainerdClient client = connect()) {
      pid = startTask(client, "left-over");
    }
    ProcessHandle.of(running.pid()).orElseThrow().destroyForcibly();
    TestBed.await("containerd to end", () -> TestBed.startTime(running.pid()).isEmpty());
    bed.newPrivateContainerd().stop();
    assertEquals(OptionalLong.empty(), TestBed.startTime(pid));
    assertEquals(before, TestBed.mounts());
    assertEquals(0, processesNaming(bed.directory().toString()));
    bed.newPrivateContainerd().stop();
  }

  private static long processesNaming(String text) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains(text))
        .count();
  }

  @Test
  void itStartsAgainAfterAStop() {
    PrivateContainerd.Running first = bed.containerd().start();
    bed.containerd().stop();
    assertEquals(OptionalLong.empty(), TestBed.startTime(first.pid()));
    assertFalse(bed.containerd().start().adopted());
  }

  @Test
  void aMissingProgramIsNamedWithThePackagesToInstall() throws IOException {
    Path programs = Files.createDirectory(bed.directory().resolve("bin"));
    for (String missing : List.of("containerd", "containerd-shim-runc-v2", "runc")) {
      Problem problem = failure(() -> containerdFrom(programs).start());
      assertEquals(missing.equals("runc") ? "RUNC_MISSING" : "CONTAINERD_MISSING", problem.code());
      assertEquals(Problem.Kind.HOST, problem.kind());
      assertTrue(problem.message().contains("the program " + missing + " is not in"));
      assertTrue(
          problem.message().contains("install the Debian packages containerd and runc"),
          problem.message());
      Files.createSymbolicLink(programs.resolve(missing), Path.of("/bin/true"));
    }
  }

  @Test
  void aContainerdThatEndsAtOnceIsReportedWithTheEndOfItsLog() throws IOException {
    Path programs = Files.createDirectory(bed.directory().resolve("bin"));
    for (String name : List.of("sh", "cut", "mv")) {
      Files.createSymbolicLink(programs.resolve(name), Path.of("/bin", name));
    }
    for (String name : List.of("containerd-shim-runc-v2", "runc")) {
      Files.createSymbolicLink(programs.resolve(name), Path.of("/bin/true"));
    }
    Path broken = programs.resolve("containerd");
    Files.writeString(broken, "#!/bin/sh\necho no space left\nexit 3\n");
    assertTrue(broken.toFile().setExecutable(true));
    Problem problem = failure(() -> containerdFrom(programs).start());
    assertEquals("CONTAINERD_NOT_STARTED", problem.code());
    assertTrue(problem.message().contains("no space left"), problem.message());
    assertTrue(problem.message().contains("it ended at once"), problem.message());
  }

  @Test
  void aStateDirectoryTooDeepForASocketIsRefused() {
    Path deep = bed.directory().resolve("x".repeat(100));
    Problem problem =
        failure(
            () ->
                new PrivateContainerd(bed.directory().resolve("root"), deep, TestBed::startTime)
                    .start());
    assertEquals("CONTAINERD_NOT_STARTED", problem.code());
    assertTrue(problem.message().contains("shorter state directory"), problem.message());
    assertFalse(Files.exists(deep));
  }

  private PrivateContainerd containerdFrom(Path programs) {
    return new PrivateContainerd(
        bed.directory().resolve("root"),
        bed.state(),
        TestBed::startTime,
        new ProgramPath(List.of(programs)));
  }

  @Test
  void withoutAContainerdTheSocketIsNamed() {
    Problem problem = failure(() -> connect().close());
    assertEquals("CONTAINERD_UNAVAILABLE", problem.code());
    assertTrue(problem.message().contains(bed.containerd().socket().toString()));
  }
}
