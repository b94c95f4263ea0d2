package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/** Goes through the records of one segment, in order; the segment may grow meanwhile. */
final class SegmentCursor {

  private static final int WINDOW = 2 * LogFormat.MAX_DATA;

  private final OutputDisk disk;
  private final Path file;
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW).flip();

  /** Of the first byte in the window that was not taken yet. */
  private long position;

  SegmentCursor(OutputDisk disk, Path file) {
    this.disk = disk;
    this.file = file;
  }

  /** How far the records go that were taken. */
  long position() {
    return position;
  }

  /** The state before the first record, if the segment's header is whole; to be called first. */
  Optional<LogState> header(long limit) throws IOException {
    fill(LogFormat.SEGMENT_HEADER, limit);
    Optional<LogState> state = LogFormat.header(window);
    position += LogFormat.SEGMENT_HEADER;
    return state;
  }

  /**
   * The next record; empty if there is none before the limit, or none that is whole.
   *
   * @param limit the length of the segment, as far as it is written
   */
  Optional<LogRecord> next(long limit) throws IOException {
    fill(LogFormat.RECORD_HEADER, limit);
    Optional<Integer> length = LogFormat.recordLength(window);
    if (length.isEmpty() || position + length.get() > limit) {
      return Optional.empty();
    }
    fill(length.get(), limit);
    if (window.remaining() < length.get()) {
      return Optional.empty();
    }
    Optional<LogRecord> record = LogFormat.record(window, length.get());
    if (record.isPresent()) {
      position += length.get();
    }
    return record;
  }

  private void fill(int wanted, long limit) throws IOException {
    if (window.remaining() < wanted && position + window.remaining() < limit) {
      window.compact();
      long there = position + window.position();
      window.limit((int) Math.min(window.capacity(), window.position() + (limit - there)));
      disk.read(file, there, window);
      window.flip();
    }
  }
}
