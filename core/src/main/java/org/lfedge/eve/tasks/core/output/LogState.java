package org.lfedge.eve.tasks.core.output;

import org.lfedge.eve.tasks.core.port.StandardStream;

/**
 * What holds at a place in the log, as the sum of all records before it. It stands at the beginning
 * of each segment, so that the segments before may be dropped.
 *
 * @param stdout how far the file of standard output is taken care of
 * @param stdoutInLine whether its last byte is not the end of a line
 * @param latest the latest time of a record, in microseconds since the epoch; clocks may jump, so
 *     that this need not be the time of the last one
 */
record LogState(long stdout, boolean stdoutInLine, long stderr, boolean stderrInLine, long latest) {

  static final LogState EMPTY = new LogState(0, false, 0, false, Long.MIN_VALUE);

  long offset(StandardStream stream) {
    return stream == StandardStream.STDOUT ? stdout : stderr;
  }

  boolean inLine(StandardStream stream) {
    return stream == StandardStream.STDOUT ? stdoutInLine : stderrInLine;
  }

  LogState after(LogRecord record) {
    byte[] data = record.data();
    boolean inLine = data.length > 0 && data[data.length - 1] != '\n';
    long time = Math.max(latest, record.time());
    return record.stream() == StandardStream.STDOUT
        ? new LogState(record.end(), inLine, stderr, stderrInLine, time)
        : new LogState(stdout, stdoutInLine, record.end(), inLine, time);
  }
}
