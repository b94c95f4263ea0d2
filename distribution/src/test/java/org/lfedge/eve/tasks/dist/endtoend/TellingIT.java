package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.api.v1.Task;

/** Tasks of an executor whose seeds keep a state, tell of exits and name a console. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TellingIT {

  private static final String DETACH = "\u0010\u0011";

  /** Lives until SIGTERM; then it tells that it powered off. */
  private static final String GUEST =
      "trap 'echo off >> /tmp/run/log; exit 0' TERM; echo up;"
          + " while :; do sleep 1000 & wait $!; done";

  private final PackagedNode node;
  private Api api;

  TellingIT() {
    VendorJar executor = TellingExecutor.jar();
    node = new PackagedNode(List.of(executor.digest()), executor::addTo);
    api = new Api(node);
  }

  @AfterAll
  void close() {
    api.close();
    node.close();
  }

  @AfterEach
  void delete() {
    api.list().forEach(task -> api.delete(task.getName(), true));
    for (String kind : List.of("states", "mounted states", "runtime directories")) {
      assertEquals(List.of(), Traces.of(node).get(kind), kind);
    }
  }

  private String text(String name, String script, String more) {
    String command = "[sh, -c, \"" + script.replace("\"", "\\\"") + "\"]";
    return node.text(name, command, "executor: " + TellingExecutor.NAME + "\n" + more);
  }

  private void start(String name, String script, String more) {
    api.create(text(name, script, more));
    assertEquals(name, api.start(name).getName());
  }

  private Task ended(String name) {
    return api.awaitExit(name);
  }

  @Test
  void aStateIsKeptAndHasAnEndAndARuntimeDirectoryIsNewEachTime() {
    String script =
        "echo s >> /tmp/kept/starts;"
            + " echo start $(wc -l < /tmp/kept/starts), $(busybox ls /tmp/run | wc -l);"
            + " busybox yes 2>/dev/null > /tmp/kept/big || echo full; busybox rm /tmp/kept/big;"
            + " busybox grep -E 'kept|/tmp/run' /proc/mounts;"
            + " echo > /tmp/run/mark; echo the off switch > /tmp/run/log; exit 7";
    Programs.Result run =
        node.taskctl("run", node.document("keeps.yaml", text("keeps", script, ""))).expect(0);
    assertTrue(run.out().startsWith("start 1, 0\nfull\n"), run.toString());
    assertTrue(run.out().contains("/tmp/run tmpfs rw,nosuid,nodev,noexec"), run.out());
    assertTrue(run.out().contains("/tmp/kept ext4 rw,nosuid,nodev"), run.out());
    JsonNode json = node.json("inspect", "keeps");
    assertEquals("success", json.path("exitOutcome").asText());
    assertEquals("it powered off", json.path("exitMeaning").asText());
    assertEquals(7, json.path("exitCode").intValue());

    node.kill();
    api.close();
    node.start();
    api = new Api(node);
    assertEquals("keeps", api.start("keeps").getName());
    assertEquals("STOPPED", ended("keeps").getState());
    node.awaitOutput("keeps", "start 2, 0\nfull\n");
    assertTrue(node.taskctl("list").out().contains("success (code 7)"));
  }

  @Test
  void whatTheTaskToldDecidesWhatFollows() {
    String reboot =
        "echo s >> /tmp/kept/starts; [ $(wc -l < /tmp/kept/starts) = 1 ]"
            + " && echo reset > /tmp/run/log && exit 3; "
            + GUEST;
    start("again", reboot, "restart: {policy: on-failure}");
    start("once", "echo reset > /tmp/run/log; exit 3", "");
    start("panics", "echo panic > /tmp/run/log", "");
    start("passes", "echo 143 > /tmp/run/code", "");
    start("hostile", "busybox mkfifo /tmp/run/code; busybox ln -s /etc/group /tmp/run/log", "");

    Task once = ended("once");
    assertEquals(
        "STOPPED reboot 3",
        once.getState() + " " + once.getExitOutcome() + " " + once.getExitCode());
    assertEquals("crash", ended("panics").getExitOutcome());
    assertEquals(15, ended("passes").getExitSignal());
    assertEquals("failure", ended("passes").getExitOutcome());
    assertEquals("", ended("hostile").getExitOutcome());

    node.awaitOutput("again", "up\n");
    // A program may say something before it is on record that it runs.
    Programs.await("again to run", () -> api.task("again").getState().equals("RUNNING"));
    assertEquals(0, api.task("again").getRestarts());
    assertTrue(
        api.events().stream()
            .anyMatch(
                event ->
                    event.getType().equals("restarting")
                        && event.getReason().equals("it rebooted")));
    Task stopped = api.stop("again");
    assertEquals("it powered off", stopped.getExitMeaning());
    assertEquals("", stopped.getExitOutcome());
  }

  @Test
  void aConsoleIsTheProgramThatTheExecutorNames() {
    start("guest", GUEST, "user: \"33:34\"");
    api.create(node.text("plain", PackagedNode.SERVICE, ""));
    List<String> command = PackagedNode.taskctlAt(node.socket());
    command.addAll(List.of("console", "guest"));
    Programs.Result piped = Programs.run(command, "hello\nend\nmore\n").expect(5);
    assertEquals("console of 33 in /\nis hello\nis end\n", piped.out());
    Programs.Result none = node.taskctl("-o", "json", "console", "plain").expect(125);
    assertEquals(List.of("NO_CONSOLE"), none.errorCodes());
    try (PseudoTerminal terminal =
        new PseudoTerminal(String.join(" ", command) + "; echo status=$?")) {
      terminal.await("console of 33 in /");
      terminal.type("size\n");
      terminal.await("24 80");
      terminal.type(DETACH);
      terminal.await("status=0");
      assertEquals(0, terminal.exit());
    }
    assertEquals("RUNNING", api.task("guest").getState());
  }
}
