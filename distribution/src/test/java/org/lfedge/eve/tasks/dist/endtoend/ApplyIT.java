package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What changed documents do to tasks that run, by command and by a watched directory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApplyIT {

  private final PackagedNode node;
  private final Path declared;

  ApplyIT() {
    Path[] directory = new Path[1];
    node =
        new PackagedNode(
            java.util.List.of(),
            before -> {
              directory[0] = before.directory().resolve("declared");
              try {
                Files.writeString(
                    before.config(),
                    Files.readString(before.config())
                        + "tasks: {directory: "
                        + directory[0]
                        + "}\n");
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    declared = directory[0];
  }

  @AfterAll
  void close() {
    node.close();
  }

  private String document(String name, String memory, String more) {
    return node.document(
        name + ".yaml",
        """
        name: %s
        root: {directory: %s}
        command: %s
        resources: {memory: %s, cpus: 0.5}
        %s
        """
            .formatted(name, node.busyboxRoot(), PackagedNode.SERVICE, memory, more));
  }

  private static long memoryLimit(JsonNode task) {
    JsonNode limits = task.path("limits");
    String file = limits.has("memory.max") ? "memory.max" : "memory.limit_in_bytes";
    return Long.parseLong(limits.path(file).asText());
  }

  @Test
  void limitsAndPoliciesChangeUnderTheRunningAnchorAndTheRestReplacesIt() {
    node.taskctl("apply", document("live", "32MiB", "")).expect(0);
    JsonNode before = node.json("inspect", "live");

    String more = document("live", "64MiB", "restart: {policy: always}");
    JsonNode plan = node.json("apply", "--dry-run", more).get(0);
    assertEquals("update", plan.path("action").asText());
    assertEquals("resources.memory", plan.at("/fields/0/path").asText());
    assertEquals("\"32MiB\"", plan.at("/fields/0/before").asText());
    assertEquals("\"64MiB\"", plan.at("/fields/0/after").asText());
    assertEquals("restart.policy", plan.at("/fields/1/path").asText());
    assertEquals(32 << 20, memoryLimit(node.json("inspect", "live")), "a plan alone");

    node.taskctl("apply", more).expect(0);
    JsonNode after = node.json("inspect", "live");
    assertEquals(Anchor.of(before), Anchor.of(after));
    assertTrue(Anchor.of(after).isAlive());
    assertEquals(64 << 20, memoryLimit(after));
    assertEquals(64 << 20, after.at("/memory/limitBytes").intValue());
    assertEquals("always", after.at("/config/restart/policy").asText());

    JsonNode replaced = node.json("apply", document("live", "64MiB", "env: {A: b}")).get(0);
    assertEquals("replace", replaced.path("action").asText());
    JsonNode last = node.json("inspect", "live");
    assertNotEquals(Anchor.of(after), Anchor.of(last));
    assertEquals("RUNNING", last.path("state").asText());
    node.taskctl("delete", "--force", "live").expect(0);
  }

  @Test
  void aChangeThatDoesNotFitTheNodeChangesNothing() {
    node.taskctl("apply", document("fits", "32MiB", "")).expect(0);
    JsonNode before = node.json("inspect", "fits");
    Programs.Result result =
        node.taskctl("-o", "json", "apply", document("fits", "8000GiB", "")).expect(1);
    assertEquals(java.util.List.of("MEMORY_BEYOND_NODE"), result.errorCodes());
    JsonNode after = node.json("inspect", "fits");
    assertEquals(Anchor.of(before), Anchor.of(after));
    assertEquals("32MiB", after.at("/config/resources/memory").asText());
    node.taskctl("delete", "--force", "fits").expect(0);
  }

  @Tag("long")
  @Test
  void applyStartsWhatWasStoppedAndTheDirectoryDoesNot() throws IOException {
    String text = Files.readString(Path.of(document("dropped", "32MiB", "")));
    Path file = declared.resolve("dropped.yaml");
    Path partial = declared.resolve(".dropped.yaml.tmp");
    Files.writeString(partial, text);
    Files.move(partial, file);
    awaitState("dropped", "RUNNING");
    node.taskctl("stop", "dropped").expect(0);

    node.terminate();
    node.start();
    Files.writeString(declared.resolve("broken.yaml"), "name: [");
    awaitLog("broken.yaml");
    assertEquals("STOPPED", state("dropped"), "it was stopped, and its document did not change");

    Files.writeString(file, text.replace("32MiB", "48MiB"));
    awaitState("dropped", "RUNNING");
    assertEquals(48 << 20, node.json("inspect", "dropped").at("/memory/limitBytes").intValue());
    node.taskctl("stop", "dropped").expect(0);
    node.taskctl("apply", file.toString()).expect(0);
    assertEquals("RUNNING", state("dropped"));
    Files.delete(file);
    Files.delete(declared.resolve("broken.yaml"));
    node.taskctl("delete", "--force", "dropped").expect(0);
  }

  @Test
  void pinnedCpusBelongToOneTaskAndTheOthersMoveAtOnce() {
    node.taskctl("apply", document("shares", "32MiB", "")).expect(0);
    JsonNode before = node.json("inspect", "shares");
    String all = before.at("/limits/cpuset.cpus").asText();
    String pins =
        node.document(
            "pins.yaml",
            """
            name: pins
            root: {directory: %s}
            command: %s
            resources: {memory: 32MiB, pin: [1]}
            """
                .formatted(node.busyboxRoot(), PackagedNode.SERVICE));
    node.taskctl("apply", pins).expect(0);
    assertEquals("1", node.json("inspect", "pins").at("/limits/cpuset.cpus").asText());
    JsonNode moved = node.json("inspect", "shares");
    assertEquals(Anchor.of(before), Anchor.of(moved));
    assertNotEquals(all, moved.at("/limits/cpuset.cpus").asText());
    assertEquals("0", moved.at("/limits/cpuset.cpus").asText().substring(0, 1));

    String taken =
        node.document(
            "taken.yaml", Programs.read(Path.of(pins)).replace("name: pins", "name: taken"));
    assertEquals(
        java.util.List.of("CPU_TAKEN"),
        node.taskctl("-o", "json", "create", taken).expect(1).errorCodes().subList(0, 1));
    node.taskctl("delete", "--force", "pins").expect(0);
    Programs.await(
        "the others to get it back",
        () -> node.json("inspect", "shares").at("/limits/cpuset.cpus").asText().contains("1"));
    node.taskctl("delete", "--force", "shares").expect(0);
  }

  private String state(String task) {
    return node.json("inspect", task).path("state").asText();
  }

  private void awaitState(String task, String state) {
    Programs.await(
        task + " to be " + state,
        () -> {
          Programs.Result result = node.taskctl("-o", "json", "inspect", task);
          return result.status() == 0 && result.json().path("state").asText().equals(state);
        });
  }

  private void awaitLog(String text) {
    Programs.await("a line with " + text, () -> node.daemonLog().contains(text));
  }
}
