package org.lfedge.eve.tasks.core.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps events in files of JSON lines, {@code SEQ.jsonl}, each named after its first entry. The
 * first line of a file tells how many events of each task were logged before, so that it is known
 * what is missing even when older files are gone.
 *
 * <p>Nothing is forced to disk: what a loss of power takes is given again by the records of tasks,
 * which are. An entry that cannot be written, as the disk is full, waits in memory for the next
 * addition.
 */
public final class FileEventLog implements EventLog {

  private static final Logger log = LoggerFactory.getLogger(FileEventLog.class);

  private static final String SUFFIX = ".jsonl";
  private static final int MAX_FILES = 4;

  /** So many of the newest entries are kept in memory, for those who follow. */
  private static final int MAX_RECENT = 1024;

  /** Entries that wait for the disk; beyond that the records of tasks are all there is. */
  private static final int MAX_UNWRITTEN = 10_000;

  private final Path directory;
  private final long maxFileBytes;
  private final ObjectMapper mapper = new ObjectMapper();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  // All below is guarded by this object.
  private final Map<UUID, Long> counts = new TreeMap<>();
  private final Set<UUID> ended = new TreeSet<>();
  private final Deque<Entry> recent = new ArrayDeque<>();
  private final Deque<byte[]> unwritten = new ArrayDeque<>();
  private long last;
  private Path file;
  private long fileBytes;

  /**
   * Opens the log in a directory, which is made, readable by its owner alone. What was cut off by a
   * crash is left out.
   *
   * @param maxFileBytes after which a new file is begun; there are four of them at most
   */
  public FileEventLog(Path directory, long maxFileBytes) {
    this.directory = directory;
    this.maxFileBytes = maxFileBytes;
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      List<Path> files = files();
      for (Path found : files) {
        fileBytes = load(found);
      }
      file = files.isEmpty() ? directory.resolve(name(1)) : files.get(files.size() - 1);
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("EVENT_LOG", "cannot open the log of events in " + directory + ": " + e), e);
    }
  }

  /** Returns how many bytes of a file are whole lines that can be read. */
  private long load(Path found) throws IOException {
    byte[] bytes = Files.readAllBytes(found);
    int begin = 0;
    for (int end = 0; end < bytes.length; end++) {
      if (bytes[end] == '\n') {
        String line = new String(bytes, begin, end - begin, StandardCharsets.UTF_8);
        try {
          if (begin == 0) {
            loadCounts(mapper.readTree(line).path("counts"));
          } else {
            JsonNode json = mapper.readTree(line);
            remember(entry(json), RecordJson.required(json, "number").asLong());
          }
        } catch (JsonProcessingException | RuntimeException e) {
          log.warn("{}: a line cannot be read and is left out: {}", found, e.getMessage());
        }
        begin = end + 1;
      }
    }
    return begin;
  }

  private void loadCounts(JsonNode known) {
    known
        .properties()
        .forEach(
            count ->
                counts.merge(
                    UUID.fromString(count.getKey()), count.getValue().asLong(), Math::max));
  }

  private void remember(Entry entry, long number) {
    last = Math.max(last, entry.seq());
    counts.merge(entry.uuid(), number, Math::max);
    if (entry.event().type() == TaskEvent.Type.DELETED) {
      ended.add(entry.uuid());
    } else {
      ended.remove(entry.uuid());
    }
    recent.add(entry);
    if (recent.size() > MAX_RECENT) {
      recent.remove();
    }
  }

  @Override
  public void append(String task, UUID uuid, long first, List<TaskEvent> events) {
    boolean added = false;
    synchronized (this) {
      long number = first;
      for (TaskEvent event : events) {
        if (number > counts.getOrDefault(uuid, 0L)) {
          Entry entry = new Entry(last + 1, task, uuid, event);
          remember(entry, number);
          unwritten.add(line(write(entry).put("number", number)));
          added = true;
        }
        number++;
      }
      flush();
    }
    if (added) {
      listeners.forEach(Runnable::run);
    }
  }

  private void flush() {
    try {
      if (fileBytes > maxFileBytes) {
        file = directory.resolve(name(last - unwritten.size() + 1));
        fileBytes = 0;
      }
      if (fileBytes == 0) {
        begin();
      }
      while (!unwritten.isEmpty()) {
        write(unwritten.getFirst());
        unwritten.removeFirst();
      }
    } catch (IOException e) {
      log.error("the log of events cannot be written, {} wait: {}", unwritten.size(), e.toString());
      while (unwritten.size() > MAX_UNWRITTEN) {
        unwritten.removeFirst();
      }
    }
  }

  /** Begins the present file with what is known of all tasks, and removes the oldest ones. */
  private void begin() throws IOException {
    counts.keySet().removeAll(ended);
    ended.clear();
    ObjectNode head = JsonNodeFactory.instance.objectNode();
    ObjectNode known = head.putObject("counts");
    counts.forEach((uuid, count) -> known.put(uuid.toString(), count));
    write(line(head));
    List<Path> files = files();
    for (Path old : files.subList(0, Math.max(0, files.size() - MAX_FILES))) {
      Files.delete(old);
    }
  }

  /** Whole lines only: what a failed write left behind is cut off before the next one. */
  private void write(byte[] line) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      channel.truncate(fileBytes).position(fileBytes);
      ByteBuffer buffer = ByteBuffer.wrap(line);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      fileBytes += line.length;
    }
  }

  @Override
  public synchronized List<Entry> read(long after, int max) {
    if (!recent.isEmpty() && recent.getFirst().seq() <= after + 1) {
      return recent.stream().filter(entry -> entry.seq() > after).limit(max).toList();
    }
    List<Entry> entries = new ArrayList<>();
    try {
      for (Path found : files()) {
        try (Stream<String> lines = Files.lines(found)) {
          lines
              .skip(1)
              .flatMap(this::parse)
              .filter(entry -> entry.seq() > after && entries.size() < max)
              .forEach(entries::add);
        }
      }
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("EVENT_LOG", "cannot read the log of events in " + directory + ": " + e), e);
    }
    return entries;
  }

  @Override
  public synchronized long last() {
    return last;
  }

  @Override
  public Runnable listen(Runnable action) {
    listeners.add(action);
    return () -> listeners.remove(action);
  }

  private Stream<Entry> parse(String line) {
    try {
      return Stream.of(entry(mapper.readTree(line)));
    } catch (JsonProcessingException | RuntimeException e) {
      // It was told of when the log was opened.
      return Stream.empty();
    }
  }

  private static Entry entry(JsonNode json) {
    return new Entry(
        RecordJson.required(json, "seq").asLong(),
        RecordJson.required(json, "task").asText(),
        UUID.fromString(RecordJson.required(json, "uuid").asText()),
        EventJson.read(RecordJson.required(json, "event")));
  }

  private static ObjectNode write(Entry entry) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("seq", entry.seq()).put("task", entry.task()).put("uuid", entry.uuid().toString());
    json.set("event", EventJson.write(entry.event()));
    return json;
  }

  private byte[] line(ObjectNode json) {
    return (json + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(found -> found.toString().endsWith(SUFFIX)).sorted().toList();
    }
  }

  /** Of fixed length, so that names sort as numbers do. */
  private static String name(long seq) {
    return String.format("%019d%s", seq, SUFFIX);
  }
}
