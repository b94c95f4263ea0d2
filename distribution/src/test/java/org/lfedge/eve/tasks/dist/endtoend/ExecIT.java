package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Programs inside of tasks, without a terminal. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExecIT {

  private final PackagedNode node = new PackagedNode();
  private Anchor web;

  @BeforeAll
  void run() throws IOException {
    Files.writeString(node.busyboxRoot().resolve("etc/passwd"), "www:x:33:34::/:/bin/sh\n");
    Files.writeString(node.busyboxRoot().resolve("etc/group"), "log:x:40:www\n");
    String document = node.document("web", PackagedNode.SERVICE, "env: {FROM: document}");
    web = Anchor.of(node.json("run", "-d", document));
  }

  @AfterAll
  void close() {
    node.close();
  }

  private Programs.Result exec(String... arguments) {
    List<String> line = new ArrayList<>(List.of("exec"));
    line.addAll(List.of(arguments));
    return node.taskctl(line.toArray(String[]::new));
  }

  private List<String> line(String... arguments) {
    List<String> line = PackagedNode.taskctlAt(node.socket());
    line.add("exec");
    line.addAll(List.of(arguments));
    return line;
  }

  /** Nothing but the task's own processes, FIFOs and entries of containerd may be left. */
  private void assertNothingIsLeft() {
    Path sessions = node.directory().resolve("run/sessions");
    Programs.await("the FIFOs to go", () -> isEmpty(sessions));
    Programs.await(
        "containerd to forget the processes",
        () -> !node.ctr("tasks", "ps", "web").out().contains("exec-"));
    assertTrue(web.isAlive());
  }

  private static boolean isEmpty(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theExitCodeAndBothStreamsAreThoseOfTheProgram() {
    Programs.Result done = exec("web", "--", "sh", "-c", "echo out; echo err >&2").expect(0);
    assertEquals("out\n", done.out());
    assertEquals("err\n", done.err());
    exec("web", "sh", "-c", "exit 3").expect(3);
    exec("web", "sh", "-c", "kill -9 $$").expect(137);
    exec("web", "sh", "-c", "kill -TERM $$").expect(143);
    assertNothingIsLeft();
  }

  @Test
  void itRunsAsTheTaskDoesExceptAsTheOptionsSay() {
    String script = "id -u; id -G; pwd; echo $FROM";
    assertEquals("0\n0\n/\ndocument\n", exec("web", "sh", "-c", script).expect(0).out());
    assertEquals(
        "33\n34 40\n/tmp\noption\n",
        exec("-u", "www", "-w", "/tmp", "-e", "FROM=option", "web", "--", "sh", "-c", script)
            .expect(0)
            .out());
    assertEquals("7\n8\n", exec("-u", "7:8", "web", "sh", "-c", "id -u; id -g").expect(0).out());
    assertEquals(
        List.of("USER_NOT_FOUND"),
        node.taskctl("-o", "json", "exec", "-u", "nobody", "web", "id").expect(125).errorCodes());
  }

  @Test
  void theEndOfTheInputReachesTheProgram() throws Exception {
    assertEquals("hi\n", Programs.run(line("-i", "web", "--", "cat"), "hi\n").expect(0).out());
    assertEquals("", Programs.run(line("web", "--", "cat"), "unread").expect(0).out());
    // It reads nothing of more than fits on the way.
    Path in = Files.write(node.directory().resolve("unread"), new byte[1 << 20]);
    Process process =
        new ProcessBuilder(line("-i", "web", "--", "sh", "-c", "exit 5"))
            .redirectInput(in.toFile())
            .start();
    assertEquals(5, process.waitFor());
    Files.delete(in);
    assertNothingIsLeft();
  }

  @Test
  void whatGoesThroughAProgramComesOutByteForByte() throws Exception {
    Path in = node.directory().resolve("in");
    Path out = node.directory().resolve("out");
    byte[] bytes = new byte[10_000_000];
    new Random(4711).nextBytes(bytes);
    Files.write(in, bytes);
    Process process =
        new ProcessBuilder(line("-i", "web", "--", "cat"))
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .start();
    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue());
    assertEquals(-1, Files.mismatch(in, out));
    Files.delete(in);
    Files.delete(out);
  }

  @Test
  void aClientThatDoesNotReadHoldsUpTheProgramAndNotTheDaemon() throws Exception {
    Process client =
        new ProcessBuilder(
                line("web", "--", "busybox", "dd", "if=/dev/zero", "bs=65536", "count=3200"))
            .redirectInput(new File("/dev/null"))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Programs.await("the program to run", () -> process("busybox dd if").isPresent());
    long pid = process("busybox dd if").orElseThrow();
    Programs.awaitStill("the program to wait", () -> Programs.written(pid));
    long written = Programs.written(pid);
    assertTrue(written < 16 << 20, written + " bytes are on the way");
    try (var output = client.getInputStream()) {
      assertEquals(3200L << 16, output.transferTo(OutputStream.nullOutputStream()));
    }
    assertTrue(client.waitFor(120, TimeUnit.SECONDS));
    assertEquals(0, client.exitValue());
  }

  @Test
  void aRefusalIsOursAndSaysWhy() {
    assertEquals("EXECUTABLE_NOT_FOUND", refusal("web", "nope"));
    assertEquals("TASK_NOT_FOUND", refusal("absent", "true"));
    node.taskctl("create", node.document("waits", PackagedNode.SERVICE, "")).expect(0);
    assertEquals("TASK_NOT_RUNNING", refusal("waits", "true"));
    node.taskctl("delete", "--force", "waits").expect(0);
    assertEquals("NO_TERMINAL", refusal("-t", "web", "sh"));
    exec("web").expect(2);
    assertNothingIsLeft();
  }

  private String refusal(String... arguments) {
    List<String> line = new ArrayList<>(List.of("-o", "json", "exec"));
    line.addAll(List.of(arguments));
    List<String> codes = node.taskctl(line.toArray(String[]::new)).expect(125).errorCodes();
    assertEquals(1, codes.size());
    return codes.get(0);
  }

  @Test
  void aProgramEndsWithItsClientAndSoDoesWhatItHasStarted() throws Exception {
    Process client =
        new ProcessBuilder(
                line("web", "--", "sh", "-c", "trap '' HUP; sleep 51515 & sleep 51516; wait"))
            .start();
    Programs.await("the programs to run", () -> process("sleep 51516").isPresent());
    client.destroyForcibly().waitFor();
    Programs.await(
        "the programs to end",
        () -> process("sleep 51515").isEmpty() && process("sleep 51516").isEmpty());
    assertNothingIsLeft();
  }

  @Test
  void aProgramEndsWithItsTask() throws Exception {
    node.taskctl("run", "-d", node.document("brief", PackagedNode.SERVICE, "")).expect(0);
    Process client = new ProcessBuilder(line("brief", "--", "sleep", "61616")).start();
    Programs.await("the program to run", () -> process("sleep 61616").isPresent());
    node.taskctl("delete", "--force", "brief").expect(0);
    assertTrue(client.waitFor(120, TimeUnit.SECONDS));
    assertTrue(List.of(137, 125).contains(client.exitValue()), "status " + client.exitValue());
    assertTrue(process("sleep 61616").isEmpty());
    assertNothingIsLeft();
  }

  @Test
  void whatAKilledDaemonHasLeftIsRemovedByTheNext() throws Exception {
    Process client =
        new ProcessBuilder(line("-i", "web", "--", "sh", "-c", "sleep 71717; cat")).start();
    Programs.await("the program to run", () -> process("sleep 71717").isPresent());
    node.kill();
    assertTrue(client.waitFor(120, TimeUnit.SECONDS));
    assertEquals(125, client.exitValue());
    assertTrue(process("sleep 71717").isPresent(), "nobody is there to end it");
    node.start();
    Programs.await("the program to end", () -> process("sleep 71717").isEmpty());
    assertNothingIsLeft();
    exec("web", "sh", "-c", "exit 4").expect(4);
  }

  @Test
  void aProgramInTheBackgroundDoesNotKeepTheClient() {
    assertEquals("done\n", exec("web", "sh", "-c", "sleep 81818 & echo done").expect(0).out());
    assertTrue(process("sleep 81818").isPresent(), "it was started to stay");
    exec("web", "sh", "-c", "kill $(busybox pidof sleep)");
  }

  /** A process of the node whose command line begins with a text. */
  private static OptionalLong process(String text) {
    return ProcessHandle.allProcesses()
        .filter(process -> commandLine(process.pid()).startsWith(text))
        .mapToLong(ProcessHandle::pid)
        .findFirst();
  }

  private static String commandLine(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline")).replace('\0', ' ');
    } catch (IOException e) {
      return "";
    }
  }
}
