package org.lfedge.eve.tasks.core.output;

import org.lfedge.eve.tasks.core.port.StandardStream;

/**
 * One entry of a segment.
 *
 * @param time in microseconds since the epoch
 * @param end up to where the stream's file is taken care of with this record
 * @param data what was copied; empty for other kinds
 */
@SuppressWarnings("ArrayRecordComponent") // made and taken apart at once, never compared
record LogRecord(Kind kind, StandardStream stream, long time, long end, byte[] data) {

  private static final byte[] NONE = {};

  /** What a record says. */
  enum Kind {
    /** The bytes of the file before {@code end}. */
    DATA,
    /** The bytes up to {@code end} are not kept: there were too many. */
    SKIPPED,
    /** The file became shorter; it goes on at {@code end}. */
    RESET
  }

  static LogRecord skipped(StandardStream stream, long time, long end) {
    return new LogRecord(Kind.SKIPPED, stream, time, end, NONE);
  }

  static LogRecord reset(StandardStream stream, long time, long end) {
    return new LogRecord(Kind.RESET, stream, time, end, NONE);
  }
}
