package org.lfedge.eve.tasks.core.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.BeforeTry;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputPlace;
import org.lfedge.eve.tasks.core.port.OutputSelection;
import org.lfedge.eve.tasks.core.port.StandardStream;

/** Which part of a log is read. On the disk of these tests a microsecond passes with each write. */
class LogReaderTest {

  /** Segments of 1 KiB, and room for all that is written here. */
  private static final OutputBounds BOUNDS = new OutputBounds(16 << 10, 1 << 20, 0);

  private MemoryDisk disk = new MemoryDisk();
  private TaskLog log = newLog(disk);

  @BeforeTry
  void beginAnew() {
    disk = new MemoryDisk();
    log = newLog(disk);
  }

  private static TaskLog newLog(MemoryDisk disk) {
    return new TaskLog(
        "web", Path.of("/logs/web"), disk, BOUNDS, () -> Instant.EPOCH.plusSeconds(1));
  }

  private record Write(StandardStream stream, String text) {}

  @Provide
  Arbitrary<List<Write>> writes() {
    Arbitrary<String> text = Arbitraries.strings().withChars("ab\n").ofMinLength(1).ofMaxLength(80);
    return Combinators.combine(Arbitraries.of(StandardStream.class), text)
        .as(Write::new)
        .list()
        .ofMaxSize(80);
  }

  private void write(Write write) throws IOException {
    disk.write(
        write.stream() == StandardStream.STDOUT ? log.files().stdout() : log.files().stderr(),
        write.text().getBytes(StandardCharsets.UTF_8));
    log.copy(1 << 20);
  }

  private static Instant microsecond(long number) {
    return Instant.EPOCH.plusNanos(number * 1000);
  }

  private static LogReader endingHere(TaskLog log, OutputSelection selection) {
    LogReader reader = new LogReader(log, selection);
    reader.endHere();
    return reader;
  }

  private static Map<StandardStream, String> read(LogReader reader) {
    Map<StandardStream, String> texts = new EnumMap<>(StandardStream.class);
    for (StandardStream stream : StandardStream.values()) {
      texts.put(stream, "");
    }
    for (Optional<OutputPiece> next = reader.next(); next.isPresent(); next = reader.next()) {
      texts.merge(
          next.get().stream(),
          StandardCharsets.UTF_8.decode(next.get().data()).toString(),
          String::concat);
    }
    return texts;
  }

  /** The last lines, found in the simplest way. */
  private static Map<StandardStream, String> expected(List<Write> writes, int since, long tail) {
    List<StandardStream> streams = new ArrayList<>();
    List<StringBuilder> lines = new ArrayList<>();
    Map<StandardStream, StringBuilder> open = new EnumMap<>(StandardStream.class);
    Map<StandardStream, StringBuilder> cut = new EnumMap<>(StandardStream.class);
    for (int i = 0; i < writes.size(); i++) {
      Write write = writes.get(i);
      for (char letter : write.text().toCharArray()) {
        StringBuilder begun = open.get(write.stream());
        StringBuilder line = begun == null ? new StringBuilder() : begun;
        if (begun == null) {
          if (i + 1 >= since) {
            streams.add(write.stream());
            lines.add(line);
          }
          open.put(write.stream(), line);
        } else if (i + 1 >= since && lines.stream().noneMatch(known -> known == line)) {
          cut.computeIfAbsent(write.stream(), stream -> new StringBuilder()).append(letter);
        }
        line.append(letter);
        if (letter == '\n') {
          open.remove(write.stream());
        }
      }
    }
    Map<StandardStream, String> texts = new EnumMap<>(StandardStream.class);
    for (StandardStream stream : StandardStream.values()) {
      // A line that began before is shown only if fewer lines than wanted are there.
      texts.put(
          stream, lines.size() < tail && cut.containsKey(stream) ? cut.get(stream).toString() : "");
    }
    for (int i = (int) Math.max(0, lines.size() - tail); i < lines.size(); i++) {
      texts.merge(streams.get(i), lines.get(i).toString(), String::concat);
    }
    return texts;
  }

  @Property
  void theTailAreTheLastLinesOfBothStreams(
      @ForAll("writes") List<Write> writes, @ForAll @IntRange(max = 60) int tail)
      throws IOException {
    for (Write write : writes) {
      write(write);
    }
    assertEquals(
        expected(writes, 0, tail),
        read(endingHere(log, new OutputSelection(Instant.MIN, OptionalLong.of(tail)))));
  }

  @Property
  void sinceAndTailTogetherGiveTheLastLinesOfThatTime(
      @ForAll("writes") List<Write> writes,
      @ForAll @IntRange(max = 80) int since,
      @ForAll @IntRange(max = 60) int tail)
      throws IOException {
    for (Write write : writes) {
      write(write);
    }
    assertEquals(
        expected(writes, since, tail),
        read(endingHere(log, new OutputSelection(microsecond(since), OptionalLong.of(tail)))));
    assertEquals(
        expected(writes, since, Integer.MAX_VALUE),
        read(endingHere(log, new OutputSelection(microsecond(since), OptionalLong.empty()))));
  }

  @Property
  void aReaderGoesOnWhereAnotherWasAfterARestart(
      @ForAll("writes") List<Write> writes,
      @ForAll @IntRange(max = 80) int readAfter,
      @ForAll @IntRange(max = 80) int pieces)
      throws IOException {
    for (Write write : writes.subList(0, Math.min(readAfter, writes.size()))) {
      write(write);
    }
    LogReader before = new LogReader(log, OutputSelection.ALL);
    List<OutputPiece> first = new ArrayList<>();
    for (int i = 0; i < pieces; i++) {
      before.next().ifPresent(first::add);
    }
    OutputPlace place = before.place();
    log = newLog(disk);
    for (Write write : writes.subList(Math.min(readAfter, writes.size()), writes.size())) {
      write(write);
    }
    LogReader after = new LogReader(log, place);
    assertEquals(place, after.place());
    Map<StandardStream, String> texts = read(after);
    Collections.reverse(first);
    for (OutputPiece piece : first) {
      texts.merge(
          piece.stream(),
          StandardCharsets.UTF_8.decode(piece.data()).toString(),
          (later, earlier) -> earlier + later);
    }
    assertEquals(expected(writes, 0, Integer.MAX_VALUE), texts);
  }

  @Example
  void aReaderThatGoesOnIsToldHowMuchItMissed() throws IOException {
    write(new Write(StandardStream.STDOUT, "first\n"));
    LogReader before = new LogReader(log, OutputSelection.ALL);
    assertEquals("first\n", read(before).get(StandardStream.STDOUT));
    String line = "x".repeat(499) + "\n";
    for (int i = 0; i < 60; i++) {
      write(new Write(StandardStream.STDOUT, line));
    }
    LogReader after = new LogReader(log, before.place());
    OutputPiece gap = after.next().orElseThrow();
    assertTrue(gap.dropped() > 0);
    assertEquals(60 * 500, gap.dropped() + read(after).get(StandardStream.STDOUT).length());
  }

  @Example
  void whatCouldNotBeCopiedBeforeARestartIsNotReadAgainAfterIt() throws IOException {
    write(new Write(StandardStream.STDOUT, "one\n"));
    disk.full(true);
    disk.write(log.files().stdout(), "two\n".getBytes(StandardCharsets.UTF_8));
    LogReader before = new LogReader(log, OutputSelection.ALL);
    assertEquals("one\ntwo\n", read(before).get(StandardStream.STDOUT));
    disk.full(false);
    log = newLog(disk);
    write(new Write(StandardStream.STDOUT, "three\n"));
    assertEquals("three\n", read(new LogReader(log, before.place())).get(StandardStream.STDOUT));
  }

  @Example
  void afterAFileWasEmptiedNothingOfItIsMissedByWhoGoesOn() throws IOException {
    write(new Write(StandardStream.STDOUT, "one and some more\n"));
    LogReader before = new LogReader(log, OutputSelection.ALL);
    assertEquals("one and some more\n", read(before).get(StandardStream.STDOUT));
    disk.truncate(log.files().stdout(), 0);
    log.copy(1 << 20);
    write(new Write(StandardStream.STDOUT, "two\n"));
    assertEquals(
        "two\n", read(new LogReader(newLog(disk), before.place())).get(StandardStream.STDOUT));
  }

  @Example
  void aTailOfNothingShowsWhatComesLater() throws IOException {
    write(new Write(StandardStream.STDOUT, "one\ntwo\nthr"));
    LogReader reader = new LogReader(log, new OutputSelection(Instant.MIN, OptionalLong.of(0)));
    assertEquals("", read(reader).get(StandardStream.STDOUT));
    write(new Write(StandardStream.STDOUT, "ee\nfour\n"));
    write(new Write(StandardStream.STDERR, "five\n"));
    assertEquals(
        Map.of(StandardStream.STDOUT, "four\n", StandardStream.STDERR, "five\n"), read(reader));
  }

  @Example
  void whatIsNotCopiedYetIsReadAsWell() {
    disk.write(log.files().stdout(), "just now".getBytes(StandardCharsets.UTF_8));
    assertEquals("just now", read(endingHere(log, OutputSelection.ALL)).get(StandardStream.STDOUT));
  }

  @Example
  void onAFullDiskWhatCannotBeCopiedIsReadAllTheSameAndOnce() throws IOException {
    write(new Write(StandardStream.STDOUT, "one\n"));
    disk.full(true);
    disk.write(log.files().stdout(), "two\nthr".getBytes(StandardCharsets.UTF_8));
    LogReader follower = new LogReader(log, OutputSelection.ALL);
    assertEquals("one\ntwo\nthr", read(follower).get(StandardStream.STDOUT));
    assertEquals(
        "one\ntwo\nthr", read(endingHere(log, OutputSelection.ALL)).get(StandardStream.STDOUT));
    disk.full(false);
    disk.write(log.files().stdout(), "ee\n".getBytes(StandardCharsets.UTF_8));
    assertEquals("ee\n", read(follower).get(StandardStream.STDOUT));
    assertEquals(
        "one\ntwo\nthree\n", read(endingHere(log, OutputSelection.ALL)).get(StandardStream.STDOUT));
  }

  @Example
  void aReaderThatEndsDoesNotSeeWhatIsWrittenLater() throws IOException {
    write(new Write(StandardStream.STDOUT, "before"));
    LogReader reader = endingHere(log, OutputSelection.ALL);
    assertEquals("before", read(reader).get(StandardStream.STDOUT));
    write(new Write(StandardStream.STDOUT, "after"));
    assertEquals("", read(reader).get(StandardStream.STDOUT));
  }

  @Example
  void aSlowReaderIsToldHowMuchItMissed() throws IOException {
    write(new Write(StandardStream.STDOUT, "first\n"));
    LogReader reader = new LogReader(log, OutputSelection.ALL);
    assertEquals("first\n", read(reader).get(StandardStream.STDOUT));
    String line = "x".repeat(499) + "\n";
    for (int i = 0; i < 60; i++) {
      write(new Write(StandardStream.STDOUT, line));
      write(new Write(StandardStream.STDERR, line));
    }
    long seen = 0;
    long dropped = 0;
    for (Optional<OutputPiece> next = reader.next(); next.isPresent(); next = reader.next()) {
      seen += next.get().data().remaining();
      dropped += next.get().dropped();
    }
    assertEquals(2 * 60 * 500, seen + dropped);
    assertEquals(0, seen % 500);
  }

  @Example
  void aDamagedSegmentCostsItsRestAloneAndThatIsTold() throws IOException {
    String line = "y".repeat(199) + "\n";
    for (int i = 0; i < 20; i++) {
      write(new Write(StandardStream.STDERR, line));
    }
    Path second = log.file(log.segments().higherKey(log.segments().firstKey()));
    disk.damage(second, disk.size(second) / 2);
    LogReader reader = endingHere(log, OutputSelection.ALL);
    long seen = 0;
    long dropped = 0;
    for (Optional<OutputPiece> next = reader.next(); next.isPresent(); next = reader.next()) {
      seen += next.get().data().remaining();
      dropped += next.get().dropped();
    }
    assertEquals(20 * 200, seen + dropped);
    assertTrue(dropped > 0 && dropped < 1024, "dropped " + dropped);
  }

  @Example
  void afterSomebodyEmptiedAFileItIsReadFromItsBeginning() throws IOException {
    write(new Write(StandardStream.STDOUT, "one\n"));
    disk.truncate(log.files().stdout(), 0);
    log.copy(1 << 20);
    write(new Write(StandardStream.STDOUT, "two\n"));
    assertEquals(
        "one\ntwo\n", read(endingHere(log, OutputSelection.ALL)).get(StandardStream.STDOUT));
  }

  @Example
  void aRemovedLogIsEmptyAndWritesNothingAnyMore() throws IOException {
    write(new Write(StandardStream.STDOUT, "text"));
    LogReader reader = new LogReader(log, OutputSelection.ALL);
    log.remove();
    disk.write(log.files().stdout(), new byte[100]);
    disk.crashAfter(0);
    assertEquals("", read(reader).get(StandardStream.STDOUT));
  }
}
