package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that copies the output of all tasks, in turns of bounded size, one task after the
 * other, and no more of all together than a node can bear beside its work. While no task writes, it
 * sleeps.
 */
final class OutputCopier implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(OutputCopier.class);

  /** Of one task in one turn. */
  private static final long TURN_BYTES = 1 << 20;

  /** A task that writes this much in a turn is looked after without being watched. */
  private static final long MUCH_BYTES = 64 << 10;

  /** Of all tasks; twice of it is written to disk. An eMMC does about 100 MiB/s. */
  private static final long BYTES_PER_SECOND = 32 << 20;

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Between looks at the file system and at pipes; more often when there is little room. */
  private static final long CARE = 5 * SECOND;

  private static final long CARE_WHEN_TIGHT = SECOND / 4;

  /** Tasks whose pipes are looked at in one go: some 20 microseconds each. */
  private static final int PIPES_AT_ONCE = 100;

  /** Segments to give up in one go. */
  private static final int SHED_AT_ONCE = 64;

  private final OutputBounds bounds;
  private final ConcurrentNavigableMap<String, Intake> intakes;
  private final OutputWatch watch = new OutputWatch();
  private final OutputReserve reserve;
  private final StuckStreams stuck;
  private final Function<String, OptionalInt> anchors;
  private final Thread thread;

  private volatile boolean closed;
  private boolean holes = true;
  private long freeAgain = System.nanoTime();
  private String lastLookedAt = "";

  OutputCopier(
      OutputBounds bounds,
      ConcurrentNavigableMap<String, Intake> intakes,
      OutputReserve reserve,
      StuckStreams stuck,
      Function<String, OptionalInt> anchors) {
    this.bounds = bounds;
    this.intakes = intakes;
    this.reserve = reserve;
    this.stuck = stuck;
    this.anchors = anchors;
    thread = new Thread(this::run, "output");
    thread.setDaemon(true);
    thread.start();
  }

  /** Ends the thread after its present turn, and the watch; takes at most some seconds. */
  @Override
  public void close() {
    closed = true;
    // Wakes the thread. An interrupt would close the files that it writes, half way.
    watch.close();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    long turnsFrom = System.nanoTime();
    long careFrom = turnsFrom;
    try {
      while (!closed) {
        long now = System.nanoTime();
        long left = Math.max(untilNextTurn(now), turnsFrom - now);
        long wait = Math.min(left, careFrom - now);
        for (Optional<String> written = watch.next(wait);
            written.isPresent();
            written = watch.next(0)) {
          Intake intake = intakes.get(written.get());
          if (intake != null) {
            intake.turnAfter(Intake.PAUSE_NANOS);
          }
        }
        now = System.nanoTime();
        if (now - turnsFrom >= 0) {
          turnsFrom = now + turns(now) * SECOND / BYTES_PER_SECOND;
        }
        if (now - careFrom >= 0) {
          careFrom = System.nanoTime() + care();
        }
      }
    } catch (InterruptedException | ClosedWatchServiceException e) {
      log.debug("copying output ends");
    }
  }

  private long untilNextTurn(long now) {
    long least = Long.MAX_VALUE;
    for (Intake intake : intakes.values()) {
      least = Math.min(least, intake.nanosLeft(now));
    }
    return least;
  }

  /** A turn for each task that is due; returns how many bytes were copied. */
  private long turns(long now) {
    long copied = 0;
    for (Intake intake : intakes.values()) {
      if (intake.nanosLeft(now) <= 0 && !closed) {
        copied += Math.min(turn(intake), TURN_BYTES);
      }
    }
    return copied;
  }

  private long turn(Intake intake) {
    TaskLog output = intake.log();
    try {
      // Watched before it is looked at, so that nothing slips in between.
      boolean watched = !intake.busy() && intakes.get(output.task()) == intake && watch(intake);
      TaskLog.Copied copied = output.copy(TURN_BYTES);
      boolean busy = copied.bytes() >= MUCH_BYTES;
      intake.busy(busy);
      if (busy && watched) {
        watch.unwatch(output.task());
      }
      if (busy) {
        intake.nextTurnAfter(copied.more() ? 0 : Intake.PAUSE_NANOS);
      } else if (watched) {
        intake.restUntilWritten();
      } else {
        intake.nextTurnAfter(SECOND);
      }
      free(output, false);
      intake.failing(false);
      return copied.bytes();
    } catch (IOException e) {
      intake.nextTurnAfter(SECOND);
      makeRoom(intake, e);
    } catch (RuntimeException e) {
      intake.nextTurnAfter(60 * SECOND);
      log.error("task {}: its output cannot be copied", output.task(), e);
    }
    return 0;
  }

  /**
   * Has a task have its turn when it writes.
   *
   * @return whether that can be done
   */
  boolean watch(Intake intake) {
    return watch.watch(intake.log().task(), intake.log().directory());
  }

  /** A task has no output any more. */
  void forget(String task) {
    watch.unwatch(task);
    stuck.forget(task);
  }

  /** Copying failed, most likely as the disk is full: so there must be room for the next try. */
  private void makeRoom(Intake intake, IOException cause) {
    TaskLog output = intake.log();
    boolean made = false;
    try {
      made = reserve.giveUp() || output.shed();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    if (intake.failing(true)) {
      log.error(
          "task {}: its output cannot be copied, which is tried again every second{}: {}",
          output.task(),
          made ? "; something older was given up for it" : "",
          cause.toString());
    }
  }

  private void free(TaskLog output, boolean all) throws IOException {
    if (!holes) {
      output.emptyFiles();
    } else if (System.nanoTime() - freeAgain >= 0) {
      try {
        output.free(all);
      } catch (TaskException e) {
        holes = !e.first().message().contains("not supported");
        freeAgain = System.nanoTime() + 60 * SECOND;
        log.warn(
            "what was copied of the output of tasks cannot be freed; {}: {}",
            holes
                ? "it is tried again in a minute"
                : "files are emptied when they are large and all of them is copied",
            e.first());
      }
    }
  }

  /** Looks after room and pipes; returns when to look again. */
  private long care() {
    try {
      lookAtPipes();
      keepBounds();
      return reserve.isTight() ? CARE_WHEN_TIGHT : CARE;
    } catch (IOException | RuntimeException e) {
      log.error("the output of tasks cannot be kept within its bounds", e);
      return CARE;
    }
  }

  /** Whoever takes most gives first; so a task that writes little keeps what it wrote. */
  private void keepBounds() throws IOException {
    Set<Intake> atTheirLeast = new HashSet<>();
    for (int i = 0; i < SHED_AT_ONCE && (usage() > bounds.total() || reserve.isShort()); i++) {
      Optional<Intake> largest =
          intakes.values().stream()
              .filter(intake -> !atTheirLeast.contains(intake))
              .max((a, b) -> Long.compare(a.log().usage(), b.log().usage()));
      if (largest.isEmpty()) {
        return;
      }
      TaskLog output = largest.get().log();
      long before = output.usage();
      free(output, true);
      if (output.usage() == before && !output.shed()) {
        atTheirLeast.add(largest.get());
      }
    }
  }

  private long usage() {
    return intakes.values().stream().mapToLong(intake -> intake.log().usage()).sum();
  }

  private void lookAtPipes() {
    Map<String, Intake> rest = intakes.tailMap(lastLookedAt, false);
    int looked = 0;
    lastLookedAt = "";
    for (Map.Entry<String, Intake> intake : rest.entrySet()) {
      OptionalInt pid = anchors.apply(intake.getKey());
      if (pid.isPresent()) {
        stuck.check(intake.getKey(), pid.getAsInt(), intake.getValue().log().files());
      } else {
        stuck.forget(intake.getKey());
      }
      if (++looked == PIPES_AT_ONCE) {
        lastLookedAt = intake.getKey();
        return;
      }
    }
  }
}
