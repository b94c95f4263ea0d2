package org.lfedge.eve.tasks.core.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputReader;
import org.lfedge.eve.tasks.core.port.OutputSelection;
import org.lfedge.eve.tasks.core.port.StandardStream;

/** The thread that copies, on the real file system and with real holes. */
class OutputLogsTest {

  private static final int MIB = 1 << 20;
  private static final OutputBounds BOUNDS = new OutputBounds(2 * MIB, 64 * MIB, 0);

  @TempDir private Path directory;
  private final List<OutputLogs> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(OutputLogs::close);
  }

  private OutputLogs start(OutputBounds bounds) {
    return start(
        bounds, new LockedHelperCommand(directory.resolve("locks"), Duration.ofSeconds(30)));
  }

  private OutputLogs start(OutputBounds bounds, HelperCommand helper) {
    OutputLogs logs =
        new OutputLogs(directory.resolve("logs"), bounds, helper, InstantSource.system());
    open.add(logs);
    logs.start(task -> OptionalInt.empty());
    return logs;
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }

  /** Numbered lines, of about so many bytes. */
  private static String lines(int from, int bytes) {
    StringBuilder text = new StringBuilder(bytes);
    for (int i = from; text.length() < bytes; i++) {
      text.append("line ").append(i).append('\n');
    }
    return text.toString();
  }

  private static String read(OutputLogs logs, String task) {
    OutputReader reader = logs.read(task, OutputSelection.ALL);
    reader.endHere();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (Optional<OutputPiece> next = reader.next(); next.isPresent(); next = reader.next()) {
      add(next.get(), text);
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  private static void add(OutputPiece piece, ByteArrayOutputStream text) {
    byte[] data = new byte[piece.data().remaining()];
    piece.data().get(data);
    text.writeBytes(data);
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain for " + what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private long segmentBytes(String task) {
    try (Stream<Path> files = Files.list(directory.resolve("logs/" + task + "/segments"))) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      // There are none yet.
      return 0;
    }
  }

  /** What a file takes of the disk, holes left out. */
  private static long allocated(Path file) {
    try {
      Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
      String blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return 512 * Long.parseLong(blocks.strip());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatIsAppendedIsCopiedUnaskedAndTheFileIsFreed() throws IOException {
    OutputLogs logs = start(BOUNDS);
    OutputFiles files = logs.create("web");
    String text = lines(0, 3 * MIB / 2);
    append(files.stdout(), text);

    await("the copy", () -> segmentBytes("web") >= text.length());
    await("the file to be freed", () -> allocated(files.stdout()) < MIB);
    assertEquals(text.length(), Files.size(files.stdout()));
    assertEquals(text, read(logs, "web"));

    append(files.stdout(), "the end\n");
    assertEquals(text + "the end\n", read(logs, "web"));
  }

  @Test
  void aTaskThatWritesTooMuchLosesTheOldestAndStaysWithinItsBounds() throws IOException {
    OutputLogs logs = start(BOUNDS);
    OutputFiles files = logs.create("web");
    int line = 0;
    for (int i = 0; i < 20; i++) {
      String text = lines(line, MIB);
      line += (int) text.lines().count();
      append(files.stdout(), text);
      assertTrue(segmentBytes("web") <= BOUNDS.perTask());
    }
    String last = "line " + (line - 1) + "\n";
    await("the file to be freed", () -> allocated(files.stdout()) <= MIB + 8192);
    String kept = read(logs, "web");
    assertTrue(kept.endsWith(last), () -> kept.substring(Math.max(0, kept.length() - 100)));
    assertTrue(kept.length() >= BOUNDS.perTask() / 2 - 2 * BOUNDS.segment(), "" + kept.length());
    assertTrue(segmentBytes("web") <= BOUNDS.perTask());
  }

  @Test
  void whatWasWrittenWhileNoDaemonRanIsCopiedByTheNext() throws IOException {
    OutputLogs first = start(BOUNDS);
    OutputFiles files = first.create("web");
    append(files.stdout(), "one\n");
    assertEquals("one\n", read(first, "web"));
    first.close();
    append(files.stdout(), "two\n");
    long copied = segmentBytes("web");

    OutputLogs second = start(BOUNDS);
    await("the copy", () -> segmentBytes("web") > copied);
    assertEquals("one\ntwo\n", read(second, "web"));
  }

  @Test
  void withinTheTotalWhoeverTakesMostGivesFirst() throws IOException {
    OutputLogs logs = start(new OutputBounds(4 * MIB, 4 * MIB, 0));
    String little = lines(0, 100_000);
    append(logs.create("quiet").stdout(), little);
    await("the copy", () -> segmentBytes("quiet") >= little.length());
    for (String task : List.of("loud", "louder")) {
      append(logs.create(task).stdout(), lines(0, 7 * MIB / 2));
    }
    await(
        "the total to hold",
        () ->
            segmentBytes("loud") > 0
                && segmentBytes("louder") > 0
                && segmentBytes("loud") + segmentBytes("louder") < 4 * MIB);
    assertEquals(little, read(logs, "quiet"));
  }

  @Test
  void withoutHolesAFileIsEmptiedOnceAllOfItIsCopied() throws IOException {
    HelperCommand without =
        (task, purpose, command) -> {
          throw TaskException.failed(
              Problem.host("HELPER_FAILED", "fallocate: Operation not supported"));
        };
    OutputLogs logs = start(new OutputBounds(32 * MIB, 64 * MIB, 0), without);
    OutputFiles files = logs.create("web");
    String text = lines(0, 9 * MIB);
    append(files.stderr(), text);
    await("the file to be emptied", () -> files.stderr().toFile().length() == 0);
    append(files.stderr(), "more\n");
    assertEquals(text + "more\n", read(logs, "web"));
  }

  @Test
  void aRemovedTaskLeavesNothingAndItsNameBeginsAnew() throws IOException {
    OutputLogs logs = start(BOUNDS);
    append(logs.create("web").stdout(), lines(0, MIB));
    await("a copy", () -> segmentBytes("web") > 0);
    logs.remove("web");
    logs.remove("web");
    assertFalse(Files.exists(directory.resolve("logs/web")));
    assertEquals(List.of(), logs.tasks());

    append(logs.create("web").stdout(), "new\n");
    assertEquals("new\n", read(logs, "web"));
    assertEquals(List.of("web"), logs.tasks());
  }

  @Test
  void aReaderBesideTheThreadThatCopiesMissesNothing() throws Exception {
    OutputLogs logs = start(new OutputBounds(16 * MIB, 64 * MIB, 0));
    OutputFiles files = logs.create("web");
    String text = lines(0, 12 * MIB);
    CompletableFuture<String> read = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              OutputReader following = logs.read("web", OutputSelection.ALL);
              ByteArrayOutputStream all = new ByteArrayOutputStream();
              while (all.size() < text.length()) {
                following.next().ifPresent(piece -> add(piece, all));
              }
              read.complete(all.toString(StandardCharsets.UTF_8));
            });
    reader.setDaemon(true);
    reader.start();
    for (int i = 0; i < text.length(); i += 10_000) {
      append(files.stdout(), text.substring(i, Math.min(text.length(), i + 10_000)));
    }
    assertEquals(text, read.get(60, TimeUnit.SECONDS));
    assertEquals(text, read(logs, "web"));
  }

  @Test
  void bothStreamsAreKeptApart() throws IOException {
    OutputLogs logs = start(BOUNDS);
    OutputFiles files = logs.create("web");
    append(files.stdout(), "out");
    append(files.stderr(), "err");
    OutputReader reader = logs.read("web", OutputSelection.ALL);
    reader.endHere();
    assertEquals(StandardStream.STDOUT, reader.next().orElseThrow().stream());
    assertEquals(StandardStream.STDERR, reader.next().orElseThrow().stream());
    assertEquals(Optional.empty(), reader.next());
  }
}
