package org.lfedge.eve.tasks.core.fleet;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputReader;
import org.lfedge.eve.tasks.core.port.OutputSelection;
import org.lfedge.eve.tasks.core.port.StandardStream;
import org.lfedge.eve.tasks.core.port.TaskOutput;

/**
 * What one app writes, in the bundles that EVE's controllers take: lines of JSON, an entry each,
 * packed by gzip. It is read on from where it was read to.
 */
final class AppLogs {

  /** Unpacked; packed it is far below what a message may have. */
  private static final int MAX_BUNDLE = 512 << 10;

  private static final int MAX_LINE = 16 << 10;

  private final String app;
  private final String name;
  private final OutputReader reader;
  private final Map<StandardStream, ByteArrayOutputStream> unfinished =
      new EnumMap<>(StandardStream.class);
  private Instant last;
  private long number;

  /**
   * The log of an app.
   *
   * @param since nothing that was written earlier
   */
  AppLogs(String app, String name, TaskOutput output, String task, Instant since) {
    this.app = app;
    this.name = name;
    this.last = since;
    reader = output.read(task, new OutputSelection(since, OptionalLong.empty()));
    for (StandardStream stream : StandardStream.values()) {
      unfinished.put(stream, new ByteArrayOutputStream());
    }
  }

  /** When the last line that was read was written. */
  Instant last() {
    return last;
  }

  /** The next bundle; empty if nothing was written since. */
  Optional<byte[]> next() {
    List<String> entries = new ArrayList<>();
    int size = 0;
    Optional<OutputPiece> piece = size < MAX_BUNDLE ? reader.next() : Optional.empty();
    while (piece.isPresent()) {
      size += take(piece.get(), entries);
      piece = size < MAX_BUNDLE ? reader.next() : Optional.empty();
    }
    return entries.isEmpty() ? Optional.empty() : Optional.of(packed(entries));
  }

  private int take(OutputPiece piece, List<String> entries) {
    int before = entries.size();
    if (piece.dropped() > 0) {
      entries.add(entry("(" + piece.dropped() + " bytes were dropped)", piece));
    }
    ByteArrayOutputStream line = unfinished.get(piece.stream());
    ByteBuffer data = piece.data();
    while (data.hasRemaining() && line != null) {
      byte next = data.get();
      if (next == '\n' || line.size() >= MAX_LINE) {
        entries.add(entry(line.toString(StandardCharsets.UTF_8), piece));
        line.reset();
      }
      if (next != '\n') {
        line.write(next);
      }
    }
    last = piece.time();
    return entries.subList(before, entries.size()).stream().mapToInt(String::length).sum();
  }

  private String entry(String content, OutputPiece piece) {
    number++;
    ObjectNode entry = JsonNodeFactory.instance.objectNode();
    entry.put("severity", piece.stream() == StandardStream.STDERR ? "err" : "info");
    entry.put("source", app);
    entry.put("content", content);
    // 64 bits are a text in protobuf's JSON.
    entry.put("msgid", Long.toString(number));
    entry.put("timestamp", piece.time().toString());
    return entry.toString();
  }

  private byte[] packed(List<String> entries) {
    GzipParameters header = new GzipParameters();
    header.setFileName(name.isEmpty() ? app : name);
    header.setModificationInstant(last);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GzipCompressorOutputStream gzip = new GzipCompressorOutputStream(bytes, header)) {
      for (String entry : entries) {
        gzip.write((entry + "\n").getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
