package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputPlace;
import org.lfedge.eve.tasks.core.port.OutputReader;
import org.lfedge.eve.tasks.core.port.OutputSelection;
import org.lfedge.eve.tasks.core.port.StandardStream;

/**
 * Reads a log, one segment after the other. What is not copied yet is copied first, so that there
 * is one order of things, the same for all readers, and nothing is missing or there twice.
 */
final class LogReader implements OutputReader {

  /** How much to copy when all that was copied is read. */
  private static final long COPY_BYTES = 256 << 10;

  private final TaskLog log;
  private final long since;
  private final OptionalLong tail;
  private final Optional<OutputPlace> after;
  private final Queue<OutputPiece> gaps = new ArrayDeque<>();

  /** The streams of which the line that is being read is wanted. */
  private final Set<StandardStream> shown = EnumSet.allOf(StandardStream.class);

  /** How far a stream was read beyond what is copied. */
  private final Map<StandardStream, Long> ahead = new EnumMap<>(StandardStream.class);

  private boolean placed;
  private boolean cannotCopy;
  private long linesToSkip;
  private long segment = -1;
  private @Nullable SegmentCursor cursor;
  private @Nullable LogState state;
  private TaskLog.@Nullable Sizes wanted;
  private TaskLog.@Nullable Place end;

  LogReader(TaskLog log, OutputSelection selection) {
    this.log = log;
    this.since =
        selection.since().isAfter(Instant.EPOCH)
            ? ChronoUnit.MICROS.between(Instant.EPOCH, selection.since())
            : Long.MIN_VALUE;
    this.tail = selection.tail();
    this.after = Optional.empty();
  }

  /** Reads on from a place. */
  LogReader(TaskLog log, OutputPlace after) {
    this.log = log;
    this.since = Long.MIN_VALUE;
    this.tail = OptionalLong.empty();
    this.after = Optional.of(after);
  }

  @Override
  public Optional<OutputPiece> next() {
    try {
      if (!placed) {
        findBeginning();
        placed = true;
      }
      while (true) {
        // Only entering a segment makes gaps, and no record is taken before all of them are.
        Optional<LogRecord> record = gaps.isEmpty() ? nextRecord() : Optional.empty();
        if (!gaps.isEmpty()) {
          return Optional.of(gaps.remove());
        }
        Optional<OutputPiece> piece;
        if (record.isPresent()) {
          piece = piece(record.get());
        } else {
          Optional<LogRecord> waiting = cannotCopy && !isAtEnd() ? uncopied() : Optional.empty();
          if (waiting.isEmpty()) {
            return Optional.empty();
          }
          piece = wanted(waiting.get(), state == null || !state.inLine(waiting.get().stream()), 0);
        }
        if (piece.isPresent()) {
          return piece;
        }
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  @Override
  public OutputPlace place() {
    LogState at = state == null ? LogState.EMPTY : state;
    return placed
        ? new OutputPlace(
            segment, readTo(StandardStream.STDOUT, at), readTo(StandardStream.STDERR, at))
        : after.orElse(OutputPlace.BEGINNING);
  }

  @Override
  public void endHere() {
    try {
      wanted = log.sizes();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private TaskException failure(IOException e) {
    return TaskException.failed(
        Problem.host("CANNOT_READ", "cannot read the output of task " + log.task() + ": " + e), e);
  }

  /** The next record, after copying some more where needed; empty also for gaps to tell first. */
  private Optional<LogRecord> nextRecord() throws IOException {
    while (true) {
      if (isAtEnd()) {
        return Optional.empty();
      }
      TaskLog.Place before = log.end();
      // Asked for first: what comes before a segment that is there does not grow any more.
      OptionalLong next = log.segmentAfter(segment);
      Optional<LogRecord> record = recordOfSegment();
      if (record.isPresent()) {
        return record;
      }
      if (next.isPresent()) {
        enter(next.getAsLong());
        if (!gaps.isEmpty()) {
          return Optional.empty();
        }
      } else if (!copy() && log.end().equals(before)) {
        return Optional.empty();
      }
    }
  }

  /** Copies some more; where that is not possible, such as on a full disk, nothing. */
  private boolean copy() {
    try {
      cannotCopy = false;
      return log.copy(COPY_BYTES).bytes() > 0;
    } catch (IOException e) {
      // The thread that copies says so. What waits is read where it is, or fails there.
      cannotCopy = true;
      return false;
    }
  }

  private Optional<LogRecord> uncopied() throws IOException {
    LogState at = state == null ? LogState.EMPTY : state;
    for (StandardStream stream : StandardStream.values()) {
      Optional<LogRecord> record = log.uncopied(stream, readTo(stream, at));
      if (record.isPresent()) {
        ahead.put(stream, record.get().end());
        return record;
      }
    }
    return Optional.empty();
  }

  private boolean isAtEnd() {
    if (end == null && wanted != null && log.covers(wanted)) {
      end = log.end();
    }
    return end != null
        && (segment > end.segment()
            || (segment == end.segment() && (cursor == null || cursor.position() >= end.offset())));
  }

  private Optional<LogRecord> recordOfSegment() throws IOException {
    OptionalLong length = log.length(segment);
    if (cursor == null || length.isEmpty()) {
      return Optional.empty();
    }
    try {
      return cursor.next(length.getAsLong());
    } catch (NoSuchFileException e) {
      // Dropped since its length was asked for; the next segment tells what is missing.
      return Optional.empty();
    }
  }

  private void enter(long next) throws IOException {
    if (segment >= 0) {
      // Lines of the segment in which the tail begins; those after it are all wanted.
      linesToSkip = 0;
    }
    segment = next;
    cursor = null;
    SegmentCursor entered = new SegmentCursor(log.disk(), log.file(next));
    Optional<LogState> header;
    try {
      header = entered.header(log.length(next).orElse(0));
    } catch (NoSuchFileException e) {
      header = Optional.empty();
    }
    if (header.isEmpty()) {
      // Dropped since it was found, or damaged: the one after it tells what is missing.
      return;
    }
    cursor = entered;
    LogState before = state;
    state = header.get();
    if (before != null) {
      for (StandardStream stream : StandardStream.values()) {
        long missing = state.offset(stream) - readTo(stream, before);
        if (missing > 0) {
          gaps.add(piece(stream, state.latest(), ByteBuffer.allocate(0), missing));
        }
      }
    }
  }

  private Optional<OutputPiece> piece(LogRecord record) {
    LogState before = state == null ? LogState.EMPTY : state;
    StandardStream stream = record.stream();
    long readTo = readTo(stream, before);
    state = before.after(record);
    switch (record.kind()) {
      case DATA -> {
        long known = readTo - (record.end() - record.data().length);
        return wanted(record, !before.inLine(stream), (int) Math.max(0, known));
      }
      case SKIPPED -> {
        long missing = record.end() - readTo;
        return missing > 0 && record.time() >= since
            ? Optional.of(piece(stream, record.time(), ByteBuffer.allocate(0), missing))
            : Optional.empty();
      }
      case RESET -> ahead.remove(stream);
    }
    return Optional.empty();
  }

  private long readTo(StandardStream stream, LogState at) {
    return Math.max(at.offset(stream), ahead.getOrDefault(stream, Long.MIN_VALUE));
  }

  /** What is wanted of the data of a record, without the first bytes, which are known. */
  private Optional<OutputPiece> wanted(LogRecord record, boolean atLineStart, int known) {
    byte[] data = record.data();
    if (record.time() < since || known >= data.length) {
      return Optional.empty();
    }
    int start = Math.max(known, wantedFrom(record.stream(), atLineStart, data));
    return start == data.length
        ? Optional.empty()
        : Optional.of(
            piece(
                record.stream(),
                record.time(),
                ByteBuffer.wrap(data, start, data.length - start),
                0));
  }

  private static OutputPiece piece(
      StandardStream stream, long time, ByteBuffer data, long dropped) {
    return new OutputPiece(
        stream, Instant.EPOCH.plus(Math.max(0, time), ChronoUnit.MICROS), data, dropped);
  }

  /** Skips lines that are not wanted; returns where the wanted bytes begin, if need be the end. */
  private int wantedFrom(StandardStream stream, boolean atLineStart, byte[] data) {
    boolean lineStart = atLineStart;
    for (int i = 0; i < data.length; i++) {
      if (lineStart) {
        if (linesToSkip == 0) {
          shown.add(stream);
        } else {
          linesToSkip--;
        }
      }
      if (shown.contains(stream)) {
        return i;
      }
      lineStart = data[i] == '\n';
    }
    return data.length;
  }

  /** Finds where to begin: goes back segment by segment until enough is found. */
  private void findBeginning() throws IOException {
    TaskLog.Sizes now = log.sizes();
    while (copy() && !log.covers(now)) {
      // Until all is copied that is there now.
    }
    NavigableMap<Long, Long> segments = log.segments();
    if (after.isPresent() && !segments.isEmpty()) {
      goOn(after.get(), segments);
      return;
    }
    long lines = 0;
    long begin = -1;
    for (Map.Entry<Long, Long> candidate : segments.descendingMap().entrySet()) {
      SegmentCursor records = new SegmentCursor(log.disk(), log.file(candidate.getKey()));
      LogState header;
      try {
        Optional<LogState> found = records.header(candidate.getValue());
        if (found.isEmpty()) {
          break;
        }
        header = found.get();
        if (tail.isPresent()) {
          lines += lineStarts(header, records, candidate.getValue());
        }
      } catch (NoSuchFileException e) {
        break;
      }
      begin = candidate.getKey();
      if (tail.isPresent() && lines >= tail.getAsLong()) {
        linesToSkip = lines - tail.getAsLong();
        shown.clear();
        break;
      }
      if (header.latest() < since) {
        break;
      }
    }
    if (begin >= 0) {
      enter(begin);
    } else if (segments.isEmpty()) {
      state = LogState.EMPTY;
    }
  }

  private void goOn(OutputPlace place, NavigableMap<Long, Long> segments) throws IOException {
    if (segments.containsKey(place.segment())) {
      for (StandardStream stream : StandardStream.values()) {
        ahead.put(stream, place.offset(stream));
      }
      enter(place.segment());
    } else {
      // What was dropped since is missing, and found so by this.
      state = new LogState(place.stdout(), false, place.stderr(), false, Long.MIN_VALUE);
      enter(segments.firstKey());
    }
  }

  private long lineStarts(LogState header, SegmentCursor records, long length) throws IOException {
    long lines = 0;
    LogState at = header;
    for (Optional<LogRecord> next = records.next(length);
        next.isPresent();
        next = records.next(length)) {
      LogRecord record = next.get();
      boolean lineStart = !at.inLine(record.stream());
      if (record.time() >= since) {
        for (byte value : record.data()) {
          if (lineStart) {
            lines++;
          }
          lineStart = value == '\n';
        }
      }
      at = at.after(record);
    }
    return lines;
  }
}
