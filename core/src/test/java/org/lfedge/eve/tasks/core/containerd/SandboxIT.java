package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.SandboxJob;
import org.lfedge.eve.tasks.core.port.SandboxJob.Bind;
import org.lfedge.eve.tasks.core.port.SandboxResult;
import org.lfedge.eve.tasks.core.port.SandboxResult.Exceeded;

@Tag("exclusive") // It looks at all mounts of the machine.
class SandboxIT {

  private static final long MEMORY = 32 << 20;

  @TempDir Path temporary;

  private final TestBed bed = SharedTestBed.bed();
  private final ContainerdRuntime runtime = new ContainerdRuntime(SharedTestBed.client());
  private List<String> mounts = List.of();

  @BeforeEach
  void rememberMounts() {
    mounts = TestBed.mounts();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertEquals(List.of(), sandboxes(runtime.containers()));
    assertEquals(List.of(), sandboxes(List.copyOf(runtime.tasks().keySet())));
    assertEquals(mounts, TestBed.mounts());
    Path left = temporary.resolve("sandboxes");
    assertTrue(Files.notExists(left) || left.toFile().list().length == 0);
  }

  private static List<String> sandboxes(List<String> ids) {
    return ids.stream().filter(id -> id.startsWith("Sandbox-")).toList();
  }

  private ContainerdSandbox sandbox() {
    return new ContainerdSandbox(
        runtime, temporary.resolve("sandboxes"), bed.cgroup("sandboxes"), "amd64");
  }

  private SandboxResult shell(String script, Bind... binds) {
    return run(script, 0, new TreeSet<>(), Duration.ofMinutes(1), binds);
  }

  private SandboxResult run(
      String script, int uid, SortedSet<String> capabilities, Duration deadline, Bind... binds) {
    return sandbox()
        .run(
            SandboxJob.ofNode(
                "try it",
                List.of("/bin/sh", "-c", script),
                Arrays.asList(binds),
                new SandboxJob.Identity(uid, uid, capabilities),
                SandboxJob.Bounds.of(MEMORY, deadline)));
  }

  @Test
  void aProgramOfTheNodeRunsOnWhatItIsGiven() throws IOException {
    Path input = Files.writeString(temporary.resolve("input"), "some words");
    Path output = Files.createDirectory(temporary.resolve("output"));
    SandboxResult result =
        shell(
            "tr a-z A-Z < /in > /out/words; echo said; echo complained >&2; exit 3",
            new Bind(input, "/in", false),
            new Bind(output, "/out", true));
    assertEquals(
        new SandboxResult(OptionalInt.of(3), "said\n", "complained\n", Exceeded.NONE), result);
    assertEquals("SOME WORDS", Files.readString(output.resolve("words")));
    assertEquals("exit code 3: complained", result.reason());
  }

  @Test
  void nothingElseOfTheNodeIsThereAndNothingCanBeChanged() throws IOException {
    Path input = Files.writeString(temporary.resolve("input"), "some words");
    SandboxResult result =
        shell(
            "ls /; ls /etc; echo x > /in || touch /usr/x || touch /x || mkdir /dev/x/y || cat"
                + " /proc/net/dev | grep -c :",
            new Bind(input, "/in", false));
    assertTrue(result.success(), result.reason());
    List<String> lines = result.output().lines().toList();
    assertFalse(lines.contains("home"), result.output());
    assertFalse(lines.contains("passwd"), result.output());
    assertEquals("1", lines.get(lines.size() - 1), "interfaces: " + result.output());
    assertEquals("some words", Files.readString(input));
  }

  @Test
  void itHasNoCapabilitiesButThoseThatItIsGiven() throws IOException {
    Path output = Files.createDirectory(temporary.resolve("output"));
    Bind bind = new Bind(output, "/out", true);
    assertFalse(shell("touch /out/a && chown 7:7 /out/a", bind).success());
    SortedSet<String> chown = new TreeSet<>(List.of("CAP_CHOWN"));
    SandboxResult result = run("chown 7:7 /out/a; id -u", 0, chown, Duration.ofMinutes(1), bind);
    assertTrue(result.success(), result.reason());
    assertEquals(7, Files.getAttribute(output.resolve("a"), "unix:uid"));
    assertEquals("33\n", run("id -u", 33, new TreeSet<>(), Duration.ofMinutes(1)).output());
  }

  @Test
  void itIsKilledAtItsDeadline() {
    SandboxResult result =
        run("sleep 1000 & sleep 1000", 0, new TreeSet<>(), Duration.ofMillis(300));
    assertEquals(OptionalInt.empty(), result.exitCode());
    assertEquals(Exceeded.TIME, result.exceeded());
  }

  @Test
  void itIsKilledIfItWritesMoreThanAnybodyReads() {
    SandboxResult result = shell("cat /dev/zero");
    assertEquals(Exceeded.OUTPUT, result.exceeded());
    assertEquals(64 * 1024, result.output().length());
  }

  @Test
  void itsMemoryIsLimited() {
    SandboxResult result = shell("x=$(head -c 100000000 /dev/zero | tr '\\0' x)");
    assertFalse(result.success());
    assertEquals(Exceeded.MEMORY, result.exceeded(), result.reason());
  }

  @Test
  void aProgramThatIsNotThereIsAFailure() {
    TaskException failure =
        assertThrows(
            TaskException.class,
            () ->
                sandbox()
                    .run(
                        SandboxJob.ofNode(
                            "try it",
                            List.of("/usr/bin/no-such-program"),
                            List.of(),
                            SandboxJob.Identity.of(0, 0),
                            SandboxJob.Bounds.of(MEMORY, Duration.ofMinutes(1)))));
    assertTrue(failure.toString().contains("no-such-program"), failure.toString());
  }
}
