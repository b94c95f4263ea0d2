package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputPlace;
import org.lfedge.eve.tasks.core.port.OutputReader;
import org.lfedge.eve.tasks.core.port.OutputSelection;
import org.lfedge.eve.tasks.core.port.StuckOutput;
import org.lfedge.eve.tasks.core.port.TaskOutput;

/**
 * The output of all tasks, each in a directory of its own below one that is all ours. Once {@link
 * #start started}, a thread copies what tasks write and keeps all within its bounds.
 */
public final class OutputLogs implements TaskOutput, AutoCloseable {

  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /** No task has a name with a dot in front. */
  private static final String RESERVE = ".reserve";

  private static final long START_PAUSE_NANOS = 2_000_000;

  private final Path directory;
  private final OutputBounds bounds;
  private final OutputDisk disk;
  private final HelperCommand helper;
  private final InstantSource clock;
  private final StuckStreams stuck;
  private final ConcurrentSkipListMap<String, Intake> intakes = new ConcurrentSkipListMap<>();
  private volatile @Nullable OutputCopier copier;

  /**
   * Prepares the logs in a directory, which is made when needed.
   *
   * @param helper runs {@code fallocate}
   */
  public OutputLogs(
      Path directory, OutputBounds bounds, HelperCommand helper, InstantSource clock) {
    this.directory = directory;
    this.bounds = bounds;
    this.helper = helper;
    this.clock = clock;
    disk = new FileDisk(helper);
    stuck = new StuckStreams(Path.of("/proc"), clock);
  }

  /**
   * Begins to copy, also what was written while no daemon ran.
   *
   * @param anchors the PID of the anchor of a task, if it has one
   * @throws TaskException if the directory cannot be used
   */
  public void start(Function<String, OptionalInt> anchors) {
    try {
      Files.createDirectories(directory, PRIVATE_DIRECTORY);
      long wait = 0;
      for (String task : tasks()) {
        // One after the other: reading the ends of a thousand logs would slow down the start.
        intakes.computeIfAbsent(task, this::newIntake).nextTurnAfter(wait);
        wait += START_PAUSE_NANOS;
      }
      OutputReserve reserve =
          new OutputReserve(directory.resolve(RESERVE), bounds.reserve(), helper);
      // Makes it before the first task writes; the thread looks again.
      boolean unused = reserve.isShort();
      copier = new OutputCopier(bounds, intakes, reserve, stuck, anchors);
    } catch (IOException e) {
      throw failure("", e);
    }
  }

  private Intake newIntake(String task) {
    return new Intake(new TaskLog(task, directory.resolve(task), disk, bounds, clock));
  }

  @Override
  public OutputFiles files(String task) {
    Path home = directory.resolve(task);
    return new OutputFiles(home.resolve("stdout"), home.resolve("stderr"));
  }

  @Override
  public OutputFiles create(String task) {
    OutputFiles files = files(task);
    try {
      Files.createDirectories(directory.resolve(task), PRIVATE_DIRECTORY);
      for (Path file : List.of(files.stdout(), files.stderr())) {
        if (!Files.exists(file)) {
          disk.create(file);
        }
      }
    } catch (IOException e) {
      throw failure(task, e);
    }
    intakes.computeIfAbsent(
        task,
        name -> {
          Intake intake = newIntake(name);
          OutputCopier started = copier;
          if (started != null && started.watch(intake)) {
            // From before the first write on, so that the thread need not be told.
            intake.restUntilWritten();
          }
          return intake;
        });
    return files;
  }

  @Override
  public void remove(String task) {
    Intake intake = intakes.remove(task);
    if (intake != null) {
      intake.log().remove();
    }
    if (copier != null) {
      copier.forget(task);
    }
    Path home = directory.resolve(task);
    if (!Files.exists(home, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(home)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw failure(task, e);
    }
  }

  @Override
  public List<String> tasks() {
    try {
      return disk.names(directory).stream().filter(name -> !name.startsWith(".")).sorted().toList();
    } catch (IOException e) {
      throw failure("", e);
    }
  }

  @Override
  public OutputReader read(String task, OutputSelection selection) {
    return reader(task, OutputPlace.BEGINNING, log -> new LogReader(log, selection));
  }

  @Override
  public OutputReader readOn(String task, OutputPlace place) {
    return reader(task, place, log -> new LogReader(log, place));
  }

  private OutputReader reader(
      String task, OutputPlace begin, Function<TaskLog, LogReader> newReader) {
    return new OutputReader() {

      private @Nullable OutputReader reader;
      private boolean ended;

      @Override
      public Optional<OutputPiece> next() {
        Intake intake = intakes.get(task);
        if (reader == null && intake != null) {
          reader = newReader.apply(intake.log());
          if (ended) {
            reader.endHere();
          }
        }
        return reader == null ? Optional.empty() : reader.next();
      }

      @Override
      public OutputPlace place() {
        return reader == null ? begin : reader.place();
      }

      @Override
      public void endHere() {
        ended = true;
        if (reader != null) {
          reader.endHere();
        }
      }
    };
  }

  @Override
  public List<StuckOutput> stuck() {
    return stuck.stuck();
  }

  /** Ends copying; what tasks write from now on is copied after the next start. */
  @Override
  public void close() {
    if (copier != null) {
      copier.close();
    }
  }

  private static TaskException failure(String task, IOException cause) {
    return TaskException.failed(
        Problem.host("TASK_FILES", "cannot keep the output of task " + task + ": " + cause), cause);
  }
}
