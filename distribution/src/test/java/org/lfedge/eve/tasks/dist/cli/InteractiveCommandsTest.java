package org.lfedge.eve.tasks.dist.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.api.ApiServer;
import org.lfedge.eve.tasks.dist.cli.CommandRun.Result;

/** exec, attach and console, against a daemon and a terminal that play along. */
class InteractiveCommandsTest {

  @TempDir private Path directory;
  private final FakeDaemon daemon = new FakeDaemon();
  private ApiServer server;
  private CommandRun command;

  @BeforeEach
  void serve() {
    server = ApiServer.start(directory.resolve("taskd.sock"), daemon);
    command = new CommandRun(directory.resolve("taskd.sock"), directory);
  }

  @AfterEach
  void end() {
    server.close();
  }

  @Test
  void execGivesTheExitCodeAndKeepsTheStreamsApart() {
    Result result = command.standardInput("typed").run("exec", "-i", "web", "--", "cat", "-n");
    assertEquals(3, result.status());
    assertEquals("typed", result.out());
    assertEquals("to err\n", result.err());
    assertEquals(
        List.of("exec name: \"web\" args: \"cat\" args: \"-n\" stdin: true"), daemon.calls);
  }

  @Test
  void whatFollowsTheNameBelongsToTheProgram() {
    assertEquals(
        3,
        command
            .run("exec", "-u", "www", "-w", "/srv", "-e", "A=b=c", "web", "ls", "-i", "--help")
            .status());
    assertEquals(
        List.of(
            "exec name: \"web\" args: \"ls\" args: \"-i\" args: \"--help\" user: \"www\""
                + " working_directory: \"/srv\" env { key: \"A\" value: \"b=c\" }"),
        daemon.calls);
  }

  @Test
  void execWithATerminalMakesItRawSendsItsSizeAndRestoresIt() {
    command.device().size(80, 24);
    assertEquals(3, command.run("exec", "-t", "web", "top").status());
    assertEquals(List.of("raw", "restored"), command.device().changes());
    String start = daemon.calls.get(0);
    assertTrue(start.contains("terminal { columns: 80 rows: 24 }"), start);
    assertTrue(start.contains("env { key: \"TERM\" value: \"fake\" }"), start);
  }

  @Test
  void aRefusalLeavesTheTerminalAlone() {
    command.device().size(80, 24);
    assertEquals(125, command.run("exec", "-it", "absent", "sh").status());
    assertEquals(List.of(), command.device().changes());
  }

  @Test
  void aTerminalIsNeededForOne() {
    Result result = command.run("exec", "-it", "web", "sh");
    assertEquals(125, result.status());
    assertTrue(result.err().contains("NO_TERMINAL"), result.err());
    assertEquals(List.of(), daemon.calls);
    assertEquals(2, command.run("exec", "web").status());
  }

  @Test
  void attachShowsTheTerminalAndCarriesTheExitCode() {
    command.device().size(80, 24);
    Result result = command.standardInput("q").run("attach", "shell");
    assertEquals(4, result.status());
    assertEquals(List.of("raw", "restored"), command.device().changes());
  }

  @Test
  void theDetachKeysLeaveTheTask() {
    Result result = command.standardInput("ab\u0010\u0011q").run("attach", "shell");
    assertEquals(0, result.status());
    assertTrue(result.err().contains("detached from shell"), result.err());
  }

  @Test
  void attachFollowsATaskWithoutATerminal() {
    Result result = command.run("attach", "web");
    assertEquals(7, result.status());
    assertEquals("to out\n", result.out());
    assertEquals("to err\n", result.err());
  }

  @Test
  void aConsoleIsAProgramOfTheTasksOwnChoice() {
    Result result = command.standardInput("typed").run("console", "web");
    assertEquals(3, result.status());
    assertEquals("typed", result.out());
    assertEquals(List.of("exec name: \"web\" stdin: true console: true"), daemon.calls);
    assertEquals(125, command.run("console", "absent").status());
    assertEquals(2, command.run("console", "web", "sh").status());
  }

  @Test
  void theDetachKeysLeaveAConsoleInATerminal() {
    command.device().size(80, 24);
    Result result = command.standardInput("ab\u0010\u0011q").run("console", "web");
    assertEquals(0, result.status());
    assertTrue(result.err().contains("left the console of web"), result.err());
    assertEquals(List.of("raw", "restored"), command.device().changes());
    String start = daemon.calls.get(0);
    assertTrue(start.contains("terminal { columns: 80 rows: 24 }"), start);
  }

  @Test
  void theConsoleOfATaskThatNamesNoneIsItsTerminal() {
    assertEquals(4, command.standardInput("q").run("console", "shell").status());
    assertTrue(daemon.calls.contains("attach shell"), daemon.calls::toString);
  }

  @Property
  void onlyTheDetachKeysAreKeptBack(@ForAll List<@IntRange(max = 2) Integer> typed) {
    StringBuilder text = new StringBuilder();
    typed.forEach(key -> text.append("a\u0010\u0011".charAt(key)));
    DetachKeys keys = new DetachKeys();
    StringBuilder passed = new StringBuilder();
    for (char key : text.toString().toCharArray()) {
      passed.append(
          new String(keys.filter(new byte[] {(byte) key}, 1), StandardCharsets.ISO_8859_1));
    }
    int at = text.indexOf("\u0010\u0011");
    assertEquals(at >= 0, keys.found());
    String before = at >= 0 ? text.substring(0, at) : text.toString();
    String expected =
        at < 0 && before.endsWith("\u0010") ? before.substring(0, before.length() - 1) : before;
    assertEquals(expected, passed.toString());
    byte[] all = text.toString().getBytes(StandardCharsets.ISO_8859_1);
    assertArrayEquals(
        expected.getBytes(StandardCharsets.ISO_8859_1), new DetachKeys().filter(all, all.length));
    assertFalse(expected.contains("\u0010\u0011"));
  }
}
