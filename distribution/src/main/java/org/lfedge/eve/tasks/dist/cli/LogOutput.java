package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.Timestamp;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.EnumSet;
import java.util.Set;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Writes the output of a task to the streams of taskctl, byte for byte. */
final class LogOutput {

  /** All of one width, so that lines stand below each other. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z' ").withZone(ZoneOffset.UTC);

  private final Session session;
  private final boolean timestamps;

  /** The streams that are in the middle of a line. */
  private final Set<LogChunk.Stream> inLine = EnumSet.noneOf(LogChunk.Stream.class);

  /**
   * Writes to the terminal of a session.
   *
   * @param timestamps whether the time stands before each line
   */
  LogOutput(Session session, boolean timestamps) {
    this.session = session;
    this.timestamps = timestamps;
  }

  void write(LogChunk chunk) {
    boolean toErr = chunk.getStream() == LogChunk.Stream.STREAM_STDERR;
    if (chunk.getDroppedBytes() > 0) {
      session.note(
          Quantities.bytes(chunk.getDroppedBytes())
              + " of its "
              + (toErr ? "standard error" : "standard output")
              + " are missing here: the task writes faster than its output can be kept");
      inLine.remove(chunk.getStream());
    }
    byte[] data = chunk.getData().toByteArray();
    if (!session.copy(timestamps ? withTimes(chunk, data) : data, toErr)) {
      throw TaskException.failed(
          Problem.user("CANNOT_WRITE", "nobody reads the output of this command any more"));
    }
  }

  private byte[] withTimes(LogChunk chunk, byte[] data) {
    Timestamp time = chunk.getTime();
    byte[] prefix =
        TIME.format(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()))
            .getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream lines = new ByteArrayOutputStream(data.length + prefix.length);
    for (byte value : data) {
      if (inLine.add(chunk.getStream())) {
        lines.writeBytes(prefix);
      }
      lines.write(value);
      if (value == '\n') {
        inLine.remove(chunk.getStream());
      }
    }
    return lines.toByteArray();
  }
}
