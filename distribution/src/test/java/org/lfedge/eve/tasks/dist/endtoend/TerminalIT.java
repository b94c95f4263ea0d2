package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Terminals of tasks and of programs inside them, in a terminal of the node. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TerminalIT {

  private static final String CTRL_C = "\u0003";
  private static final String DETACH = "\u0010\u0011";

  private final PackagedNode node = new PackagedNode();

  @AfterAll
  void close() {
    node.close();
  }

  private String taskctl(String arguments) {
    return String.join(" ", PackagedNode.taskctlAt(node.socket())) + " " + arguments;
  }

  /** Runs taskctl in a terminal, then says how it ended and whether the terminal is as before. */
  private PseudoTerminal terminal(String arguments) {
    return new PseudoTerminal(
        taskctl(arguments) + "; echo status=$?; stty -a | grep -o '[^ ]*icanon'");
  }

  private static void assertEnd(PseudoTerminal terminal, int status) {
    assertEquals(0, terminal.exit());
    assertTrue(terminal.shown().endsWith("status=" + status + "\r\nicanon\r\n"), terminal.shown());
  }

  private void service(String name) {
    node.taskctl("run", "-d", node.document(name, PackagedNode.SERVICE, "")).expect(0);
  }

  /** A task whose anchor is a shell in a terminal. */
  private String shell(String name) {
    return node.document(name, "[sh]", "terminal: true\nenv: {PS1: 'prompt# '}");
  }

  @Test
  void aProgramInATerminalHasItsSizeNowAndLater() {
    service("sized");
    try (PseudoTerminal terminal = terminal("exec -it sized -- sh")) {
      terminal.type("echo is $(busybox stty size) $TERM\n");
      terminal.await("is 24 80 ");
      terminal.resize(100, 40);
      // The change arrives on its own way, so it is asked for until it is there.
      terminal.type("while [ \"$(busybox stty size)\" != '40 100' ]; do :; done; echo chan''ged\n");
      terminal.await("changed");
      terminal.type("exit 7\n");
      assertEnd(terminal, 7);
    }
    node.taskctl("delete", "--force", "sized").expect(0);
  }

  @Test
  void keysGoToTheProgram() {
    service("keys");
    String script = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done";
    try (PseudoTerminal terminal = terminal("exec -it keys -- sh -c \"" + script + "\"")) {
      terminal.await("ready");
      terminal.type(CTRL_C);
      assertEnd(terminal, 9);
      assertTrue(terminal.shown().contains("caught"));
    }
    node.taskctl("delete", "--force", "keys").expect(0);
  }

  @Test
  void theTerminalIsRestoredWhenTaskctlIsToldToEnd() {
    service("told");
    try (PseudoTerminal terminal = terminal("exec -it told -- sh -c 'echo ready; cat'")) {
      terminal.await("ready");
      List<ProcessHandle> programs = terminal.processes("taskctl").toList();
      ProcessHandle taskctl = programs.get(programs.size() - 1);
      terminal.processes(" exec -it told").reduce((first, last) -> last).orElse(taskctl).destroy();
      assertEnd(terminal, 143);
    }
    node.taskctl("delete", "--force", "told").expect(0);
  }

  @Test
  void aTaskWithATerminalCanBeLeftAndJoinedAgain() {
    String document = shell("shell");
    try (PseudoTerminal terminal = terminal("run " + document)) {
      terminal.await("prompt# ");
      terminal.type("echo fir''st $(busybox stty size)\n");
      terminal.await("first 24 80");
      terminal.type(DETACH);
      assertEnd(terminal, 0);
    }
    Anchor anchor = Anchor.of(node.json("inspect", "shell"));
    assertTrue(anchor.isAlive());
    try (PseudoTerminal terminal = terminal("attach shell")) {
      terminal.await("prompt# ");
      terminal.resize(90, 30);
      terminal.type("while [ \"$(busybox stty size)\" != '30 90' ]; do :; done; echo sec''ond\n");
      terminal.await("second");
      terminal.type("exit 5\n");
      assertEnd(terminal, 5);
    }
    String logs = node.taskctl("logs", "shell").expect(0).out();
    assertTrue(logs.contains("first 24 80") && logs.contains("second"), logs);
    assertEquals(5, node.json("inspect", "shell").path("exitCode").intValue());
    assertEquals(
        List.of("NO_TERMINAL_OR_NOT_RUNNING"),
        node.taskctl("-o", "json", "attach", "shell").expect(125).errorCodes().stream()
            .map(code -> code.equals("TASK_NOT_RUNNING") ? "NO_TERMINAL_OR_NOT_RUNNING" : code)
            .toList());
    node.taskctl("delete", "shell").expect(0);
    assertNoFifosAreLeft();
  }

  private void assertNoFifosAreLeft() {
    for (String directory : List.of("run/terminals", "run/sessions")) {
      Path path = node.directory().resolve(directory);
      Programs.await(directory + " to be empty", () -> isEmpty(path));
    }
  }

  private static boolean isEmpty(Path directory) {
    if (!Files.isDirectory(directory)) {
      return true;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatATerminalShowsIsKeptAlsoWhenNobodyLooksOn() {
    String document =
        node.document(
            "alone",
            "[sh, -c, 'busybox stty size; for i in $(busybox seq 20000); do echo line $i; done; exit 6']",
            "terminal: true");
    Programs.Result run = node.taskctl("run", document).expect(6);
    String logs = node.taskctl("logs", "alone").expect(0).out();
    assertEquals(20001, logs.lines().count());
    assertTrue(logs.endsWith("line 20000\r\n"), logs.substring(logs.length() - 100));
    assertEquals(logs, run.out());
    node.taskctl("delete", "alone").expect(0);
    assertNoFifosAreLeft();
  }

  @Tag("long")
  @Test
  void aTerminalOutlivesTheDaemonAndItsTaskWaitsMeanwhile() throws IOException {
    String script =
        "echo ready; while [ ! -e /tmp/go ]; do sleep 0.05; done;"
            + " for i in $(busybox seq 40000); do echo line $i; done;"
            + " echo all; read -r code; exit $code";
    String document = node.document("lives", "[sh, -c, '" + script + "']", "terminal: true");
    Anchor anchor = Anchor.of(node.json("run", "-d", document));
    node.awaitOutput("lives", "ready\r\n");
    try (PseudoTerminal terminal = terminal("attach lives")) {
      // What is typed is echoed, so it has arrived.
      terminal.type("unheard");
      terminal.await("unheard");
      node.kill();
      assertEnd(terminal, 125);
    }
    Files.createFile(node.busyboxRoot().resolve("tmp/go"));
    Programs.awaitStill("the task to wait", () -> Programs.written(anchor.pid()));
    assertTrue(anchor.isAlive());

    node.start();
    node.awaitOutput("lives", "all\r\n");
    List<String> lines =
        node.taskctl("logs", "lives").expect(0).out().lines().filter(TerminalIT::isLine).toList();
    assertEquals(IntStream.rangeClosed(1, 40000).mapToObj(i -> "line " + i).toList(), lines);
    try (PseudoTerminal terminal = terminal("attach lives")) {
      terminal.type("\u00153\n");
      assertEnd(terminal, 3);
    }
    assertFalse(anchor.isAlive());
    node.taskctl("delete", "lives").expect(0);
    assertNoFifosAreLeft();
  }

  private static boolean isLine(String text) {
    return text.startsWith("line ");
  }

  @Test
  void aTaskWithoutATerminalIsFollowedToItsEnd() throws Exception {
    String script = "trap \"exit 8\" USR1; while :; do echo out; echo err >&2; sleep 0.05; done";
    String document = node.document("plain", "[sh, -c, '" + script + "']", "");
    node.taskctl("run", "-d", document).expect(0);
    List<String> line = PackagedNode.taskctlAt(node.socket());
    line.addAll(List.of("attach", "plain"));
    Path out = node.directory().resolve("attached.out");
    Path err = node.directory().resolve("attached.err");
    Process attached =
        new ProcessBuilder(line).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    Process left = new ProcessBuilder(line).start();
    try (var shown = left.getInputStream()) {
      assertEquals('o', shown.read());
      left.destroy();
      assertEquals(143, left.waitFor());
    }
    Programs.await("output", () -> Programs.read(out).length() * Programs.read(err).length() > 0);
    node.taskctl("signal", "plain", "USR1").expect(0);
    assertEquals(8, attached.waitFor());
    assertEquals(List.of("out"), Files.readAllLines(out).stream().distinct().toList());
    assertEquals(List.of("err"), Files.readAllLines(err).stream().distinct().toList());
    Files.delete(out);
    Files.delete(err);
    node.taskctl("delete", "plain").expect(0);
  }
}
