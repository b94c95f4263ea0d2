package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What becomes of tasks when the node is switched off and on. */
@Tag("exclusive") // It changes what all of the machine sees.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RebootIT {

  private final PackagedNode node;

  RebootIT() {
    VendorJar clearing = ClearingExecutor.jar();
    node = new PackagedNode(List.of(clearing.digest()), clearing::addTo);
  }

  @AfterAll
  void close() {
    PowerCycle.end();
    node.close();
  }

  @Test
  void tasksComeBackAsTheyWereWanted() throws IOException {
    node.taskctl("run", "-d", node.document("never", PackagedNode.SERVICE, "")).expect(0);
    node.taskctl(
            "run", "-d", node.document("after", PackagedNode.SERVICE, "after: [{task: never}]"))
        .expect(0);
    node.taskctl("run", "-d", node.document("stopped", PackagedNode.SERVICE, "")).expect(0);
    node.taskctl("stop", "stopped").expect(0);
    node.taskctl("create", node.document("created", PackagedNode.SERVICE, "")).expect(0);
    String done = node.document("done", "[sh, -c, 'exit 0']", "restart: {policy: on-failure}");
    node.taskctl("apply", done).expect(0);
    Programs.await(
        "the one-shot to end",
        () -> node.json("inspect", "done").path("state").asText().equals("STOPPED"));
    node.taskctl("run", "-d", node.document("cleaned", "[sh]", ClearingExecutor.keys(node)))
        .expect(0);
    Programs.await("something to be left", () -> ClearingExecutor.left(node));
    Anchor before = Anchor.of(node.json("inspect", "never"));
    long last = last();

    PowerCycle.of(node);

    Programs.await(
        "what is wanted to run",
        () -> state("never").equals("RUNNING") && state("after").equals("RUNNING"));
    Anchor now = Anchor.of(node.json("inspect", "never"));
    assertNotEquals(before, now);
    assertTrue(now.isAlive());
    Programs.await(
        "what was left to be cleared away before the next start",
        () -> ClearingExecutor.log(node).equals(List.of("start", "clear", "start")));
    assertEquals("STOPPED", state("stopped"));
    assertEquals("STOPPED", state("created"));
    assertEquals("STOPPED", state("done"));
    assertEquals(0, node.json("inspect", "never").path("restarts").intValue());

    List<String> types = new ArrayList<>();
    for (JsonNode event : node.json("events", "--after", String.valueOf(last), "never")) {
      types.add(event.path("type").asText());
    }
    assertEquals(List.of("exited", "restarting", "created", "started"), types);
    node.taskctl("delete", "--force", "never", "after", "stopped", "created", "done", "cleaned")
        .expect(0);
  }

  private long last() {
    JsonNode events = node.json("events");
    return events.get(events.size() - 1).path("seq").longValue();
  }

  private String state(String task) {
    return node.json("inspect", task).path("state").asText();
  }
}
