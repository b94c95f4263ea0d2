package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What tasks reach of the node itself, where policy grants it, and where it does not. */
@Tag("exclusive") // It makes network interfaces on the machine.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeAccessIT {

  private static final String CARD = "tm-na-test0";
  private static final String ALL =
      "{capabilities: [CAP_SYS_ADMIN], namespaces: [network], hostPaths: [/dev/pts],"
          + " devices: [/dev/pts/*]}";
  private static final String LESS =
      "{capabilities: [CAP_SYS_ADMIN], namespaces: [ipc], hostPaths: [/dev/pts],"
          + " devices: [\"/dev/pts/1*\"]}";
  private static final String ENTER = "busybox nsenter --net=/tmp/node/net busybox ip -o link";

  private final PackagedNode node;

  NodeAccessIT() {
    VendorJar executor = ReachingExecutor.jar();
    node =
        new PackagedNode(
            List.of(executor.digest()),
            prepared -> {
              executor.addTo(prepared);
              change(prepared, "policy:\n", "policy:\n  grants: {trusted: " + ALL + "}\n");
            });
  }

  private static void change(PackagedNode node, String what, String to) {
    try {
      String config = Files.readString(node.config());
      assertTrue(config.contains(what), config);
      Files.writeString(node.config(), config.replace(what, to));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeAll
  static void makeCard() {
    Programs.run(List.of("ip", "link", "add", CARD, "type", "veth", "peer", "name", "tm-na-other"))
        .expect(0);
  }

  @AfterAll
  void close() {
    node.close();
    Programs.run(List.of("ip", "link", "delete", CARD)).expect(0);
  }

  private void run(String task) {
    node.taskctl(
            "run",
            "-d",
            node.document(task, PackagedNode.SERVICE, "executor: " + ReachingExecutor.NAME))
        .expect(0);
  }

  private void delete(String task) {
    node.taskctl("delete", "--force", task).expect(0);
  }

  private Programs.Result inside(String task, String script) {
    return node.taskctl("exec", task, "--", "busybox", "sh", "-c", script);
  }

  /** Writes to a terminal of the node by its name in the mounted directory. */
  private Programs.Result write(String task, PseudoTerminal terminal) {
    String name = terminal.device().substring("/dev/pts/".length());
    return inside(task, "echo 'from the task' >/tmp/node/pts/" + name);
  }

  @Test
  void aTaskEntersTheNetworkAndWritesToTerminalsOfTheNodeAsFarAsPolicyGrants() {
    run("granted");
    assertFalse(inside("granted", "busybox ip -o link").expect(0).out().contains(CARD));
    assertTrue(inside("granted", ENTER).expect(0).out().contains(CARD));
    assertTrue(
        inside("granted", "busybox grep -c ' /tmp/node/net .*[ ,]ro,' /proc/mounts")
            .expect(0)
            .out()
            .startsWith("1"));
    try (PseudoTerminal terminal = new PseudoTerminal("cat")) {
      write("granted", terminal).expect(0);
      terminal.await("from the task");
    }
    // The next daemon finds what this one has pinned.
    node.kill();
    node.start();
    run("next");
    assertTrue(inside("next", ENTER).expect(0).out().contains(CARD));
    delete("next");
    delete("granted");

    node.terminate();
    change(node, ALL, LESS);
    node.start();
    JsonNode rendered =
        node.json(
            "render",
            "--explain",
            node.document("less", PackagedNode.SERVICE, "executor: " + ReachingExecutor.NAME));
    assertTrue(
        rendered
            .path("withheld")
            .toString()
            .contains("mount /tmp/node/net of the node's namespace NETWORK"),
        rendered.toString());
    run("less");
    assertFalse(inside("less", ENTER).err().isEmpty());
    try (PseudoTerminal terminal = new PseudoTerminal("cat")) {
      assertTrue(write("less", terminal).err().contains("Permission denied"));
    }
    delete("less");
    assertEquals(List.of(), Traces.of(node).get("containers"));
  }
}
