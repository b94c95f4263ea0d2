package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A clock that is set back by a day, for the daemon alone: containerd keeps the node's. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClockIT {

  private static final String NOW = "+0";
  private static final String YESTERDAY = "-1d";

  private final PackagedNode node = new PackagedNode(List.of(), NodeClock::prepare);

  @AfterAll
  void close() {
    node.close();
  }

  /** That the daemon's clock is the faked one, or these tests would show nothing. */
  private void assertYesterday(JsonNode task) {
    Instant started = Instant.parse(task.path("startedAt").asText());
    assertTrue(started.isBefore(Instant.now().minus(23, ChronoUnit.HOURS)), task.toString());
  }

  @Test
  void whileItRunsTimersGoOnAndNoTaskNotices() {
    NodeClock.set(node, NOW);
    Anchor stays = run("stays", "restart: {policy: never}");
    Anchor fails = failed("fails");
    NodeClock.set(node, YESTERDAY);
    // Its wait is over in seconds, not in a day.
    Anchor again = awaitAnotherAnchor("fails", fails);
    assertYesterday(inspect("fails"));
    assertTrue(again.isAlive());
    assertEquals(stays, Anchor.of(inspect("stays")));

    // It has run for a day less than nothing.
    assertFalse(node.taskctl("list").expect(0).out().contains("-1"), "a negative age");
    JsonNode stopped = node.json("stop", "stays");
    assertEquals("STOPPED", stopped.path("state").asText());
    assertEquals(0, stopped.path("exitCode").intValue());
    assertFalse(node.taskctl("list").expect(0).out().contains("-1"), "a negative age");
    node.taskctl("delete", "-f", "stays", "fails").expect(0);
  }

  @Test
  void whileNoDaemonRunsTimersGoOnAndNoTaskNotices() {
    NodeClock.set(node, NOW);
    Anchor stays = run("stays-on", "restart: {policy: never}");
    Anchor fails = failed("fails-too");
    node.kill();
    NodeClock.set(node, YESTERDAY);
    node.start();
    Anchor again = awaitAnotherAnchor("fails-too", fails);
    assertYesterday(inspect("fails-too"));
    assertTrue(again.isAlive());
    assertEquals(stays, Anchor.of(inspect("stays-on")));
    List<String> numbers = node.json("events").findValuesAsText("seq");
    assertEquals(numbers.stream().sorted().distinct().count(), numbers.size());
    node.taskctl("delete", "-f", "stays-on", "fails-too").expect(0);
  }

  /** The former anchor of a task that will be started again in some seconds. */
  private Anchor failed(String task) {
    Anchor anchor = run(task, "restart: {policy: always, backoff: 8s, maxBackoff: 8s}");
    signal(anchor, "USR1");
    try (Api api = new Api(node)) {
      Programs.await(
          "the restart to be due",
          () ->
              api.events().stream()
                  .filter(event -> event.getTask().equals(task))
                  .anyMatch(event -> event.getType().equals("restarting")));
    }
    return anchor;
  }

  private Anchor run(String task, String more) {
    Anchor anchor =
        Anchor.of(node.json("run", "-d", node.document(task, PackagedNode.SERVICE, more)));
    node.awaitOutput(task, "start ");
    return anchor;
  }

  private JsonNode inspect(String task) {
    return node.json("inspect", task);
  }

  private Anchor awaitAnotherAnchor(String task, Anchor before) {
    Programs.await(
        "another anchor of " + task,
        () -> {
          JsonNode now = inspect(task);
          return now.path("state").asText().equals("RUNNING") && !Anchor.of(now).equals(before);
        });
    return Anchor.of(inspect(task));
  }

  private static void signal(Anchor anchor, String signal) {
    Programs.run(List.of("kill", "-" + signal, Integer.toString(anchor.pid()))).expect(0);
  }
}
