package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.TaskException;

class ContainerdSupervisionIT {

  private final TestBed bed = new TestBed();

  @AfterEach
  void leaveNothing() {
    bed.close();
  }

  @Test
  void aContainerdThatEndsIsStartedAgainEachTime() {
    PrivateContainerd.Running first = bed.containerd().start();
    try (ContainerdClient client = ContainerdClient.connect(bed.containerd().socket(), "tests");
        ContainerdSupervision supervision = new ContainerdSupervision(bed.containerd(), client)) {
      assertNotNull(supervision);
      int killed = first.pid();
      for (int i = 0; i < 3; i++) {
        kill(killed);
        killed = awaitAnotherThan(killed);
        awaitAnswer(client);
      }
      assertNotEquals(first.pid(), killed);
    }
  }

  @Test
  void oneThatAnEarlierProgramStartedIsWatchedAsWell() {
    PrivateContainerd.Running first = bed.containerd().start();
    PrivateContainerd adopted = bed.newPrivateContainerd();
    assertEquals(first.pid(), adopted.start().pid());
    try (ContainerdClient client = ContainerdClient.connect(adopted.socket(), "tests");
        ContainerdSupervision supervision = new ContainerdSupervision(adopted, client)) {
      assertNotNull(supervision);
      kill(first.pid());
      int second = awaitAnotherThan(first.pid());
      awaitAnswer(client);
      assertNotEquals(first.pid(), second);
    }
  }

  @Test
  void afterTheEndOfTheProgramItIsLeftAlone() {
    PrivateContainerd.Running first = bed.containerd().start();
    ContainerdClient client = ContainerdClient.connect(bed.containerd().socket(), "tests");
    new ContainerdSupervision(bed.containerd(), client).close();
    client.close();
    kill(first.pid());
    // The next program starts one; it would adopt one that was started meanwhile.
    assertFalse(bed.newPrivateContainerd().start().adopted());
  }

  private static void kill(int pid) {
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    TestBed.await("containerd to end", () -> TestBed.startTime(pid).isEmpty());
  }

  private int awaitAnotherThan(int pid) {
    TestBed.await("another containerd than " + pid, () -> recorded() != pid);
    return recorded();
  }

  private int recorded() {
    try {
      Path file = bed.state().resolve("containerd.pid");
      return Integer.parseInt(Files.readString(file).strip().split(" ", -1)[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void awaitAnswer(ContainerdClient client) {
    ContainerdRuntime runtime = new ContainerdRuntime(client);
    TestBed.await("containerd to answer", () -> answers(runtime));
  }

  private static boolean answers(ContainerdRuntime runtime) {
    try {
      return runtime.containers().isEmpty();
    } catch (TaskException e) {
      return false;
    }
  }
}
