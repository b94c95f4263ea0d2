package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Restart policies, health checks and the order of starts, with real programs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SupervisionIT {

  private static final String FAILS = "[sh, -c, 'exit 3']";

  private final PackagedNode node = new PackagedNode();

  @AfterAll
  void close() {
    node.close();
  }

  private JsonNode await(String task, String what, Predicate<JsonNode> condition) {
    JsonNode[] last = new JsonNode[1];
    Programs.await(
        task + " " + what,
        () -> {
          last[0] = node.json("inspect", task);
          return condition.test(last[0]);
        });
    return last[0];
  }

  private List<JsonNode> events(String task) {
    List<JsonNode> events = new ArrayList<>();
    node.json("events", task).forEach(events::add);
    return events;
  }

  private List<String> types(String task) {
    return events(task).stream().map(event -> event.path("type").asText()).toList();
  }

  @Test
  void aTaskThatFailsIsStartedAgainAndAgainUntilItIsStopped() {
    node.taskctl(
            "run", "-d", node.document("fails", FAILS, "restart: {backoff: 1ms, maxBackoff: 1s}"))
        .expect(0);
    JsonNode task = await("fails", "to be restarted", t -> t.path("restarts").intValue() >= 3);
    assertEquals("exit code 3", task.path("restartReason").asText());
    assertEquals("running", task.path("desired").asText());

    JsonNode stopped = node.json("stop", "fails");
    assertEquals("STOPPED", stopped.path("state").asText());
    assertEquals("stopped", stopped.path("desired").asText());
    assertTrue(stopped.path("nextStart").isNull());
    long restarts = types("fails").stream().filter(type -> type.equals("restarting")).count();
    assertTrue(restarts >= stopped.path("restarts").intValue());
    node.taskctl("delete", "fails").expect(0);
  }

  @Test
  void aTaskThatWaitsForItsRestartSaysWhenAndWhy() {
    node.taskctl(
            "run", "-d", node.document("waits", FAILS, "restart: {backoff: 1h, maxBackoff: 1h}"))
        .expect(0);
    JsonNode task = await("waits", "to wait", t -> !t.path("nextStart").isNull());
    assertEquals("STOPPED", task.path("state").asText());
    assertEquals(3, task.path("exitCode").intValue());
    assertTrue(node.taskctl("list").out().contains("restarting"));
    // Whoever asks for a start need not wait.
    Anchor anchor = Anchor.of(node.json("start", "waits"));
    assertNotEquals(0, anchor.pid());
    node.taskctl("delete", "--force", "waits").expect(0);
  }

  @Test
  void aTaskThatCannotBeStartedIsFailedWithItsCauseAndTriedAgain() {
    String program = node.directory().getFileName() + "-late";
    node.taskctl(
            "apply",
            node.document(
                "late", "[/bin/" + program + "]", "restart: {backoff: 100ms, maxBackoff: 1s}"))
        .expect(1);
    // A create that fails leaves nothing; one that was made before and fails later is kept.
    node.taskctl("inspect", "late").expect(3);
  }

  @Test
  void aOneShotThatSucceededStaysFinished() {
    String document = node.document("once", "[sh, -c, 'exit 0']", "restart: {policy: on-failure}");
    node.taskctl("apply", document).expect(0);
    await("once", "to end", t -> t.path("state").asText().equals("STOPPED"));
    int before = types("once").size();
    assertEquals("none", node.json("apply", document).get(0).path("action").asText());
    node.kill();
    node.start();
    JsonNode task = node.json("inspect", "once");
    assertEquals("STOPPED", task.path("state").asText());
    assertEquals("running", task.path("desired").asText());
    assertEquals(before, types("once").size());
    node.taskctl("delete", "once").expect(0);
  }

  @Test
  void anAttachedRunIsNotRestarted() {
    node.taskctl("run", node.document("attached", FAILS, "restart: {policy: always}")).expect(3);
    JsonNode task = node.json("inspect", "attached");
    assertEquals("STOPPED", task.path("state").asText());
    assertEquals("stopped", task.path("desired").asText());
    assertEquals(List.of("created", "started", "exited"), types("attached"));
    node.taskctl("delete", "attached").expect(0);
  }

  @Test
  void anUnhealthyTaskIsEndedAndStartedAgain() {
    String sick = "/tmp/sick-" + System.nanoTime();
    node.taskctl(
            "run",
            "-d",
            node.document(
                "ails",
                "[sh, -c, \"rm -f "
                    + sick
                    + "; trap 'exit 0' TERM; trap 'touch "
                    + sick
                    + "' USR1; while :; do sleep 1000 & wait $!; done\"]",
                "health: {exec: [sh, -c, 'test ! -e "
                    + sick
                    + "'], interval: 100ms, retries: 2}\n"
                    + "restart: {backoff: 1ms, maxBackoff: 1s}"))
        .expect(0);
    JsonNode healthy =
        await("ails", "to be healthy", t -> t.at("/health/status").asText().equals("healthy"));
    node.taskctl("signal", "ails", "USR1").expect(0);
    JsonNode again = await("ails", "to be restarted", t -> t.path("restarts").intValue() == 1);
    assertTrue(again.path("restartReason").asText().startsWith("unhealthy: "), again.toString());
    JsonNode well =
        await("ails", "to be healthy", t -> t.at("/health/status").asText().equals("healthy"));
    assertNotEquals(Anchor.of(healthy), Anchor.of(well));
    // What is told last comes after what is shown.
    Programs.await("all of it to be told", () -> types("ails").size() >= 9);
    assertEquals(
        List.of(
            "created",
            "started",
            "healthy",
            "unhealthy",
            "exited",
            "restarting",
            "created",
            "started",
            "healthy"),
        types("ails"));
    node.taskctl("delete", "--force", "ails").expect(0);
  }

  @Test
  void healthIsProbedInsideTheNetworkNamespaceOfTheTask() {
    for (String probe : List.of("tcp: 8080", "http: 'http://localhost:8080/bin/busybox'")) {
      node.taskctl(
              "run",
              "-d",
              node.document(
                  "serves",
                  "[busybox, httpd, -f, -p, '8080', -h, /]",
                  "health: {" + probe + ", interval: 100ms, retries: 100}\nstop: {grace: 0s}"))
          .expect(0);
      await("serves", "to be healthy", t -> t.at("/health/status").asText().equals("healthy"));
      node.taskctl("delete", "--force", "serves").expect(0);
    }
  }

  @Test
  void aTaskIsStartedAfterThoseItNeeds() {
    String ready = "/tmp/ready-" + System.nanoTime();
    String base =
        node.document(
            "base",
            "[sh, -c, \"rm -f "
                + ready
                + "; trap 'exit 0' TERM; trap 'touch "
                + ready
                + "' USR1; while :; do sleep 1000 & wait $!; done\"]",
            "health: {exec: [cat, " + ready + "], interval: 100ms, retries: 1000}");
    String above =
        node.document(
            "above", PackagedNode.SERVICE, "after: [{task: base, on: healthy}]\nstop: {grace: 1s}");
    node.taskctl("apply", above, base).expect(0);
    JsonNode waits = node.json("inspect", "above");
    assertEquals("CREATED", waits.path("state").asText());
    assertEquals("base", waits.at("/waitingFor/0/task").asText());
    assertTrue(node.taskctl("list").out().contains("CREATED waiting"));
    node.taskctl("signal", "base", "USR1").expect(0);
    await("above", "to run", t -> t.path("state").asText().equals("RUNNING"));
    long healthy = seq("base", "healthy");
    assertTrue(healthy < seq("above", "started"));
    node.taskctl("delete", "--force", "above", "base").expect(0);
  }

  private long seq(String task, String type) {
    return events(task).stream()
        .filter(event -> event.path("type").asText().equals(type))
        .findFirst()
        .orElseThrow()
        .path("seq")
        .longValue();
  }

  @Test
  void tasksThatWouldWaitForOneAnotherForEverAreRefused() {
    String one = node.document("one", PackagedNode.SERVICE, "after: [{task: two}]");
    String two = node.document("two", PackagedNode.SERVICE, "after: [{task: one}]");
    Programs.Result result = node.taskctl("-o", "json", "apply", one, two).expect(1);
    assertEquals(List.of("AFTER_CIRCLE", "AFTER_CIRCLE"), result.errorCodes());
    node.taskctl("inspect", "one").expect(3);
  }

  @Test
  void everythingInTheTaskEndsWithItAndTheStopSaysHowFarItIs() {
    node.taskctl(
            "run",
            "-d",
            node.document(
                "deaf",
                "[sh, -c, 'sleep 7777 & trap \"\" TERM; while :; do sleep 1000; done']",
                "stop: {grace: 1h}".replace("1h", "10m")))
        .expect(0);
    JsonNode running = node.json("inspect", "deaf");
    assertEquals(610_000, running.path("stopBoundMillis").longValue());
    Thread stop = new Thread(() -> node.taskctl("stop", "deaf"));
    stop.start();
    JsonNode stopping = await("deaf", "to be stopped", t -> !t.path("stop").isNull());
    assertEquals("SIGTERM", stopping.at("/stop/action").asText());
    assertEquals(1, stopping.at("/stop/step").intValue());
    assertEquals(2, stopping.at("/stop/steps").intValue());
    assertTrue(Anchor.of(running).isAlive());
    JsonNode stopped = node.json("stop", "--force", "deaf");
    assertEquals(9, stopped.path("exitSignal").intValue());
    assertFalse(Anchor.of(running).isAlive());
    assertFalse(
        ProcessHandle.allProcesses()
            .anyMatch(p -> p.info().commandLine().orElse("").contains("sleep 7777")));
    node.taskctl("delete", "deaf").expect(0);
  }
}
