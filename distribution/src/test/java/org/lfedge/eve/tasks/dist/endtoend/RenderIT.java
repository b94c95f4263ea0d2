package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.spec.OciSchema;

/** Specs before and after create, and tasks that have the node's own root. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RenderIT {

  private final PackagedNode node = new PackagedNode();

  RenderIT() {
    BusyboxImage.layout(node.documents().resolve("web"), "web:1", BusyboxImage.image());
  }

  @AfterAll
  void close() {
    node.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"layout: web", "directory: ../root", "host: true"})
  void createUsesTheSpecThatRenderPrintsAndRenderLeavesNothing(String root) {
    String document =
        node.document(
            "drawn.yaml",
            """
            name: drawn
            root: {%s, readOnly: true}
            command: [/bin/sh, -c, "exit 0"]
            workingDir: /tmp
            user: "0:0"
            env: {GREETING: "a b"}
            init: true
            resources: {memory: 32MiB, cpus: 0.25, tax: {memory: 8MiB}}
            """
                .formatted(root));
    SortedMap<String, List<String>> before = Traces.of(node);
    JsonNode rendering = node.json("render", "--explain", document);
    assertEquals(before, Traces.of(node));
    assertEquals("native-container", rendering.path("executor").asText());
    assertEquals(List.of(), OciSchema.violations(rendering.path("spec").toString()));

    node.taskctl("create", document).expect(0);
    JsonNode inspected = node.json("inspect", "drawn").path("spec");
    assertEquals(inspected, Programs.parse(Programs.read(bundle("drawn"))));
    JsonNode rendered = rendering.path("spec").deepCopy();
    JsonNode created = inspected.deepCopy();
    assertFalse(rendering.path("atCreate").isEmpty());
    for (JsonNode place : rendering.path("atCreate")) {
      JsonPointer pointer = JsonPointer.compile(place.asText());
      assertNotEquals(rendered.at(pointer), created.at(pointer));
      remove(rendered, pointer);
      remove(created, pointer);
    }
    assertEquals(rendered, created);
    assertEquals(List.of(), OciSchema.violations(inspected.toString()));
    node.taskctl("delete", "drawn").expect(0);
  }

  /** The spec as containerd gave it to runc. */
  private Path bundle(String task) {
    return node.directory()
        .resolve("run/containerd/run/io.containerd.runtime.v2.task/taskmanager")
        .resolve(task)
        .resolve("config.json");
  }

  private static void remove(JsonNode spec, JsonPointer pointer) {
    assertTrue(spec.at(pointer).isTextual(), pointer.toString());
    ((ObjectNode) spec.at(pointer.head())).remove(pointer.last().getMatchingProperty());
  }

  @Test
  void twentyTasksOnTheNodesRootSeeItsFileSystemsAndLeaveItsMountTableAsItWas() throws IOException {
    Path mounted = Files.createDirectory(node.documents().resolve("mounted"));
    Programs.run(List.of("mount", "-t", "tmpfs", "tmpfs", mounted.toString())).expect(0);
    Files.writeString(mounted.resolve("marker"), "of the node");
    List<String> before = mounts();
    List<String> names = IntStream.range(10, 30).mapToObj(number -> "host-" + number).toList();
    String documents =
        names.stream()
            .map(
                name ->
                    """
                    name: %s
                    root: {host: true}
                    command: [/bin/sh, -c, "cat %s/marker; trap 'exit 0' TERM; sleep 1000 & wait"]
                    resources: {memory: 16MiB, cpus: 0.01}
                    """
                        .formatted(name, mounted))
            .collect(Collectors.joining("---\n"));
    node.taskctl("apply", node.document("hosts.yaml", documents)).expect(0);
    names.forEach(name -> node.awaitOutput(name, "of the node"));

    String other = node.document("other", "[sh, -c, exit 0]", "");
    JsonNode pruned = node.json("apply", "--prune", other);
    assertEquals(
        names,
        pruned.findParents("task").stream()
            .filter(change -> change.path("action").asText().equalsIgnoreCase("delete"))
            .map(change -> change.path("task").asText())
            .toList());
    node.taskctl("delete", "--force", "other").expect(0);
    assertEquals(before, mounts());
    Programs.run(List.of("umount", mounted.toString())).expect(0);
  }

  /** A root of the node is a copy of all its mounts, and must not keep what other tasks have. */
  @Test
  void aTaskIsDeletedWhileALaterOneHasTheNodesRoot() {
    SortedMap<String, List<String>> before = Traces.of(node);
    node.taskctl("run", "-d", node.document("earlier", PackagedNode.SERVICE, "")).expect(0);
    String later =
        """
        name: later
        root: {host: true}
        command: [/bin/sh, -c, "sleep 1000"]
        resources: {memory: 16MiB}
        """;
    node.taskctl("run", "-d", node.document("later.yaml", later)).expect(0);
    node.taskctl("delete", "--force", "earlier").expect(0);
    node.taskctl("delete", "--force", "later").expect(0);
    assertEquals(before, Traces.of(node));
  }

  /** The node's mounts, without those of other tests that may run beside this one. */
  private List<String> mounts() {
    List<Path> others =
        List.of(Path.of("/tmp"), Path.of(String.valueOf(node.directory().getParent())));
    return Programs.read(Path.of("/proc/self/mountinfo"))
        .lines()
        .filter(
            line -> {
              Path point = Path.of(line.split(" ", -1)[4]);
              boolean temporary = others.stream().anyMatch(point::startsWith);
              return point.startsWith(node.directory())
                  ? !Traces.isPinDirectory(node, point)
                  : !temporary;
            })
        .toList();
  }
}
