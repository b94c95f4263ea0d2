package org.lfedge.eve.tasks.core.output;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.lfedge.eve.tasks.core.port.StandardStream;

/**
 * How segments look on disk: a header that holds a {@link LogState}, then records. Both carry a
 * checksum, by which a record that was cut short by a crash is known. Numbers are big-endian.
 */
final class LogFormat {

  /** Of a record's data: as much as travels in one message of the API. */
  static final int MAX_DATA = 32 << 10;

  /** Magic, latest, offset of stdout, offset of stderr, flags, checksum. */
  static final int SEGMENT_HEADER = 8 + 8 + 8 + 8 + 1 + 4;

  /** Kind, stream, length, time, end, checksum. */
  static final int RECORD_HEADER = 1 + 1 + 4 + 8 + 8 + 4;

  /** "TASKLOG" and the version of the format. */
  private static final long MAGIC = 0x5441534b4c4f4701L;

  private static final int CHECKSUM = 4;

  /** By their numbers on disk. */
  private static final List<LogRecord.Kind> KINDS =
      List.of(LogRecord.Kind.DATA, LogRecord.Kind.SKIPPED, LogRecord.Kind.RESET);

  private static final List<StandardStream> STREAMS =
      List.of(StandardStream.STDOUT, StandardStream.STDERR);

  private LogFormat() {}

  static ByteBuffer header(LogState state) {
    ByteBuffer bytes = ByteBuffer.allocate(SEGMENT_HEADER);
    bytes.putLong(MAGIC).putLong(state.latest()).putLong(state.stdout()).putLong(state.stderr());
    bytes.put((byte) ((state.stdoutInLine() ? 1 : 0) | (state.stderrInLine() ? 2 : 0)));
    return bytes.putInt(checksum(bytes, 0, SEGMENT_HEADER - CHECKSUM)).flip();
  }

  /** Reads a header; empty if it is not whole. */
  static Optional<LogState> header(ByteBuffer bytes) {
    if (bytes.remaining() < SEGMENT_HEADER) {
      return Optional.empty();
    }
    int start = bytes.position();
    int checksum = checksum(bytes, start, SEGMENT_HEADER - CHECKSUM);
    long magic = bytes.getLong();
    long latest = bytes.getLong();
    long stdout = bytes.getLong();
    long stderr = bytes.getLong();
    byte flags = bytes.get();
    return bytes.getInt() == checksum && magic == MAGIC
        ? Optional.of(new LogState(stdout, (flags & 1) != 0, stderr, (flags & 2) != 0, latest))
        : Optional.empty();
  }

  static ByteBuffer record(LogRecord record) {
    byte[] data = record.data();
    ByteBuffer bytes = ByteBuffer.allocate(RECORD_HEADER + data.length);
    bytes.put((byte) KINDS.indexOf(record.kind()));
    bytes.put((byte) STREAMS.indexOf(record.stream()));
    bytes.putInt(data.length).putLong(record.time()).putLong(record.end());
    int place = bytes.position();
    bytes.position(RECORD_HEADER);
    bytes.put(data);
    return bytes.putInt(place, recordChecksum(bytes, 0, data.length)).flip();
  }

  /** The length of the record that begins here, if what is there of it may be one. */
  static Optional<Integer> recordLength(ByteBuffer bytes) {
    if (bytes.remaining() < RECORD_HEADER) {
      return Optional.empty();
    }
    int start = bytes.position();
    int length = bytes.getInt(start + 2);
    boolean plausible =
        bytes.get(start) >= 0
            && bytes.get(start) < KINDS.size()
            && bytes.get(start + 1) >= 0
            && bytes.get(start + 1) < STREAMS.size()
            && length >= 0
            && length <= MAX_DATA;
    return plausible ? Optional.of(RECORD_HEADER + length) : Optional.empty();
  }

  /** Reads a record of which all is there; empty if its checksum is wrong. */
  static Optional<LogRecord> record(ByteBuffer bytes, int length) {
    int start = bytes.position();
    int checksum = recordChecksum(bytes, start, length - RECORD_HEADER);
    LogRecord.Kind kind = KINDS.get(bytes.get());
    StandardStream stream = STREAMS.get(bytes.get());
    byte[] data = new byte[bytes.getInt()];
    long time = bytes.getLong();
    long end = bytes.getLong();
    if (bytes.getInt() != checksum) {
      bytes.position(start);
      return Optional.empty();
    }
    bytes.get(data);
    return Optional.of(new LogRecord(kind, stream, time, end, data));
  }

  private static int recordChecksum(ByteBuffer bytes, int start, int dataLength) {
    CRC32C sum = new CRC32C();
    sum.update(bytes.slice(start, RECORD_HEADER - CHECKSUM));
    sum.update(bytes.slice(start + RECORD_HEADER, dataLength));
    return (int) sum.getValue();
  }

  private static int checksum(ByteBuffer bytes, int start, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes.slice(start, length));
    return (int) sum.getValue();
  }
}
