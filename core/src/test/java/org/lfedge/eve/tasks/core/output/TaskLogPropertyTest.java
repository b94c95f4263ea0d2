package org.lfedge.eve.tasks.core.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputSelection;
import org.lfedge.eve.tasks.core.port.StandardStream;

/** Whatever happens in whatever order: what is read is what was written. */
class TaskLogPropertyTest {

  private static final OutputBounds BOUNDS = new OutputBounds(64 << 10, 1 << 20, 0);
  private static final Path DIRECTORY = Path.of("/logs/web");

  /** What happens to a log. */
  private enum Happening {
    WRITE,
    WRITE_MUCH,
    COPY,
    FREE,
    READ_ON,
    CRASH_SOON,
    DISK_FULL,
    DISK_FREE
  }

  private record Step(Happening happening, StandardStream stream, int amount) {}

  @Provide
  Arbitrary<List<Step>> histories() {
    return steps(Happening.values());
  }

  private static Arbitrary<List<Step>> steps(Happening... happenings) {
    return Combinators.combine(
            Arbitraries.of(happenings),
            Arbitraries.of(StandardStream.class),
            Arbitraries.integers().between(1, 9000))
        .as(Step::new)
        .list()
        .ofMaxSize(60);
  }

  /** A log, and what a reader of it must see. */
  private static final class World {

    private final MemoryDisk disk = new MemoryDisk();
    private final Map<StandardStream, byte[]> written = new EnumMap<>(StandardStream.class);
    private final Random bytes = new Random(1);
    private TaskLog log = newLog();
    private Follower follower = new Follower(log);

    private TaskLog newLog() {
      return new TaskLog("web", DIRECTORY, disk, BOUNDS, () -> Instant.EPOCH.plusSeconds(1));
    }

    Path file(StandardStream stream) {
      return stream == StandardStream.STDOUT ? log.files().stdout() : log.files().stderr();
    }

    byte[] written(StandardStream stream) {
      return written.getOrDefault(stream, new byte[0]);
    }

    void write(StandardStream stream, int amount) {
      byte[] added = new byte[amount];
      for (int i = 0; i < amount; i++) {
        // Never 0, which is what a hole reads as.
        added[i] = (byte) (bytes.nextInt(20) == 0 ? '\n' : 'a' + bytes.nextInt(26));
      }
      disk.write(file(stream), added);
      written.merge(stream, added, World::concatenate);
    }

    private static byte[] concatenate(byte[] first, byte[] second) {
      byte[] all = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, all, first.length, second.length);
      return all;
    }

    void take(Step step) {
      try {
        switch (step.happening()) {
          case WRITE -> write(step.stream(), step.amount() / 10 + 1);
          case WRITE_MUCH -> write(step.stream(), 3 * step.amount());
          case COPY -> log.copy(step.amount());
          case FREE -> log.free(true);
          case READ_ON -> follower.readOn(step.amount() / 100);
          case CRASH_SOON -> disk.crashAfter(step.amount() % 20);
          case DISK_FULL -> disk.full(true);
          case DISK_FREE -> disk.full(false);
        }
      } catch (MemoryDisk.Crash e) {
        restart();
      } catch (IOException | TaskException e) {
        // The disk is full: it is tried again later.
      }
    }

    void restart() {
      disk.crashAfter(Integer.MAX_VALUE);
      log = newLog();
      follower = new Follower(log);
    }
  }

  /** Reads on and on, and compares. */
  private static final class Follower {

    private final LogReader reader;
    private final Map<StandardStream, ByteArrayOutputStream> data =
        new EnumMap<>(
            Map.of(
                StandardStream.STDOUT, new ByteArrayOutputStream(),
                StandardStream.STDERR, new ByteArrayOutputStream()));
    private long dropped;
    private long start;

    Follower(TaskLog log) {
      reader = new LogReader(log, OutputSelection.ALL);
    }

    void readOn(int pieces) {
      for (int i = 0; i < pieces; i++) {
        if (!readOne()) {
          return;
        }
      }
    }

    private boolean readOne() {
      Optional<OutputPiece> next = reader.next();
      next.ifPresent(
          piece -> {
            byte[] bytes = new byte[(int) piece.dropped() + piece.data().remaining()];
            // What is missing is zeros, so that positions go on.
            piece.data().get(bytes, (int) piece.dropped(), piece.data().remaining());
            read(piece.stream(), bytes);
            dropped += piece.dropped();
          });
      return next.isPresent();
    }

    private void read(StandardStream stream, byte[] bytes) {
      data.computeIfAbsent(stream, none -> new ByteArrayOutputStream()).writeBytes(bytes);
    }

    byte[] read(StandardStream stream) {
      return data.getOrDefault(stream, new ByteArrayOutputStream()).toByteArray();
    }

    /**
     * All that was read, and zeros for what was said to be dropped, is the end of what is there.
     */
    void compare(World world) {
      long zeros = 0;
      start = 0;
      for (StandardStream stream : StandardStream.values()) {
        byte[] expected = world.written(stream);
        byte[] read = read(stream);
        assertTrue(read.length <= expected.length, stream + ": more was read than written");
        byte[] end = Arrays.copyOfRange(expected, expected.length - read.length, expected.length);
        for (int i = 0; i < read.length; i++) {
          if (read[i] == 0) {
            end[i] = 0;
          }
        }
        assertArrayEquals(end, read, stream.toString());
        zeros += count(read);
        start += (long) expected.length - read.length;
      }
      assertEquals(dropped, zeros, "zeros only for what was said to be dropped");
    }

    private static long count(byte[] bytes) {
      long zeros = 0;
      for (byte value : bytes) {
        zeros += value == 0 ? 1 : 0;
      }
      return zeros;
    }

    long kept() {
      return read(StandardStream.STDOUT).length + read(StandardStream.STDERR).length - dropped;
    }

    long missing() {
      return start + dropped;
    }
  }

  private static Follower readAll(World world) {
    Follower reader = new Follower(world.log);
    reader.reader.endHere();
    while (reader.readOne()) {
      // Goes on to the end.
    }
    reader.compare(world);
    return reader;
  }

  @Property
  void whatIsReadIsWhatWasWrittenButForTheOldest(@ForAll("histories") List<Step> history) {
    World world = new World();
    history.forEach(world::take);
    world.disk.full(false);
    world.disk.crashAfter(Integer.MAX_VALUE);

    world.follower.readOn(Integer.MAX_VALUE);
    world.follower.compare(world);

    Follower again = readAll(world);
    // Whole segments go, and of a backlog at most all but a half of the bound.
    assertTrue(
        again.missing() == 0 || again.kept() >= BOUNDS.perTask() / 2 - 2 * BOUNDS.segment(),
        () -> again.missing() + " bytes are missing while only " + again.kept() + " are kept");
    world.restart();
    readAll(world);
  }

  @Property
  void theSizeIsBounded(@ForAll("histories") List<Step> history) throws IOException {
    World world = new World();
    for (Step step : history) {
      world.take(step);
      assertTrue(
          world.log.segments().values().stream().mapToLong(Long::longValue).sum()
              <= BOUNDS.perTask());
    }
    world.disk.full(false);
    world.disk.crashAfter(Integer.MAX_VALUE);
    while (world.log.copy(1 << 20).more()) {
      // Goes on to the end.
    }
    world.log.free(true);
    assertTrue(world.log.usage() <= BOUNDS.perTask() + 2 * 4096, () -> "" + world.log.usage());
  }

  @Property
  void aLossOfPowerLosesNothingThatIsOnDisk(
      @ForAll("histories") List<Step> before, @ForAll("histories") List<Step> after) {
    World world = new World();
    before.stream().filter(step -> step.happening() != Happening.DISK_FULL).forEach(world::take);
    Random chance = new Random(before.size());
    world.disk.losePower(chance);
    world.restart();

    // Whatever of the files survived is there; and of the segments maybe more.
    Follower found = new Follower(world.log);
    found.reader.endHere();
    while (found.readOne()) {
      // Goes on to the end.
    }
    for (StandardStream stream : StandardStream.values()) {
      byte[] read = found.read(stream);
      byte[] all = world.written(stream);
      int end = endOf(read, all, world.disk.size(world.file(stream)));
      world.written.put(stream, Arrays.copyOf(all, end));
    }
    found.compare(world);

    after.forEach(world::take);
    world.disk.full(false);
    world.disk.crashAfter(Integer.MAX_VALUE);
    readAll(world);
  }

  /** Where in all that was written that ends which is still there. */
  private static int endOf(byte[] read, byte[] all, int least) {
    for (int end = all.length; end >= Math.max(least, read.length); end--) {
      boolean equal = true;
      for (int i = 1; i <= read.length && equal; i++) {
        equal = read[read.length - i] == all[end - i] || read[read.length - i] == 0;
      }
      if (equal && (read.length > 0 || end == least)) {
        return end;
      }
    }
    throw new AssertionError("what was found is no part of what was written, or lacks its end");
  }
}
