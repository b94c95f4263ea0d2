package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A task from create to delete, as taskctl shows it and as the kernel and containerd have it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LifecycleIT {

  private static final long MIB = 1 << 20;

  /** What the JSON of a task promises. */
  private static final String FIELDS =
      "name displayName executor state desired pid pidStartTime exitCode exitSignal exitOutcome"
          + " exitMeaning oomKilled failure restarts nextStart createdAt startedAt exitedAt memory interfaces config"
          + " executorVersion executorDigest toolsDigest toolsTrust imageDigest imageTrust rootFile trust seed spec"
          + " cgroup limits logs tax";

  private final PackagedNode node = new PackagedNode();

  @AfterAll
  void close() {
    node.close();
  }

  @Test
  void aTaskGoesThroughItsLifeAndLeavesNothing() {
    BusyboxImage.layout(node.documents().resolve("web"), "web:1", BusyboxImage.image());
    node.taskctl("images", "import", node.documents().resolve("web").toString()).expect(0);
    String document = imageTask("counter");
    // A first task unpacks the image, which then stays with it.
    node.taskctl("create", imageTask("first")).expect(0);
    node.taskctl("delete", "first").expect(0);
    SortedMap<String, List<String>> before = Traces.of(node);

    JsonNode created = node.json("create", document);
    assertEquals("CREATED", created.path("state").asText());
    Anchor anchor = Anchor.of(created);
    assertTrue(anchor.isAlive());
    assertTrue(anchor.commandLine().startsWith("runc init"), anchor.commandLine());

    JsonNode started = node.json("start", "counter");
    assertEquals("RUNNING", started.path("state").asText());
    assertEquals(anchor, Anchor.of(started));
    node.awaitOutput("counter", "start 1\n");
    assertTrue(anchor.commandLine().startsWith("sh -c "), anchor.commandLine());

    JsonNode stopped = node.json("stop", "counter");
    assertEquals("STOPPED", stopped.path("state").asText());
    assertEquals("stopped", stopped.path("desired").asText());
    assertEquals(0, stopped.path("exitCode").intValue());
    assertTrue(stopped.path("pid").isNull());
    assertFalse(anchor.isAlive());

    Anchor second = Anchor.of(node.json("start", "counter"));
    assertNotEquals(anchor, second);
    assertTrue(second.isAlive());
    node.awaitOutput("counter", "start 2\n");

    node.taskctl("delete", "--force", "counter").expect(0);
    assertFalse(second.isAlive());
    assertEquals(List.of(), Traces.of(node).get("leases"));
    assertEquals(before, Traces.of(node));
  }

  private String imageTask(String name) {
    return node.document(
        name + ".yaml",
        """
        name: %s
        root: {image: "web:1"}
        command: %s
        resources: {memory: 32MiB}
        """
            .formatted(name, PackagedNode.SERVICE));
  }

  @Test
  void aCommandThatTheStateDoesNotAllowIsRefusedAndChangesNothing() {
    String document = node.document("steady", PackagedNode.SERVICE, "");
    JsonNode running = node.json("run", "-d", document);

    List<Integer> refused = new ArrayList<>();
    refused.add(node.taskctl("start", "steady").status());
    refused.add(node.taskctl("delete", "steady").status());
    refused.add(node.taskctl("create", document).status());
    assertEquals(List.of(4, 4, 4), refused);
    JsonNode still = node.json("inspect", "steady");
    assertEquals("RUNNING", still.path("state").asText());
    assertEquals("running", still.path("desired").asText());
    assertEquals(Anchor.of(running), Anchor.of(still));
    assertTrue(Anchor.of(running).isAlive());

    node.taskctl("delete", "--force", "steady").expect(0);
  }

  @Test
  void aNameThatNoTaskHasIsNotFoundByAnyCommand() {
    SortedMap<String, List<String>> before = Traces.of(node);
    for (List<String> command :
        List.of(
            List.of("start", "nobody"),
            List.of("stop", "nobody"),
            List.of("delete", "nobody"),
            List.of("inspect", "nobody"),
            List.of("logs", "nobody"),
            List.of("signal", "nobody", "TERM"))) {
      List<String> line = new ArrayList<>(List.of("-o", "json"));
      line.addAll(command);
      Programs.Result result = node.taskctl(line.toArray(String[]::new)).expect(3);
      assertEquals(List.of("TASK_NOT_FOUND"), result.errorCodes());
      assertEquals("", result.out());
    }
    assertEquals(before, Traces.of(node));
  }

  @Test
  void inspectShowsAllThatIsKnownOfATask() {
    String document =
        node.document(
            "shown",
            PackagedNode.SERVICE,
            "displayName: The shown one\nenv: {PORT: 8080}\ninit: true\nstop: {grace: 5s}");
    Anchor anchor = Anchor.of(node.json("run", "-d", document));
    JsonNode task = node.json("inspect", "shown");

    for (String field : FIELDS.split(" ", -1)) {
      assertTrue(task.has(field), field);
    }
    assertEquals("The shown one", task.path("displayName").asText());
    assertEquals("native-container", task.path("executor").asText());
    assertEquals("bundled", task.path("trust").asText());
    assertTrue(task.path("executorDigest").asText().matches("sha256:[0-9a-f]{64}"));
    assertFalse(task.path("executorVersion").asText().isEmpty());
    assertEquals(anchor, Anchor.of(task));
    assertTrue(anchor.isAlive());
    assertEquals("8080", task.at("/config/env/PORT").asText());
    assertTrue(task.path("seed").isObject());
    assertTrue(task.path("exitCode").isNull());
    assertTrue(task.path("exitedAt").isNull());

    long tax = task.at("/memory/taxBytes").longValue();
    long limit = 32 * MIB + tax;
    assertTrue(tax > 0);
    assertEquals(32 * MIB, task.at("/memory/askedBytes").longValue());
    assertEquals(limit, task.at("/memory/limitBytes").longValue());
    assertEquals(limit, task.at("/spec/linux/resources/memory/limit").longValue());
    assertEquals(limit, memoryLimit(task.path("limits")));
    long parts = 0;
    for (JsonNode part : task.path("tax")) {
      parts += part.path("bytes").longValue();
    }
    assertEquals(tax, parts);
    String cgroup = task.path("cgroup").asText();
    assertEquals("/" + node.directory().getFileName() + "/shown", cgroup);
    assertTrue(
        Programs.read(Path.of("/proc", "" + anchor.pid(), "cgroup")).contains(":" + cgroup + "\n"));
    assertEquals(
        node.directory().resolve("state/logs/shown/stdout").toString(),
        task.at("/logs/stdout").asText());

    node.awaitOutput("shown", "start ");
    node.taskctl("signal", "shown", "USR1").expect(0);
    Programs.await("the task to end", () -> !anchor.isAlive());
    JsonNode[] ended = {task};
    Programs.await(
        "its exit to be on record",
        () -> {
          ended[0] = node.json("inspect", "shown");
          return ended[0].path("state").asText().equals("STOPPED");
        });
    assertEquals(9, ended[0].path("exitCode").intValue());
    assertTrue(ended[0].path("pid").isNull());
    assertFalse(ended[0].path("oomKilled").booleanValue());
    Instant exited = Instant.parse(ended[0].path("exitedAt").asText());
    assertFalse(exited.isBefore(Instant.parse(ended[0].path("startedAt").asText())));
    assertFalse(exited.isAfter(Instant.now()));
    node.taskctl("delete", "shown").expect(0);
  }

  /** As read back from a cgroup of version 1 or 2. */
  private static long memoryLimit(JsonNode limits) {
    String file = limits.has("memory.max") ? "memory.max" : "memory.limit_in_bytes";
    return Long.parseLong(limits.path(file).asText());
  }
}
