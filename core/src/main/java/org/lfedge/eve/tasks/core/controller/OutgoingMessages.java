package org.lfedge.eve.tasks.core.controller;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.controller.Message.Kind;
import org.lfedge.eve.tasks.core.files.DurableFiles;

/**
 * Messages that wait to be sent, on the disk, a file each. The name of a file has its number, its
 * kind and its key: {@code 0000000000000007-INFO-YXBw}. Logs have half of the room at most; beyond
 * that the oldest of them go. If there are too many messages, the oldest metrics go first, then the
 * oldest logs, then the oldest information. For use by any number of threads.
 */
final class OutgoingMessages {

  private static final Pattern NAME =
      Pattern.compile(
          "([0-9]{16})-(INFO|METRICS|LOGS)-((?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?)");

  private final DurableFiles files;
  private final int maxCount;
  private final long maxBytes;
  private final TreeMap<Long, Entry> waiting = new TreeMap<>();
  private long bytes;
  private long last;

  private record Entry(Kind kind, String key, long size) {}

  /**
   * A message that is next.
   *
   * @param number by which it is removed
   */
  record Waiting(long number, Message message) {}

  /**
   * What waits in a directory, which is made; what a process that was killed left half-written is
   * removed.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException CONTROLLER_STATE
   */
  OutgoingMessages(Path directory, int maxCount, long maxBytes) {
    this.files = new DurableFiles(directory);
    this.maxCount = maxCount;
    this.maxBytes = maxBytes;
    try {
      files.prepare();
      for (Path file : files.list("")) {
        find(file);
      }
    } catch (IOException e) {
      throw ControllerProblems.state("read the messages in " + directory, e);
    }
    trim();
  }

  private void find(Path file) throws IOException {
    Matcher name = NAME.matcher(file.getFileName().toString());
    if (name.matches()) {
      String key = new String(Base64.getUrlDecoder().decode(name.group(3)), StandardCharsets.UTF_8);
      add(
          Long.parseLong(name.group(1)),
          new Entry(Kind.valueOf(name.group(2)), key, Files.size(file)));
    }
  }

  private void add(long number, Entry entry) {
    waiting.put(number, entry);
    bytes += entry.size();
    last = Math.max(last, number);
  }

  /**
   * Puts a message at the end; information in place of what waits with its key.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException CONTROLLER_STATE
   */
  synchronized void put(Message message) {
    Optional<Long> replaced =
        message.kind() == Kind.INFO
            ? first(entry -> entry.kind() == Kind.INFO && entry.key().equals(message.key()))
            : Optional.empty();
    long number = last + 1;
    Entry entry = new Entry(message.kind(), message.key(), message.payload().length);
    String file = file(number, entry);
    try {
      files.write(file, message.payload());
    } catch (IOException e) {
      throw ControllerProblems.state(
          "keep a message to the controller in " + files.directory().resolve(file), e);
    }
    add(number, entry);
    replaced.ifPresent(this::remove);
    trim();
    notifyAll();
  }

  private Optional<Long> first(Predicate<Entry> wanted) {
    return waiting.entrySet().stream()
        .filter(one -> wanted.test(one.getValue()))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private void trim() {
    // One app may write any amount; it is not to cost what is told of the others.
    while (logs().count() > maxCount / 2 || logs().mapToLong(Entry::size).sum() > maxBytes / 2) {
      first(entry -> entry.kind() == Kind.LOGS).ifPresent(this::remove);
    }
    while (waiting.size() > maxCount || bytes > maxBytes) {
      Kind worst =
          waiting.values().stream().map(Entry::kind).min(Comparator.naturalOrder()).orElseThrow();
      first(entry -> entry.kind() == worst).ifPresent(this::remove);
    }
  }

  private Stream<Entry> logs() {
    return waiting.values().stream().filter(entry -> entry.kind() == Kind.LOGS);
  }

  private static String file(long number, Entry entry) {
    String key =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(entry.key().getBytes(StandardCharsets.UTF_8));
    return String.format("%016d-%s-%s", number, entry.kind(), key);
  }

  /** Removes a message; nothing happens if it is gone already. */
  synchronized void remove(long number) {
    Entry entry = waiting.remove(number);
    if (entry != null) {
      bytes -= entry.size();
      try {
        // Not for good: one that a loss of power brings back is sent once more.
        Files.deleteIfExists(files.directory().resolve(file(number, entry)));
      } catch (IOException e) {
        throw ControllerProblems.state("remove a message to the controller", e);
      }
    }
  }

  /** Removes all messages of a kind. */
  synchronized void removeAll(Kind kind) {
    List.copyOf(waiting.entrySet()).stream()
        .filter(one -> one.getValue().kind() == kind)
        .forEach(one -> remove(one.getKey()));
  }

  synchronized int count() {
    return waiting.size();
  }

  /** The oldest message, when there is one. */
  synchronized Waiting take() throws InterruptedException {
    while (true) {
      while (waiting.isEmpty()) {
        wait();
      }
      Optional<Waiting> oldest = oldest();
      if (oldest.isPresent()) {
        return oldest.get();
      }
    }
  }

  /**
   * Empty if nothing waits, or if the oldest was no message and is gone now.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException CONTROLLER_STATE if it cannot be read
   */
  synchronized Optional<Waiting> oldest() {
    Map.Entry<Long, Entry> oldest = waiting.firstEntry();
    if (oldest == null) {
      return Optional.empty();
    }
    Entry entry = oldest.getValue();
    try {
      byte[] payload = files.read(file(oldest.getKey(), entry));
      return Optional.of(
          new Waiting(oldest.getKey(), new Message(entry.kind(), entry.key(), payload)));
    } catch (FileNotFoundException | IllegalArgumentException e) {
      remove(oldest.getKey());
      return Optional.empty();
    } catch (IOException e) {
      throw ControllerProblems.state("read a message to the controller", e);
    }
  }
}
