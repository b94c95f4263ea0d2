package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.Task;

/**
 * What dies beside other running tasks, and that nothing else dies of it. Every test has its own
 * victim among the tasks.
 */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChaosIT {

  private static final int TASKS = 8;

  /** Programs of different kinds, that run until something happens to them. */
  private static final List<String> PROGRAMS =
      List.of(
          PackagedNode.SERVICE,
          "[sleep, \"100000\"]",
          "[sh, -c, \"while :; do sha256sum /bin/busybox; sleep 5; done\"]",
          "[sh, -c, \"sleep 100000 & sleep 100000 & wait\"]",
          "[sh, -c, \"cat /proc/self/stat; exec sleep 100000\"]");

  private final PackagedNode node = new PackagedNode();
  private Api api = new Api(node);

  @BeforeAll
  void startTasks() {
    List<String> documents = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      documents.add(text("other-" + i, PROGRAMS.get(i % PROGRAMS.size())));
    }
    for (String victim : List.of("anchor", "shim", "meanwhile", "after")) {
      documents.add(text(victim, PackagedNode.SERVICE));
    }
    // A shell that becomes what the kernel kills: the anchor itself runs out of memory.
    documents.add(
        text(
            "memory",
            "[sh, -c, \"trap 'exec /bin/busybox tail /dev/zero' USR1; while :; do sleep 1; done\"]"));
    // One that goes on when the kernel has killed its child.
    documents.add(
        text(
            "parent",
            "[sh, -c, \"trap '/bin/busybox tail /dev/zero' USR1; while :; do sleep 1; done\"]"));
    api.apply(String.join("---\n", documents), false)
        .getChangesList()
        .forEach(change -> assertEquals(0, change.getProblemsCount(), change.toString()));
    List.of("anchor", "shim", "meanwhile", "after")
        .forEach(victim -> node.awaitOutput(victim, "start "));
  }

  private String text(String name, String command) {
    return """
        name: %s
        root: {directory: %s}
        command: %s
        resources: {memory: 16MiB, cpus: 0.1}
        restart: {policy: never}
        """
        .formatted(name, node.busyboxRoot(), command);
  }

  @AfterAll
  void close() {
    api.close();
    node.close();
  }

  /** The running tasks but for one, with their processes. */
  private SortedMap<String, Anchor> othersThan(String victim) {
    SortedMap<String, Anchor> others = new TreeMap<>();
    for (Task task : api.list()) {
      if (task.getState().equals("RUNNING") && !task.getName().equals(victim)) {
        others.put(task.getName(), Api.anchor(task));
      }
    }
    assertTrue(others.size() >= TASKS, "they run: " + others.keySet());
    return others;
  }

  private void assertUntouched(SortedMap<String, Anchor> others) {
    others.forEach(
        (name, anchor) -> {
          assertEquals("RUNNING", api.task(name).getState(), name);
          assertEquals(anchor, api.anchor(name), name);
          assertTrue(anchor.isAlive(), name);
          assertEquals(List.of(), api.exitsOf(anchor), name);
        });
  }

  /** Waits for the end of a task, which must be told once. */
  private Event awaitDeath(String victim, Anchor anchor) {
    api.await(victim, "to have ended", task -> !task.hasPid());
    assertFalse(anchor.isAlive());
    List<Event> exits = api.exitsOf(anchor);
    assertEquals(1, exits.size(), exits.toString());
    Task task = api.task(victim);
    assertEquals("STOPPED", task.getState());
    assertEquals(task.hasExitCode(), exits.get(0).hasExitCode());
    assertEquals(task.getExitCode(), exits.get(0).getExitCode());
    assertEquals(task.getExitSignal(), exits.get(0).getExitSignal());
    assertEquals(task.getOomKilled(), exits.get(0).getOomKilled());
    return exits.get(0);
  }

  private static void signal(String signal, long pid) {
    Programs.run(List.of("kill", "-" + signal, Long.toString(pid))).expect(0);
  }

  @Test
  void anAnchorThatIsKilledIsToldWithItsSignal() {
    SortedMap<String, Anchor> others = othersThan("anchor");
    Anchor anchor = api.anchor("anchor");
    signal("KILL", anchor.pid());
    Event exit = awaitDeath("anchor", anchor);
    assertEquals(137, exit.getExitCode());
    assertEquals(9, exit.getExitSignal());
    assertFalse(exit.getOomKilled());
    assertUntouched(others);
  }

  @Test
  void anAnchorThatTheKernelKillsForMemoryIsToldAsSuch() {
    SortedMap<String, Anchor> others = othersThan("memory");
    Anchor anchor = api.anchor("memory");
    signal("USR1", anchor.pid());
    Event exit = awaitDeath("memory", anchor);
    assertEquals(9, exit.getExitSignal());
    assertTrue(exit.getOomKilled());
    assertUntouched(others);
  }

  @Test
  void aChildThatTheKernelKillsForMemoryIsToldOnceByWhicheverDaemon() {
    SortedMap<String, Anchor> others = othersThan("");
    Anchor anchor = api.anchor("parent");
    signal("USR1", anchor.pid());
    Programs.await("its end to be told", () -> kills(anchor).size() == 1);
    node.kill();
    api.close();
    node.start();
    api = new Api(node);
    signal("USR1", anchor.pid());
    Programs.await("the next one", () -> kills(anchor).size() > 1);
    assertEquals(List.of(1L, 1L), kills(anchor));
    assertUntouched(others);
  }

  /** How many processes of a running task were told to be killed for want of memory, each time. */
  private List<Long> kills(Anchor anchor) {
    return api.events().stream()
        .filter(event -> event.getType().equals("oom-killed"))
        .filter(event -> new Anchor(event.getPid(), event.getPidStartTime()).equals(anchor))
        .map(Event::getCount)
        .toList();
  }

  @Test
  void aTaskWhoseShimIsKilledEndsWithAnUnknownStatus() {
    SortedMap<String, Anchor> others = othersThan("shim");
    Anchor anchor = api.anchor("shim");
    signal("KILL", shimOf(anchor));
    Event exit = awaitDeath("shim", anchor);
    assertFalse(exit.hasExitCode(), exit.toString());
    assertFalse(exit.getOomKilled());
    assertUntouched(others);
    assertEquals("RUNNING", api.start("shim").getState());
    api.delete("shim", true);
    Convergence.await(node, api);
  }

  private static long shimOf(Anchor anchor) {
    ProcessHandle shim =
        ProcessHandle.of(anchor.pid()).flatMap(ProcessHandle::parent).orElseThrow();
    String command = shim.info().command().orElse("");
    assertTrue(command.endsWith("containerd-shim-runc-v2"), command);
    return shim.pid();
  }

  @Test
  void aContainerdThatIsKilledComesBackAndNoTaskNotices() {
    SortedMap<String, Anchor> others = othersThan("after");
    Anchor victim = api.anchor("after");
    long killed = containerd();
    signal("KILL", killed);
    Programs.await("another containerd", () -> containerd() != killed);
    Programs.await(
        "it to serve",
        () -> node.daemonLog().contains("started containerd, PID " + containerd() + ","));
    assertUntouched(others);
    // The daemon watches its tasks again.
    signal("USR1", victim.pid());
    assertEquals(9, awaitDeath("after", victim).getExitCode());
    assertNotEquals(killed, containerd());
    assertUntouched(others);
  }

  private long containerd() {
    Path file = node.directory().resolve("run/containerd/containerd.pid");
    return Long.parseLong(Programs.read(file).strip().split(" ", -1)[0]);
  }

  @Test
  void aDaemonThatIsKilledTenTimesInARowFindsItsTasksEachTime() {
    SortedMap<String, Anchor> others = othersThan("meanwhile");
    Anchor victim = api.anchor("meanwhile");
    for (int i = 0; i < 10; i++) {
      node.kill();
      api.close();
      if (i == 5) {
        signal("USR1", victim.pid());
        Programs.await("it to end while no daemon runs", () -> !victim.isAlive());
      }
      node.start();
      api = new Api(node);
      assertUntouched(others);
    }
    assertEquals(9, awaitDeath("meanwhile", victim).getExitCode());
  }

  @Test
  void aDaemonAndItsContainerdThatDieTogetherComeBackTogether() {
    SortedMap<String, Anchor> others = othersThan("");
    long killed = containerd();
    signal("KILL", node.pid());
    signal("KILL", killed);
    node.kill();
    api.close();
    node.start();
    api = new Api(node);
    assertNotEquals(killed, containerd());
    assertUntouched(others);
    Convergence.await(node, api);
  }
}
