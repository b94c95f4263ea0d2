package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.output.OutputBounds;
import org.lfedge.eve.tasks.core.output.OutputLogs;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputReader;
import org.lfedge.eve.tasks.core.port.OutputSelection;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.StandardStream;

/** Logs below real shims: much output, a full disk, copying that is cut off. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutputIT {

  private static final int MIB = 1 << 20;

  private final TestBed bed = new TestBed();
  private final ContainerdRuntime runtime;
  private final ContainerdClient client;
  private final Path directory;
  private OutputLogs logs;
  private int pid;

  OutputIT() {
    bed.containerd().start();
    client = ContainerdClient.connect(bed.containerd().socket(), "output");
    runtime = new ContainerdRuntime(client);
    directory = bed.directory().resolve("logs");
    logs = open(new OutputBounds(MIB, 4 * MIB, 0));
  }

  private OutputLogs open(OutputBounds bounds) {
    return new OutputLogs(
        directory,
        bounds,
        new LockedHelperCommand(bed.directory().resolve("locks"), Duration.ofSeconds(30)),
        InstantSource.system());
  }

  private void reopen(OutputBounds bounds) {
    logs.close();
    logs = open(bounds);
    logs.start(task -> pid == 0 ? OptionalInt.empty() : OptionalInt.of(pid));
  }

  @AfterEach
  void removeTask() throws Exception {
    if (runtime.task("task").isPresent()) {
      runtime.signalTask("task", 9, true);
      runtime.awaitExit("task").get(60, TimeUnit.SECONDS);
      runtime.deleteTask("task");
    }
    runtime.deleteContainer("task");
    runtime.removeRoot("task");
    logs.close();
    logs.remove("task");
    pid = 0;
  }

  @AfterAll
  void close() {
    client.close();
    bed.close();
  }

  private CompletableFuture<ExitStatus> run(String script) {
    RootFilesystem root = new RootFilesystem.LayeredDirectory(bed.busyboxRoot().toString());
    runtime.prepareRoot("task", root);
    runtime.createContainer(
        "task", root, bed.spec("task", "/bin/sh", "-c", script), new TreeMap<>());
    pid = runtime.createTask("task", root, logs.create("task"));
    CompletableFuture<ExitStatus> exit = runtime.awaitExit("task");
    runtime.startTask("task");
    return exit;
  }

  private String read(StandardStream stream) {
    OutputReader reader = logs.read("task", OutputSelection.ALL);
    reader.endHere();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (Optional<OutputPiece> next = reader.next(); next.isPresent(); next = reader.next()) {
      if (next.get().stream() == stream) {
        byte[] data = new byte[next.get().data().remaining()];
        next.get().data().get(data);
        text.writeBytes(data);
      }
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  /** What a directory takes of the disk, holes left out. */
  private static long allocated(Path tree) {
    try {
      Process du = new ProcessBuilder("du", "-s", "-B1", tree.toString()).start();
      String text = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      // A file that goes while du looks at it is no matter.
      return Long.parseLong(text.split("\\s", 2)[0]);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aTaskThatWritesMuchTakesLittleDiskAndItsLastWordsAreThere() throws Exception {
    int burst = 40_000_000;
    int bursts = 5;
    reopen(new OutputBounds(MIB, 4 * MIB, 0));
    // It waits after each burst, since nothing holds up a task that is faster than the disk.
    CompletableFuture<ExitStatus> exit =
        run(
            "trap 'go=1' USR1; for i in 1 2 3 4 5; do go=;"
                + " busybox yes 'a line that is written again and again' | busybox head -c "
                + burst
                + "; until [ $go ]; do busybox sleep 0.01; done; done; echo last words");
    for (int i = 1; i <= bursts; i++) {
      long written = (long) i * burst;
      TestBed.await(
          "the shim to copy burst " + i,
          () -> logs.files("task").stdout().toFile().length() == written);
      TestBed.await("what it took to be freed", () -> allocated(directory) < 5 * MIB);
      runtime.signalTask("task", 10, false);
    }
    assertTrue(exit.get().success());
    TestBed.await(
        "the shim to copy what was in the pipe",
        () -> logs.files("task").stdout().toFile().length() == 200_000_011);
    assertTrue(read(StandardStream.STDOUT).endsWith("last words\n"));
    TestBed.await("the file to be freed", () -> allocated(directory) < 4 * MIB);
  }

  @Test
  void copyingThatIsCutOffAgainAndAgainLosesNothing() throws Exception {
    OutputBounds roomy = new OutputBounds(64 * MIB, 64 * MIB, 0);
    reopen(roomy);
    CompletableFuture<ExitStatus> exit =
        run("i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i; echo $i >&2; done");
    Random chance = new Random(5);
    while (!exit.isDone()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(chance.nextInt(50)));
      reopen(roomy);
    }
    // The exit is known before the shim has copied what was in the pipes.
    runtime.deleteTask("task");
    for (StandardStream stream : StandardStream.values()) {
      List<String> lines = Arrays.asList(read(stream).split("\n", -1));
      assertEquals(30_001, lines.size());
      for (int i = 0; i < 30_000; i++) {
        assertEquals(Integer.toString(i + 1), lines.get(i));
      }
    }
  }

  @Test
  void aTaskOfWhichTheShimCopiesNoMoreIsReported() throws Exception {
    Files.createDirectories(directory);
    mount(4);
    try {
      reopen(new OutputBounds(MIB, 4 * MIB, 0));
      // Faster than anything can be freed, in one piece.
      Files.write(directory.resolve(".filler"), new byte[3 * MIB + 900_000]);
      var unused = run("dd if=/dev/zero bs=1024 count=4096; exec sleep 1000");
      TestBed.await("the stream to be reported", () -> !logs.stuck().isEmpty());
      assertEquals("task", logs.stuck().get(0).task());
      assertEquals(StandardStream.STDOUT, logs.stuck().get(0).stream());
    } finally {
      unmount();
    }
  }

  @Test
  void theReserveIsGivenUpBeforeTheDiskIsFull() throws Exception {
    Files.createDirectories(directory);
    mount(64);
    try {
      reopen(new OutputBounds(MIB, 4 * MIB, 8 * MIB));
      TestBed.await("the reserve to be made", () -> Files.exists(directory.resolve(".reserve")));
      assertTrue(allocated(directory) >= 8 * MIB);
      var unused = run("i=0; while :; do i=$((i+1)); echo $i; done");
      Files.write(directory.resolve(".filler"), new byte[50 * MIB]);
      TestBed.await(
          "the reserve to be given up", () -> !Files.exists(directory.resolve(".reserve")));
      long before = Files.size(logs.files("task").stdout());
      TestBed.await(
          "the task to write on",
          () -> logs.files("task").stdout().toFile().length() > before + 100_000);
      assertEquals(List.of(), logs.stuck());

      Files.delete(directory.resolve(".filler"));
      TestBed.await(
          "the reserve to be made again", () -> Files.exists(directory.resolve(".reserve")));
    } finally {
      unmount();
    }
  }

  private void mount(int mebibytes) throws Exception {
    command("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", directory.toString());
  }

  private void unmount() throws Exception {
    runtime.signalTask("task", 9, true);
    logs.close();
    command("umount", "-l", directory.toString());
  }

  private static void command(String... words) throws Exception {
    assertEquals(0, new ProcessBuilder(words).inheritIO().start().waitFor());
  }
}
