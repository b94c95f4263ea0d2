package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The segments of one task: records are added at the end, whole segments dropped at the beginning.
 * The last one always stays, for what it says of how far the files are copied. All segments but the
 * last are durable. Not safe for use by several threads at once.
 */
final class SegmentedLog {

  private static final Pattern NAME = Pattern.compile("\\d{10}");

  private final OutputDisk disk;
  private final Path home;
  private final Path directory;
  private final OutputBounds bounds;

  /** The length of each segment, as far as it is whole. */
  private final NavigableMap<Long, Long> lengths = new TreeMap<>();

  private long bytes;
  private long lastNumber;
  private LogState state = LogState.EMPTY;
  private boolean torn;

  /** The segments in a directory of their own below that of the task. */
  SegmentedLog(OutputDisk disk, Path home, OutputBounds bounds) {
    this.disk = disk;
    this.home = home;
    this.directory = home.resolve("segments");
    this.bounds = bounds;
  }

  /** Finds the segments that are there, and cuts off what a crash left of an append. */
  void open() throws IOException {
    lengths.clear();
    for (String name : disk.names(directory)) {
      if (NAME.matcher(name).matches()) {
        long number = Long.parseLong(name);
        lengths.put(number, size(number));
        lastNumber = Math.max(lastNumber, number);
      }
    }
    while (!lengths.isEmpty() && !recover(lengths.lastKey())) {
      // A crash came before its header was whole, so nothing was ever added to it.
      disk.delete(file(lengths.lastKey()));
      lengths.pollLastEntry();
    }
    bytes = lengths.values().stream().mapToLong(Long::longValue).sum();
  }

  private boolean recover(long number) throws IOException {
    long size = size(number);
    SegmentCursor cursor = new SegmentCursor(disk, file(number));
    Optional<LogState> header = cursor.header(size);
    if (header.isEmpty()) {
      return false;
    }
    LogState end = header.get();
    for (Optional<LogRecord> record = cursor.next(size);
        record.isPresent();
        record = cursor.next(size)) {
      end = end.after(record.get());
    }
    if (cursor.position() < size) {
      disk.truncate(file(number), cursor.position());
    }
    if (cursor.position() == LogFormat.SEGMENT_HEADER) {
      // A crash may have come before its beginning was made durable.
      disk.force(file(number));
      disk.force(directory);
    }
    lengths.put(number, cursor.position());
    state = end;
    return true;
  }

  private long size(long number) throws IOException {
    return disk.state(file(number)).map(OutputDisk.FileState::size).orElse(0L);
  }

  Path file(long number) {
    return directory.resolve(String.format("%010d", number));
  }

  /** What holds after the last record. */
  LogState state() {
    return state;
  }

  /** The length of each segment, by its number. */
  NavigableMap<Long, Long> lengths() {
    return lengths;
  }

  /** Of all segments together. */
  long bytes() {
    return bytes;
  }

  /** Adds a record. It is durable after {@link #force}, or when a next segment was begun. */
  void append(LogRecord record) throws IOException {
    ByteBuffer encoded = LogFormat.record(record);
    int length = encoded.remaining();
    if (lengths.isEmpty() || lengths.lastEntry().getValue() + length > bounds.segment()) {
      begin();
    }
    long number = lengths.lastKey();
    if (torn) {
      disk.truncate(file(number), lengths.lastEntry().getValue());
      torn = false;
    }
    try {
      disk.append(file(number), encoded);
    } catch (IOException e) {
      torn = true;
      throw e;
    }
    lengths.merge(number, (long) length, Long::sum);
    bytes += length;
    state = state.after(record);
  }

  private void begin() throws IOException {
    if (lengths.isEmpty()) {
      disk.makeDirectory(directory);
      disk.force(home);
    } else {
      force();
    }
    while (bytes + bounds.segment() > bounds.perTask() && dropOldest()) {
      // Makes room for the next one.
    }
    long number = ++lastNumber;
    Path file = file(number);
    ByteBuffer header = LogFormat.header(state);
    disk.create(file);
    try {
      disk.append(file, header);
      disk.force(file);
      disk.force(directory);
    } catch (IOException e) {
      disk.delete(file);
      throw e;
    }
    torn = false;
    lengths.put(number, (long) LogFormat.SEGMENT_HEADER);
    bytes += LogFormat.SEGMENT_HEADER;
  }

  /** Makes all records durable. */
  void force() throws IOException {
    if (!lengths.isEmpty()) {
      disk.force(file(lengths.lastKey()));
    }
  }

  /**
   * Drops the oldest segment.
   *
   * @return whether there was one beside the last
   */
  boolean dropOldest() throws IOException {
    if (lengths.size() < 2) {
      return false;
    }
    disk.delete(file(lengths.firstKey()));
    bytes -= lengths.pollFirstEntry().getValue();
    return true;
  }
}
