package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.output.OutputDisk.FileState;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.StandardStream;

/**
 * The output of one task: two files that others append to, and the segments that they are copied
 * to. A range of a file is freed after its copy is durable, never before. Nothing is kept open.
 *
 * <p>May be used by several threads; while one frees ranges, which takes a helper program, others
 * can read and copy.
 */
final class TaskLog {

  /** Ranges are freed in batches: each costs a flush of the disk and a program. */
  private static final long MIN_BATCH = 1 << 20;

  private static final long MAX_BATCH = 4 << 20;

  /** Smaller ranges would be filled with zeros rather than freed. */
  private static final long BLOCK = 4096;

  /** On a file system without holes: from which size on a file that is copied is emptied. */
  private static final long EMPTY_FROM = 8 << 20;

  private final String task;
  private final Path directory;
  private final OutputDisk disk;
  private final OutputBounds bounds;
  private final InstantSource clock;
  private final SegmentedLog segments;
  private final Map<StandardStream, Source> sources = new EnumMap<>(StandardStream.class);

  /** Held while ranges are freed, so that no program works on the files of a later task. */
  private final Object freeing = new Object();

  private boolean open;
  private boolean removed;

  /** How often a file was found shorter than before: offsets before and after do not compare. */
  private int resets;

  /** One of the two files. */
  private static final class Source {

    private final Path file;

    /** As last seen. */
    private long size;

    /** Below this offset the file is freed. */
    private long freed;

    Source(Path file) {
      this.file = file;
    }
  }

  /**
   * What copying did.
   *
   * @param bytes how many were copied or skipped
   * @param more whether there may be more to copy right now
   */
  record Copied(long bytes, boolean more) {}

  /** A place in a log. */
  record Place(long segment, long offset) {}

  /** The log in a directory, which may hold anything that a crash leaves, or nothing. */
  TaskLog(String task, Path directory, OutputDisk disk, OutputBounds bounds, InstantSource clock) {
    this.task = task;
    this.directory = directory;
    this.disk = disk;
    this.bounds = bounds;
    this.clock = clock;
    segments = new SegmentedLog(disk, directory, bounds);
    OutputFiles files = files();
    sources.put(StandardStream.STDOUT, new Source(files.stdout()));
    sources.put(StandardStream.STDERR, new Source(files.stderr()));
  }

  String task() {
    return task;
  }

  OutputFiles files() {
    return new OutputFiles(directory.resolve("stdout"), directory.resolve("stderr"));
  }

  Path directory() {
    return directory;
  }

  OutputDisk disk() {
    return disk;
  }

  /** Copies what was appended to the files, at most about as many bytes as given. */
  synchronized Copied copy(long budget) throws IOException {
    if (removed) {
      return new Copied(0, false);
    }
    open();
    long copied = 0;
    boolean more = true;
    while (more && copied < budget) {
      more = false;
      for (Map.Entry<StandardStream, Source> source : sources.entrySet()) {
        long bytes = copyChunk(source.getKey(), source.getValue());
        copied += bytes;
        more |= bytes > 0;
      }
    }
    return new Copied(copied, more);
  }

  private void open() throws IOException {
    if (open) {
      return;
    }
    segments.open();
    for (Map.Entry<StandardStream, Source> entry : sources.entrySet()) {
      Source source = entry.getValue();
      source.size = disk.state(source.file).map(FileState::size).orElse(0L);
      if (source.size < segments.state().offset(entry.getKey())) {
        // The power failed before the end of the file was on disk; what is left of it is copied.
        segments.append(LogRecord.reset(entry.getKey(), now(), source.size));
        segments.force();
      }
    }
    open = true;
  }

  private long copyChunk(StandardStream stream, Source source) throws IOException {
    FileState file = disk.state(source.file).orElse(new FileState(0, 0));
    long offset = segments.state().offset(stream);
    // The bytes up to this size were there at this time: it is exact for the last of them.
    long time = Math.min(now(), file.modified());
    if (file.size() < offset) {
      reset(stream, source);
      offset = 0;
    }
    source.size = file.size();
    long backlog = file.size() - offset;
    if (backlog > bounds.perTask()) {
      return skip(stream, source, time, bounds.perTask() / 2);
    }
    int length = (int) Math.min(backlog, Math.min(LogFormat.MAX_DATA, bounds.segment() / 2));
    if (length == 0) {
      return 0;
    }
    byte[] data = new byte[length];
    ByteBuffer into = ByteBuffer.wrap(data);
    disk.read(source.file, offset, into);
    if (into.hasRemaining()) {
      // It was cut off just now; the next look finds that.
      return 0;
    }
    segments.append(new LogRecord(LogRecord.Kind.DATA, stream, time, offset + length, data));
    return length;
  }

  /** Somebody emptied the file, and its writers, which append, go on at its beginning. */
  private void reset(StandardStream stream, Source source) throws IOException {
    segments.append(LogRecord.reset(stream, now(), 0));
    segments.force();
    source.freed = 0;
    resets++;
  }

  /**
   * Gives up the oldest bytes that wait to be copied. Copied, they would drive out everything that
   * is in the segments and then each other, so that nothing is gained by it.
   */
  private long skip(StandardStream stream, Source source, long time, long keep) throws IOException {
    long offset = segments.state().offset(stream);
    long target = source.size - keep;
    ByteBuffer window = ByteBuffer.allocate(LogFormat.MAX_DATA);
    disk.read(source.file, target, window);
    for (int i = 0; i < window.position(); i++) {
      if (window.get(i) == '\n') {
        target += i + 1;
        break;
      }
    }
    segments.append(LogRecord.skipped(stream, time, target));
    return target - offset;
  }

  private long now() {
    return TimeUnit.MILLISECONDS.toMicros(clock.millis());
  }

  /**
   * Frees the ranges that are copied, if there is enough to free.
   *
   * @param all even if it is little
   * @throws TaskException if the file system has no holes, or the helper program fails
   */
  void free(boolean all) throws IOException {
    synchronized (freeing) {
      Map<Source, Long> ends = new LinkedHashMap<>();
      Path last;
      synchronized (this) {
        if (removed || !open || segments.lengths().isEmpty()) {
          return;
        }
        long least = all ? 1 : Math.max(MIN_BATCH, Math.min(MAX_BATCH, bounds.perTask() / 4));
        for (Map.Entry<StandardStream, Source> source : sources.entrySet()) {
          long end = segments.state().offset(source.getKey()) / BLOCK * BLOCK;
          if (end - source.getValue().freed >= least) {
            ends.put(source.getValue(), end);
          }
        }
        last = segments.file(segments.lengths().lastKey());
      }
      if (ends.isEmpty()) {
        return;
      }
      try {
        disk.force(last);
      } catch (NoSuchFileException e) {
        // Dropped meanwhile: a later one was begun then, which made this one durable before.
      }
      for (Map.Entry<Source, Long> end : ends.entrySet()) {
        Source source = end.getKey();
        disk.free(task, source.file, source.freed, end.getValue());
        synchronized (this) {
          source.freed = end.getValue();
        }
      }
    }
  }

  /**
   * Empties large files of which all is copied: for file systems without holes. What is written
   * between the last look and the emptying, some microseconds, is lost; the alternative is a disk
   * that fills up.
   */
  synchronized void emptyFiles() throws IOException {
    if (removed || !open) {
      return;
    }
    for (Map.Entry<StandardStream, Source> entry : sources.entrySet()) {
      Source source = entry.getValue();
      long copied = segments.state().offset(entry.getKey());
      if (copied >= EMPTY_FROM) {
        segments.force();
        if (disk.state(source.file).map(FileState::size).orElse(0L) == copied) {
          disk.truncate(source.file, 0);
          source.size = 0;
          reset(entry.getKey(), source);
        }
      }
    }
  }

  /**
   * Gives up the oldest of what is kept: a segment, or of the last one what waits to be copied.
   *
   * @return whether there was something to give up
   */
  synchronized boolean shed() throws IOException {
    if (removed || !open) {
      return false;
    }
    if (segments.dropOldest()) {
      return true;
    }
    boolean shed = false;
    for (Map.Entry<StandardStream, Source> entry : sources.entrySet()) {
      Source source = entry.getValue();
      if (source.size - segments.state().offset(entry.getKey()) > bounds.segment()) {
        skip(entry.getKey(), source, now(), bounds.segment() / 2);
        shed = true;
      }
    }
    return shed;
  }

  /** How much disk it takes, as last seen; nothing before it was copied for the first time. */
  synchronized long usage() {
    if (!open) {
      return 0;
    }
    return segments.bytes()
        + sources.values().stream().mapToLong(source -> source.size - source.freed).sum();
  }

  /** From now on nothing is written below its directory any more. */
  void remove() {
    synchronized (freeing) {
      synchronized (this) {
        removed = true;
      }
    }
  }

  // What readers see.

  /** How large the two files are now, and how often they were reset. */
  synchronized Sizes sizes() throws IOException {
    Map<StandardStream, Long> sizes = new EnumMap<>(StandardStream.class);
    for (Map.Entry<StandardStream, Source> source : sources.entrySet()) {
      sizes.put(
          source.getKey(), disk.state(source.getValue().file).map(FileState::size).orElse(0L));
    }
    return new Sizes(sizes, resets);
  }

  /**
   * Sizes of the files at some time.
   *
   * @param resets tells sizes apart that cannot be compared
   */
  record Sizes(Map<StandardStream, Long> sizes, int resets) {}

  /** Whether all is copied that was in the files when they had these sizes. */
  synchronized boolean covers(Sizes wanted) {
    return removed
        || wanted.resets() != resets
        || wanted.sizes().entrySet().stream()
            .allMatch(size -> segments.state().offset(size.getKey()) >= size.getValue());
  }

  /**
   * What waits to be copied, for when it cannot be.
   *
   * @param from up to where it is known; empty if that is not the part that waits
   */
  synchronized Optional<LogRecord> uncopied(StandardStream stream, long from) throws IOException {
    Source source = sources.get(stream);
    if (removed || source == null) {
      return Optional.empty();
    }
    open();
    if (from < segments.state().offset(stream)) {
      return Optional.empty();
    }
    FileState file = disk.state(source.file).orElse(new FileState(0, 0));
    if (file.size() <= from) {
      return Optional.empty();
    }
    ByteBuffer data = ByteBuffer.allocate((int) Math.min(file.size() - from, LogFormat.MAX_DATA));
    disk.read(source.file, from, data);
    return data.hasRemaining()
        ? Optional.empty()
        : Optional.of(
            new LogRecord(
                LogRecord.Kind.DATA,
                stream,
                Math.min(now(), file.modified()),
                from + data.position(),
                data.array()));
  }

  /** The end of what is copied. */
  synchronized Place end() {
    return segments.lengths().isEmpty()
        ? new Place(-1, 0)
        : new Place(segments.lengths().lastKey(), segments.lengths().lastEntry().getValue());
  }

  /** The segments that are kept: their lengths by their numbers. */
  synchronized NavigableMap<Long, Long> segments() {
    return removed ? new TreeMap<>() : new TreeMap<>(segments.lengths());
  }

  /** The length of a segment; empty if it is not kept any more. */
  synchronized OptionalLong length(long segment) {
    Long length = removed ? null : segments.lengths().get(segment);
    return length == null ? OptionalLong.empty() : OptionalLong.of(length);
  }

  /** The segment that comes after a number. */
  synchronized OptionalLong segmentAfter(long segment) {
    Long next = removed ? null : segments.lengths().higherKey(segment);
    return next == null ? OptionalLong.empty() : OptionalLong.of(next);
  }

  Path file(long segment) {
    return segments.file(segment);
  }
}
