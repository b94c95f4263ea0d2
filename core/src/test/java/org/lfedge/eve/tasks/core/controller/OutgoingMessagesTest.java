package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.controller.Message.Kind;

class OutgoingMessagesTest {

  @TempDir Path directory;

  private OutgoingMessages queue(int count, long bytes) {
    return new OutgoingMessages(directory.resolve("messages"), count, bytes);
  }

  private static Message message(Kind kind, String key, String text) {
    return new Message(kind, key, text.getBytes(StandardCharsets.UTF_8));
  }

  /** What waits, in its order; nothing does any more then. */
  private static List<String> drained(OutgoingMessages queue) {
    List<String> all = new ArrayList<>();
    for (Optional<OutgoingMessages.Waiting> next = queue.oldest();
        next.isPresent();
        next = queue.oldest()) {
      Message message = next.get().message();
      all.add(
          message.kind()
              + " "
              + message.key()
              + " "
              + new String(message.payload(), StandardCharsets.UTF_8));
      queue.remove(next.get().number());
    }
    return all;
  }

  @Test
  void messagesKeepTheirOrderOverARestart() throws IOException {
    OutgoingMessages queue = queue(10, 1000);
    queue.put(message(Kind.INFO, "app/../1 ü", "a"));
    queue.put(message(Kind.METRICS, "", "b"));
    queue.put(message(Kind.LOGS, "app-1", "c"));
    Path files = directory.resolve("messages");
    Files.writeString(files.resolve("0000000000000009-INFO-YQ.new"), "half");
    try (Stream<Path> all = Files.list(files)) {
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(
              Files.getPosixFilePermissions(all.sorted().findFirst().orElseThrow())));
    }
    OutgoingMessages again = queue(10, 1000);
    again.put(message(Kind.METRICS, "", "d"));
    assertEquals(4, again.count());
    assertEquals(
        List.of("INFO app/../1 ü a", "METRICS  b", "LOGS app-1 c", "METRICS  d"), drained(again));
    try (Stream<Path> all = Files.list(files)) {
      assertEquals(List.of(), all.toList());
    }
  }

  @Test
  void laterInformationReplacesEarlier() {
    OutgoingMessages queue = queue(10, 1000);
    queue.put(message(Kind.INFO, "app-1", "booting"));
    long number = queue.oldest().orElseThrow().number();
    queue.put(message(Kind.INFO, "app-2", "booting"));
    queue.put(message(Kind.INFO, "app-1", "running"));
    queue.put(message(Kind.METRICS, "app-1", "1"));
    queue.put(message(Kind.METRICS, "app-1", "2"));
    // Whoever sends has taken the first meanwhile.
    queue.remove(number);
    assertEquals(
        List.of("INFO app-2 booting", "INFO app-1 running", "METRICS app-1 1", "METRICS app-1 2"),
        drained(queue));
  }

  @Test
  void metricsGoFirstThenLogsThenInformation() {
    OutgoingMessages queue = queue(3, 1000);
    queue.put(message(Kind.INFO, "1", "a"));
    queue.put(message(Kind.LOGS, "1", "b"));
    queue.put(message(Kind.METRICS, "1", "c"));
    queue.put(message(Kind.METRICS, "1", "d"));
    queue.put(message(Kind.INFO, "2", "e"));
    queue.put(message(Kind.INFO, "3", "f"));
    assertEquals(List.of("INFO 1 a", "INFO 2 e", "INFO 3 f"), drained(queue));
    for (String key : List.of("1", "2", "3", "4")) {
      queue.put(message(Kind.INFO, key, "g"));
    }
    assertEquals(List.of("INFO 2 g", "INFO 3 g", "INFO 4 g"), drained(queue));
  }

  @Test
  void logsHaveHalfOfTheRoomAndPushOutNothingElse() {
    OutgoingMessages queue = queue(4, 100);
    queue.put(message(Kind.METRICS, "1", "a"));
    queue.put(message(Kind.INFO, "1", "b"));
    for (String bundle : List.of("c", "d", "e", "f")) {
      queue.put(message(Kind.LOGS, "1", bundle));
    }
    assertEquals(List.of("METRICS 1 a", "INFO 1 b", "LOGS 1 e", "LOGS 1 f"), drained(queue));
    queue.put(message(Kind.METRICS, "1", "a".repeat(50)));
    queue.put(message(Kind.LOGS, "1", "c".repeat(30)));
    queue.put(message(Kind.LOGS, "2", "d".repeat(30)));
    assertEquals(
        List.of("METRICS 1 " + "a".repeat(50), "LOGS 2 " + "d".repeat(30)), drained(queue));
  }

  @Test
  void bytesAreBoundedToo() {
    OutgoingMessages queue = queue(10, 10);
    queue.put(message(Kind.LOGS, "1", "12345"));
    queue.put(message(Kind.INFO, "1", "12345"));
    queue.put(message(Kind.INFO, "2", "1"));
    assertEquals(List.of("INFO 1 12345", "INFO 2 1"), drained(queue));
  }

  @Test
  void aMessageThatCannotBeReadIsPassedOver() throws IOException {
    OutgoingMessages queue = queue(10, 1000);
    queue.put(message(Kind.INFO, "1", "a"));
    queue.put(message(Kind.INFO, "2", "b"));
    try (Stream<Path> all = Files.list(directory.resolve("messages"))) {
      Files.delete(all.sorted().findFirst().orElseThrow());
    }
    assertEquals(Optional.empty(), queue.oldest());
    assertEquals(List.of("INFO 2 b"), drained(queue));
  }

  @Test
  void anInterruptLosesNothing() {
    OutgoingMessages queue = queue(10, 1000);
    Thread.currentThread().interrupt();
    queue.put(message(Kind.INFO, "1", "a"));
    assertEquals(List.of("INFO 1 a"), drained(queue));
    assertTrue(Thread.interrupted());
  }

  @Test
  void whatIsTooLargeIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Message(Kind.INFO, "1", new byte[Message.MAX_BYTES + 1]));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Message(Kind.LOGS, "../../register", new byte[0]));
    assertThrows(
        IllegalArgumentException.class, () -> new Message(Kind.INFO, "x".repeat(129), new byte[0]));
  }
}
