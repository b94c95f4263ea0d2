package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What becomes of tasks when the daemon does not run. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DaemonKillIT {

  private final PackagedNode node = new PackagedNode();

  @AfterAll
  void close() {
    node.close();
  }

  @Test
  void tasksOutliveAKilledDaemonAndTheNextOneTakesThemUp() {
    SortedMap<String, List<String>> before = Traces.of(node);
    String documents =
        node.document(
            "all.yaml",
            String.join(
                "---\n",
                node.text("ends", PackagedNode.SERVICE, ""),
                node.text("removed", PackagedNode.SERVICE, ""),
                node.text("stays", PackagedNode.SERVICE, "")));
    node.taskctl("apply", documents).expect(0);
    String waiting = node.document("waits", PackagedNode.SERVICE, "");
    node.taskctl("create", waiting).expect(0);
    JsonNode tasks = tasks();
    List.of("ends", "removed", "stays").forEach(name -> node.awaitOutput(name, "start "));
    Anchor ends = Anchor.of(tasks.path("ends"));

    node.kill();
    tasks.forEach(task -> assertTrue(Anchor.of(task).isAlive()));
    Programs.run(List.of("kill", "-USR1", Integer.toString(ends.pid()))).expect(0);
    Programs.await("a task to end while no daemon runs", () -> !ends.isAlive());
    node.start();

    JsonNode after = tasks();
    assertEquals(tasks.size(), after.size());
    for (String name : List.of("removed", "stays")) {
      assertEquals("RUNNING", after.path(name).path("state").asText());
      assertEquals(Anchor.of(tasks.path(name)), Anchor.of(after.path(name)));
      assertTrue(Anchor.of(after.path(name)).isAlive());
      assertEquals(tasks.path(name).path("startedAt"), after.path(name).path("startedAt"));
    }
    assertEquals("CREATED", after.path("waits").path("state").asText());
    assertEquals(Anchor.of(tasks.path("waits")), Anchor.of(after.path("waits")));
    assertEquals("STOPPED", after.path("ends").path("state").asText());
    assertEquals(9, after.path("ends").path("exitCode").intValue());
    assertFalse(after.path("ends").path("exitedAt").isNull());

    assertEquals(0, node.json("stop", "stays").path("exitCode").intValue());
    assertEquals("RUNNING", node.json("start", "waits").path("state").asText());
    node.taskctl("delete", "ends", "stays").expect(0);
    node.taskctl("delete", "--force", "removed", "waits").expect(0);
    tasks.forEach(task -> assertFalse(Anchor.of(task).isAlive()));
    assertEquals(before, Traces.of(node));
  }

  @Test
  void aDaemonThatIsToldToEndLeavesItsTasksAloneAndExitsWithZero() {
    JsonNode task = node.json("run", "-d", node.document("goes-on", PackagedNode.SERVICE, ""));
    assertEquals(0, node.terminate());
    assertTrue(Anchor.of(task).isAlive());
    Programs.Result unanswered = node.taskctl("-o", "json", "list").expect(1);
    assertEquals(List.of("DAEMON_NOT_THERE"), unanswered.errorCodes());
    node.start();
    assertEquals(Anchor.of(task), Anchor.of(tasks().path("goes-on")));
    node.taskctl("delete", "-f", "goes-on").expect(0);
  }

  @Test
  void aSecondDaemonOnTheSameDirectoriesIsRefused() {
    Programs.Result second = node.taskd("--config", node.config().toString()).expect(4);
    assertFalse(second.err().isBlank());
    assertEquals(0, node.taskctl("list").status());
  }

  /** All tasks, by their names. */
  private JsonNode tasks() {
    ObjectNode tasks = JsonNodeFactory.instance.objectNode();
    node.json("list").forEach(task -> tasks.set(task.path("name").asText(), task));
    return tasks;
  }
}
