package org.lfedge.eve.tasks.core.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.port.EventLog.Entry;
import org.lfedge.eve.tasks.core.port.TaskEvent;

class FileEventLogTest {

  private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");
  private static final UUID WEB = new UUID(0, 1);

  private Path directory = Path.of("");

  @BeforeEach
  @BeforeTry
  void makeDirectory() throws IOException {
    directory = Files.createTempDirectory("events");
  }

  @AfterEach
  @AfterTry
  void removeDirectory() throws IOException {
    for (Path file : files()) {
      Files.delete(file);
    }
    Files.delete(directory);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  private FileEventLog open(long maxFileBytes) {
    return new FileEventLog(directory, maxFileBytes);
  }

  private static TaskEvent event(TaskEvent.Type type) {
    return TaskEvent.of(type, NOW);
  }

  private static void append(FileEventLog log, UUID uuid, long number, TaskEvent.Type type) {
    log.append("web", uuid, number, List.of(event(type)));
  }

  private static List<Long> numbers(FileEventLog log, long after) {
    return log.read(after, Integer.MAX_VALUE).stream().map(Entry::seq).toList();
  }

  @Test
  void entriesAreNumberedAndReadFromAnyNumberOn() {
    FileEventLog log = open(1 << 20);
    assertEquals(0, log.last());
    log.append(
        "web", WEB, 1, List.of(event(TaskEvent.Type.CREATED), event(TaskEvent.Type.STARTED)));
    append(log, WEB, 3, TaskEvent.Type.EXITED);
    assertEquals(List.of(1L, 2L, 3L), numbers(log, 0));
    assertEquals(List.of(3L), numbers(log, 2));
    assertEquals(List.of(), numbers(log, 3));
    assertEquals(2, log.read(0, 2).size());
    assertEquals(TaskEvent.Type.EXITED, log.read(2, 1).get(0).event().type());
    assertEquals(3, log.last());
  }

  @Test
  void whatIsThereAlreadyIsNotAddedAgainAlsoByTheNextDaemon() {
    FileEventLog log = open(1 << 20);
    append(log, WEB, 1, TaskEvent.Type.CREATED);
    append(log, WEB, 1, TaskEvent.Type.CREATED);
    FileEventLog next = open(1 << 20);
    next.append(
        "web", WEB, 1, List.of(event(TaskEvent.Type.CREATED), event(TaskEvent.Type.STARTED)));
    assertEquals(List.of(1L, 2L), numbers(next, 0));
  }

  @Test
  void ofALineThatWasCutOffTheRestIsKept() throws IOException {
    FileEventLog log = open(1 << 20);
    append(log, WEB, 1, TaskEvent.Type.CREATED);
    append(log, WEB, 2, TaskEvent.Type.STARTED);
    Path file = files().get(0);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 9));
    FileEventLog next = open(1 << 20);
    assertEquals(List.of(1L), numbers(next, 0));
    append(next, WEB, 2, TaskEvent.Type.STARTED);
    append(next, WEB, 3, TaskEvent.Type.EXITED);
    assertEquals(List.of(1L, 2L, 3L), numbers(open(1 << 20), 0));
  }

  @Test
  void garbageIsLeftOut() throws IOException {
    append(open(1 << 20), WEB, 1, TaskEvent.Type.CREATED);
    Files.writeString(files().get(0), "{\"seq\": 7}\nnonsense\n", StandardOpenOption.APPEND);
    FileEventLog next = open(1 << 20);
    append(next, WEB, 2, TaskEvent.Type.STARTED);
    assertEquals(List.of(1L, 2L), numbers(next, 0));
  }

  @Test
  void aListenerHearsOfEachAdditionUntilItIsClosed() throws Exception {
    FileEventLog log = open(1 << 20);
    List<Long> heard = new ArrayList<>();
    Runnable listening = log.listen(() -> heard.add(log.last()));
    append(log, WEB, 1, TaskEvent.Type.CREATED);
    append(log, WEB, 1, TaskEvent.Type.CREATED);
    listening.run();
    append(log, WEB, 2, TaskEvent.Type.STARTED);
    assertEquals(List.of(1L), heard);
  }

  /** Whatever is dropped and however often it is opened again, numbers rise and nothing repeats. */
  @Property
  void theLogIsBoundedAndEveryEventIsInItOnce(
      @ForAll @Size(max = 60) List<@IntRange(max = 4) Integer> tasks) throws IOException {
    long[] counts = new long[5];
    long total = 0;
    FileEventLog log = open(500);
    for (int task : tasks) {
      counts[task]++;
      total++;
      UUID uuid = new UUID(1, task);
      append(log, uuid, counts[task], TaskEvent.Type.UPDATED);
      if (total % 7 == 0) {
        log = open(500);
      }
      // As a record gives its latest event after a crash.
      append(log, uuid, counts[task], TaskEvent.Type.UPDATED);
      assertEquals(total, log.last());
    }
    List<Long> kept = numbers(log, 0);
    for (int i = 0; i < kept.size(); i++) {
      assertEquals(total - kept.size() + i + 1, kept.get(i));
    }
    assertTrue(files().size() <= 4);
  }
}
