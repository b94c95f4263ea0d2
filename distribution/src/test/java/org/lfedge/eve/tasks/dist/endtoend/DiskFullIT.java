package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What becomes of tasks when the disk that holds their records is full. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiskFullIT {

  private final PackagedNode node = new PackagedNode(List.of(), DiskFullIT::onASmallDisk);

  private static void onASmallDisk(PackagedNode prepared) {
    Path state = prepared.directory().resolve("state");
    try {
      Files.createDirectory(state);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Programs.run(List.of("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", state.toString()))
        .expect(0);
  }

  @AfterEach
  void makeRoom() throws IOException {
    Files.deleteIfExists(filler());
  }

  @AfterAll
  void close() {
    node.close();
  }

  private Path filler() {
    return node.directory().resolve("state/filler");
  }

  /** Leaves no room for a single byte in a new file. */
  private void fill() {
    byte[] piece = new byte[4096];
    try (OutputStream file = Files.newOutputStream(filler())) {
      while (true) {
        file.write(piece);
      }
    } catch (IOException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("No space left"), e.getMessage());
    }
  }

  @Test
  void nothingIsHalfMadeAndAllWorksAgainWhenThereIsRoom() throws IOException {
    String document = node.document("late", PackagedNode.SERVICE, "restart: {policy: never}");
    SortedMap<String, List<String>> before = Traces.of(node);
    fill();
    Programs.Result refused = node.taskctl("-o", "json", "create", document).expect(1);
    assertEquals(List.of("TASK_STORE"), refused.errorCodes());
    assertTrue(refused.err().contains("is the disk full?"), refused.err());
    assertEquals(0, node.json("list").size());
    assertEquals(before, Traces.of(node));

    makeRoom();
    assertEquals("RUNNING", node.json("run", "-d", document).path("state").asText());
    node.taskctl("delete", "-f", "late").expect(0);
    assertEquals(before, Traces.of(node));
  }

  @Test
  void anExitIsRecordedOnceThereIsRoom() throws IOException {
    String document = node.document("ends", PackagedNode.SERVICE, "restart: {policy: never}");
    Anchor anchor = Anchor.of(node.json("run", "-d", document));
    node.awaitOutput("ends", "start ");
    fill();
    Programs.run(List.of("kill", "-USR1", Integer.toString(anchor.pid()))).expect(0);
    Programs.await(
        "the exit not to be recorded",
        () -> node.daemonLog().contains("task ends: its exit cannot be recorded, trying again"));
    makeRoom();
    assertEquals(9, awaitExitCode("ends"));
    node.taskctl("delete", "ends").expect(0);
  }

  @Test
  void aDaemonThatIsStartedOnAFullDiskServesAndLosesNoTask() throws IOException {
    String document = node.document("stays", PackagedNode.SERVICE, "restart: {policy: never}");
    Anchor anchor = Anchor.of(node.json("run", "-d", document));
    node.awaitOutput("stays", "start ");
    fill();
    node.kill();
    node.start();
    assertEquals(anchor, Anchor.of(node.json("inspect", "stays")));
    Programs.Result refused = node.taskctl("-o", "json", "stop", "stays").expect(1);
    assertEquals(List.of("TASK_STORE"), refused.errorCodes());
    assertEquals("RUNNING", node.json("inspect", "stays").path("state").asText());
    assertTrue(anchor.isAlive());

    makeRoom();
    assertEquals("STOPPED", node.json("stop", "stays").path("state").asText());
    assertFalse(anchor.isAlive());
    node.taskctl("delete", "stays").expect(0);
  }

  private int awaitExitCode(String task) {
    Programs.await(
        task + " to be STOPPED",
        () -> node.json("inspect", task).path("state").asText().equals("STOPPED"));
    return node.json("inspect", task).path("exitCode").intValue();
  }
}
