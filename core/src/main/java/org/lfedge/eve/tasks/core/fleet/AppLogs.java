package org.lfedge.eve.tasks.core.fleet;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputPlace;
import org.lfedge.eve.tasks.core.port.OutputReader;
import org.lfedge.eve.tasks.core.port.StandardStream;

/**
 * What one app writes, in the bundles that EVE's controllers take: lines of JSON, an entry each,
 * packed by gzip. It is read on from where it was read to.
 */
final class AppLogs {

  /** In bytes, unpacked; packed it is below what a message may have, whatever is in it. */
  private static final int MAX_BUNDLE = 512 << 10;

  private static final int MAX_LINE = 16 << 10;

  private final String app;
  private final String name;
  private final OutputReader reader;
  private final Map<StandardStream, Line> unfinished = new EnumMap<>(StandardStream.class);

  /** What was read and is not handed over yet. */
  private final ByteArrayOutputStream entries = new ByteArrayOutputStream();

  private Instant last = Instant.EPOCH;
  private long number;

  /** A line of which the end was not read. */
  private static final class Line {
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private OutputPlace begin = OutputPlace.BEGINNING;
    private Instant time = Instant.EPOCH;
  }

  /**
   * The log of an app.
   *
   * @param reader of its task's output, from where a bundle is to begin
   */
  AppLogs(String app, String name, OutputReader reader) {
    this.app = app;
    this.name = name;
    this.reader = reader;
    for (StandardStream stream : StandardStream.values()) {
      unfinished.put(stream, new Line());
    }
  }

  /** Up to where all lines are in bundles: from there it is to be read on another time. */
  OutputPlace place() {
    OutputPlace place = reader.place();
    for (Map.Entry<StandardStream, Line> line : unfinished.entrySet()) {
      if (line.getValue().text.size() > 0) {
        place = place.with(line.getKey(), line.getValue().begin);
      }
    }
    return place;
  }

  /**
   * The next bundle; empty if nothing was written since. It stays the next one, with more in it
   * maybe, until it is {@link #handed} over.
   *
   * @param begun when the program was begun that writes now, or later than all if there is none: a
   *     line that was written before has its end, though not a line feed
   * @throws TaskException CANNOT_READ
   */
  Optional<byte[]> next(Instant begun) {
    try {
      if (entries.size() < MAX_BUNDLE) {
        read(begun);
      }
    } catch (TaskException e) {
      // First what was read before; then it fails there again.
      if (entries.size() == 0) {
        throw e;
      }
    }
    return entries.size() == 0 ? Optional.empty() : Optional.of(packed());
  }

  /**
   * The next bundle is on its way.
   *
   * @return whether it was full, so that there may be another already
   */
  boolean handed() {
    boolean full = entries.size() >= MAX_BUNDLE;
    entries.reset();
    return full;
  }

  private void read(Instant begun) {
    Optional<OutputPiece> piece = reader.next();
    if (piece.isEmpty()) {
      // Not in the same turn as it is read: the program may have been begun just before.
      unfinished.forEach((stream, line) -> endOld(stream, line, begun));
    }
    while (piece.isPresent()) {
      take(piece.get(), begun);
      piece = entries.size() < MAX_BUNDLE ? reader.next() : Optional.empty();
    }
  }

  private void take(OutputPiece piece, Instant begun) {
    StandardStream stream = piece.stream();
    Line line = unfinished.computeIfAbsent(stream, key -> new Line());
    if (!piece.time().isBefore(begun)) {
      endOld(stream, line, begun);
    }
    if (piece.dropped() > 0) {
      endOld(stream, line, Instant.MAX);
      add(stream, piece.time(), "(" + piece.dropped() + " bytes were dropped)");
    }
    OutputPlace end = reader.place();
    ByteBuffer data = piece.data();
    while (data.hasRemaining()) {
      byte next = data.get();
      if (next == '\n' || line.text.size() >= MAX_LINE) {
        end(stream, line, piece.time());
      }
      if (next != '\n') {
        if (line.text.size() == 0) {
          line.begin = end.before(stream, data.remaining() + 1);
        }
        line.text.write(next);
      }
    }
    line.time = piece.time();
  }

  /** Ends a line that was written before some time. */
  private void endOld(StandardStream stream, Line line, Instant begun) {
    if (line.text.size() > 0 && line.time.isBefore(begun)) {
      end(stream, line, line.time);
    }
  }

  private void end(StandardStream stream, Line line, Instant time) {
    add(stream, time, line.text.toString(StandardCharsets.UTF_8));
    line.text.reset();
  }

  private void add(StandardStream stream, Instant time, String content) {
    number++;
    last = time;
    ObjectNode entry = JsonNodeFactory.instance.objectNode();
    entry.put("severity", stream == StandardStream.STDERR ? "err" : "info");
    entry.put("source", app);
    entry.put("content", content);
    // 64 bits are a text in protobuf's JSON.
    entry.put("msgid", Long.toString(number));
    entry.put("timestamp", time.toString());
    entries.writeBytes((entry + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private byte[] packed() {
    GzipParameters header = new GzipParameters();
    header.setFileName(name.isEmpty() ? app : name);
    header.setModificationInstant(last);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GzipCompressorOutputStream gzip = new GzipCompressorOutputStream(bytes, header)) {
      entries.writeTo(gzip);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
