package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.host.CgroupMounts;
import org.lfedge.eve.tasks.core.host.LinuxProcesses;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.TaskUsage;

class ContainerdMetricsIT {

  private static final int SIGKILL = 9;
  private static final long MIB = 1 << 20;

  private final TestBed bed = SharedTestBed.bed();
  private final ContainerdRuntime runtime = new ContainerdRuntime(SharedTestBed.client());
  private final ContainerdMetrics metrics = new ContainerdMetrics(SharedTestBed.client());
  private final LinuxProcesses processes = new LinuxProcesses(CgroupMounts.find());
  private final SortedSet<String> started = new TreeSet<>();

  private void start(String id) {
    RootFilesystem root = new RootFilesystem.LayeredDirectory(bed.busyboxRoot().toString());
    runtime.prepareRoot(id, root);
    runtime.createContainer(id, root, bed.spec(id, TestBed.WAITS_FOR_USR1), new TreeMap<>());
    runtime.createTask(id, root, bed.output(id));
    runtime.startTask(id);
    started.add(id);
    bed.awaitReady(id);
  }

  @AfterEach
  void end() throws Exception {
    for (String id : started) {
      runtime.signalTask(id, SIGKILL, true);
      runtime.awaitExit(id).get();
      runtime.deleteTask(id);
      runtime.deleteContainer(id);
      runtime.removeRoot(id);
    }
  }

  private TaskUsage usage(String id) {
    return Objects.requireNonNull(metrics.usage(new TreeSet<>(List.of(id))).get(id));
  }

  @Test
  void whatATaskUsesIsWhatItsCgroupCounts() {
    start("used.1");
    TaskUsage before = usage("used.1");
    runtime.signalTask("used.1", TestBed.SIGUSR2, false);
    TestBed.await("memory", () -> bed.printed("used.1").contains("full"));
    TaskUsage after = usage("used.1");

    assertTrue(after.at().isAfter(before.at()));
    assertTrue(before.cpuNanos().orElseThrow() > 0);
    assertTrue(after.cpuNanos().orElseThrow() > before.cpuNanos().orElseThrow());
    assertTrue(before.memory().anon().orElseThrow() < 8 * MIB, before.toString());
    assertTrue(after.memory().anon().orElseThrow() >= 16 * MIB, after.toString());
    assertEquals(0, after.memory().shmem().orElseThrow(), after.toString());
    assertTrue(after.memory().kernel().orElseThrow() > 0, after.toString());
    long counted = processes.memoryUsage(bed.cgroup("used.1")).orElseThrow();
    assertTrue(
        Math.abs(counted - after.memory().usage().orElseThrow()) < 2 * MIB,
        counted + ", but " + after);
    assertEquals(OptionalLong.of(0), after.oomKills());
    assertTrue(after.pids().orElseThrow() >= 2, "the shell and its sleep: " + after);
    assertTrue(after.memory().cache().isPresent());
    assertTrue(after.ioReadBytes().isPresent() && after.ioWrittenBytes().isPresent());
    assertTrue(after.throttledNanos().isPresent() && after.throttledPeriods().isPresent());
  }

  @Test
  void onlyThoseThatAreAskedForAndThereAreTold() {
    start("told-a");
    start("told-b");
    SortedSet<String> asked = new TreeSet<>(List.of("told-a", "no-such-task"));
    assertEquals(List.of("told-a"), List.copyOf(metrics.usage(asked).keySet()));
    assertTrue(metrics.usage(new TreeSet<>()).isEmpty());
    for (int i = 0; i < 100; i++) {
      asked.add("absent-" + i);
    }
    assertEquals(List.of("told-a"), List.copyOf(metrics.usage(asked).keySet()));
  }

  @Test
  void ofAContainerWithoutATaskThereIsNothingToTell() throws Exception {
    start("ended");
    runtime.signalTask("ended", TestBed.SIGUSR1, false);
    runtime.awaitExit("ended").get();
    runtime.deleteTask("ended");
    assertTrue(metrics.usage(new TreeSet<>(List.of("ended"))).isEmpty());
  }
}
