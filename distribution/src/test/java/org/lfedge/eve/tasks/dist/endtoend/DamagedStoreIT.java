package org.lfedge.eve.tasks.dist.endtoend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What becomes of tasks when files of the daemon are damaged while it does not run. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DamagedStoreIT {

  /** What is done to a record, by the name of the task whose record it is. */
  private static final List<String> DAMAGES =
      List.of("truncated", "garbage", "empty", "other-version", "of-another");

  private final PackagedNode node = new PackagedNode();

  @AfterAll
  void close() {
    node.close();
  }

  private Path record(String task) {
    return node.directory().resolve("state/tasks").resolve(task + ".json");
  }

  @Test
  void anUnreadableRecordStopsNobodyAndNothingOfItsTaskIsRemoved() {
    SortedMap<String, Anchor> anchors = new TreeMap<>();
    SortedMap<String, byte[]> records = new TreeMap<>();
    for (String task : DAMAGES) {
      anchors.put(task, run(task));
      records.put(task, bytes(record(task)));
    }
    Anchor sound = run("sound");
    node.kill();
    records.forEach((task, record) -> write(record(task), damaged(task, record)));
    write(record("sound").resolveSibling("sound.new"), new byte[] {'{'});
    write(record("sound").resolveSibling("never.new"), new byte[0]);

    node.start();
    assertEquals(List.of("sound"), names());
    assertEquals(sound, Anchor.of(node.json("inspect", "sound")));
    for (String task : DAMAGES) {
      assertTrue(
          node.daemonLog().contains("task " + task + ": RECORD_UNREADABLE"), node.daemonLog());
      assertTrue(Objects.requireNonNull(anchors.get(task)).isAlive(), task);
      assertEquals(
          damaged(task, Objects.requireNonNull(records.get(task))).length,
          bytes(record(task)).length,
          task);
      assertTrue(Files.exists(node.directory().resolve("state/logs").resolve(task)), task);
    }
    assertEquals(DAMAGES.size() + 1, node.ctr("tasks", "ls", "-q").out().lines().count());
    assertEquals(List.of(), leftovers());

    // Whoever restores the records has the tasks back.
    node.kill();
    records.forEach((task, record) -> write(record(task), record));
    node.start();
    anchors.forEach(
        (task, anchor) -> assertEquals(anchor, Anchor.of(node.json("inspect", task)), task));
    node.taskctl(
            Stream.concat(Stream.of("delete", "-f", "sound"), DAMAGES.stream())
                .toArray(String[]::new))
        .expect(0);
  }

  @Test
  void aDamagedLogOfEventsStopsNobody() {
    Anchor anchor = run("logged");
    node.kill();
    try (Stream<Path> files = Files.list(node.directory().resolve("state/events"))) {
      files.forEach(file -> write(file, "{\"counts\": {}}\n{\"seq\": \n".getBytes(UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    node.start();
    assertEquals(anchor, Anchor.of(node.json("inspect", "logged")));
    node.taskctl("delete", "-f", "logged").expect(0);
    assertTrue(node.json("events").findValuesAsText("type").contains("deleted"));
  }

  private static byte[] damaged(String how, byte[] record) {
    return switch (how) {
      case "truncated" -> Arrays.copyOf(record, record.length / 2);
      case "garbage" -> new byte[] {0, (byte) 0xff, '{', '}', '\n'};
      case "empty" -> new byte[0];
      case "other-version" ->
          new String(record, UTF_8)
              .replaceFirst("\"format\":\\d+", "\"format\":9999")
              .getBytes(UTF_8);
      case "of-another" ->
          new String(record, UTF_8).replace("of-another", "of-nobodys").getBytes(UTF_8);
      default -> throw new IllegalArgumentException(how);
    };
  }

  private Anchor run(String task) {
    String document = node.document(task, PackagedNode.SERVICE, "restart: {policy: never}");
    return Anchor.of(node.json("run", "-d", document));
  }

  private List<String> names() {
    return node.json("list").findValuesAsText("name");
  }

  /** Unfinished records. */
  private List<String> leftovers() {
    try (Stream<Path> files = Files.list(node.directory().resolve("state/tasks"))) {
      return files.map(Path::toString).filter(file -> file.endsWith(".new")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
