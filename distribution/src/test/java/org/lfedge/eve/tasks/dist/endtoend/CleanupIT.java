package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.api.v1.Event;

/** Tasks whose anchors leave something outside of their containers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CleanupIT {

  private final PackagedNode node;

  CleanupIT() {
    VendorJar executor = ClearingExecutor.jar();
    node = new PackagedNode(List.of(executor.digest()), executor::addTo);
  }

  @AfterAll
  void close() {
    node.close();
  }

  @BeforeEach
  void forget() {
    String unused = ClearingExecutor.keys(node);
    ClearingExecutor.set(node, "log", false);
    ClearingExecutor.set(node, "left", false);
  }

  @AfterEach
  void delete() {
    ClearingExecutor.set(node, "hang", false);
    ClearingExecutor.set(node, "fail", false);
    node.json("list").forEach(task -> node.taskctl("delete", "-f", task.path("name").asText()));
    assertFalse(ClearingExecutor.log(node).contains("overlap"));
    assertEquals(List.of(), Traces.of(node).get("containerd tasks"));
  }

  private JsonNode run(String name, String more) {
    String text = node.text(name, "[sh]", ClearingExecutor.keys(node) + "\n" + more);
    JsonNode task = node.json("run", "-d", node.document(name + ".yaml", text));
    Programs.await("something to be left", () -> ClearingExecutor.left(node));
    return task;
  }

  private static void kill(JsonNode task) {
    Programs.run(List.of("kill", "-9", task.path("pid").asText())).expect(0);
  }

  private void awaitLog(String... lines) {
    Programs.await(
        "the log to be " + String.join(", ", lines),
        () -> ClearingExecutor.log(node).equals(List.of(lines)));
  }

  private void awaitRunning(String name) {
    Programs.await(
        name + " to run",
        () -> node.json("inspect", name).path("state").asText().equals("RUNNING"));
  }

  @Test
  void whatAKilledAnchorHasLeftIsClearedAwayBeforeTheNextStart() {
    kill(run("killed", "terminal: true\nrestart: {policy: always, backoff: 1ms}"));
    awaitLog("start", "clear", "start");
    awaitRunning("killed");
    node.awaitOutput("killed", "clearing one 7\n");
    String changed =
        node.text(
            "killed",
            "[sh]",
            ClearingExecutor.keys(node) + "\nrestart: {policy: never}\nenv: {A: b}");
    node.taskctl("apply", node.document("killed.yaml", changed)).expect(0);
    awaitLog("start", "clear", "start", "clear", "start");
    assertEquals("RUNNING", node.json("inspect", "killed").path("state").asText());
    node.taskctl("delete", "-f", "killed").expect(0);
    assertFalse(ClearingExecutor.left(node));
    awaitLog("start", "clear", "start", "clear", "start", "clear");
  }

  @Test
  void aStopLeavesNothingOutside() {
    JsonNode task = run("stopped", "");
    assertEquals(100_000, task.path("stopBoundMillis").longValue());
    JsonNode stopped = node.json("stop", "stopped");
    assertFalse(ClearingExecutor.left(node));
    assertEquals("STOPPED", stopped.path("state").asText());
    assertEquals(0, stopped.path("exitCode").intValue());
    node.json("start", "stopped");
    assertEquals(137, node.json("stop", "--force", "stopped").path("exitCode").intValue());
    assertFalse(ClearingExecutor.left(node));
    node.taskctl("delete", "stopped").expect(0);
    assertEquals(List.of("start", "clear", "start", "clear"), ClearingExecutor.log(node));
  }

  @Test
  void aCleanupThatIsCutShortWithItsDaemonRunsAgain() {
    ClearingExecutor.set(node, "hang", true);
    kill(run("cut", "restart: {policy: always, backoff: 1ms}"));
    awaitLog("start", "clear");
    node.kill();
    node.start();
    awaitLog("start", "clear", "clear");
    assertTrue(ClearingExecutor.left(node));
    node.kill();
    ClearingExecutor.set(node, "hang", false);
    node.start();
    awaitRunning("cut");
    Programs.await(
        "the next anchor to begin",
        () -> {
          List<String> log = ClearingExecutor.log(node);
          return log.get(log.size() - 1).equals("start");
        });
  }

  @Test
  void anAnchorThatDiesWithoutADaemonIsClearedAwayByTheNext() {
    JsonNode task = run("dies", "");
    node.kill();
    kill(task);
    Programs.await("it to die", () -> !Anchor.of(task).isAlive());
    node.start();
    Programs.await("nothing to be left", () -> !ClearingExecutor.left(node));
    assertEquals("STOPPED", node.json("inspect", "dies").path("state").asText());
    assertEquals(List.of("start", "clear"), ClearingExecutor.log(node));
  }

  @Test
  void aCleanupThatFailsIsToldAndTriedUntilItSucceeds() {
    ClearingExecutor.set(node, "fail", true);
    JsonNode task = run("fails", "restart: {policy: always, backoff: 1ms}");
    kill(task);
    Programs.await(
        "the failure to be shown", () -> node.taskctl("list").out().contains("CLEANUP_FAILED"));
    Programs.Result refused = node.taskctl("-o", "json", "delete", "fails").expect(4);
    assertEquals(List.of("CLEANUP_FAILED"), refused.errorCodes());
    assertTrue(refused.err().contains("--force"), refused.err());
    JsonNode shown = node.json("inspect", "fails");
    assertEquals(
        "STOPPED running", shown.path("state").asText() + " " + shown.path("desired").asText());
    assertTrue(shown.path("failure").path("message").asText().contains("exit code 3"), "" + shown);
    ClearingExecutor.set(node, "fail", false);
    awaitRunning("fails");
    assertTrue(node.json("inspect", "fails").path("failure").isNull());
    try (Api api = new Api(node)) {
      assertEquals(
          1,
          api.events().stream()
              .filter(event -> event.getTask().equals("fails"))
              .map(Event::getType)
              .filter("failed"::equals)
              .count());
    }
    ClearingExecutor.set(node, "fail", true);
    node.taskctl("delete", "-f", "fails").expect(0);
    assertTrue(ClearingExecutor.left(node));
  }

  @Test
  @Tag("long")
  void aCleanupThatHangsIsKilled() {
    ClearingExecutor.set(node, "hang", true);
    run("hangs", "");
    Programs.Result stopped = node.taskctl("-o", "json", "stop", "hangs").expect(1);
    assertEquals(List.of("CLEANUP_FAILED"), stopped.errorCodes());
    assertTrue(stopped.err().contains("it took longer than 60 s"), stopped.err());
    ClearingExecutor.set(node, "hang", false);
    node.taskctl("stop", "hangs").expect(0);
    assertFalse(ClearingExecutor.left(node));
  }
}
