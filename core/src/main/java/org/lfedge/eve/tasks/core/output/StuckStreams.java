package org.lfedge.eve.tasks.core.output;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.StandardStream;
import org.lfedge.eve.tasks.core.port.StuckOutput;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds streams that a shim has stopped to copy: bytes wait in the pipe between the anchor and its
 * shim while the file does not grow. Only a pipe that the anchor's parent, the shim, holds as well
 * counts; a program may have put one of its own in the place of its output.
 */
final class StuckStreams {

  private static final Logger log = LoggerFactory.getLogger(StuckStreams.class);

  /** A shim that lives empties a pipe within milliseconds, on a starved node within seconds. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Path proc;
  private final InstantSource clock;
  private final Map<String, Waiting> waiting = new ConcurrentSkipListMap<>();

  /** A stream with bytes in its pipe. */
  private record Waiting(StuckOutput stream, String pipe, long fileSize, boolean stuck) {}

  StuckStreams(Path proc, InstantSource clock) {
    this.proc = proc;
    this.clock = clock;
  }

  /** Looks at the streams of a running task; to be called again and again. */
  void check(String task, int pid, OutputFiles files) {
    check(task, pid, StandardStream.STDOUT, 1, files.stdout());
    check(task, pid, StandardStream.STDERR, 2, files.stderr());
  }

  private void check(String task, int pid, StandardStream stream, int descriptor, Path file) {
    String key = task + "/" + stream;
    Optional<String> pipe = waitingPipe(pid, descriptor);
    if (pipe.isEmpty()) {
      waiting.remove(key);
      return;
    }
    Instant now = clock.instant();
    long size = size(file);
    Waiting before = waiting.get(key);
    if (before == null || !before.pipe().equals(pipe.get()) || before.fileSize() != size) {
      waiting.put(key, new Waiting(new StuckOutput(task, stream, now), pipe.get(), size, false));
    } else if (!before.stuck()
        && before.stream().since().plus(PATIENCE).isBefore(now)
        && isHeldByParent(pid, pipe.get())) {
      waiting.put(key, new Waiting(before.stream(), pipe.get(), size, true));
      log.error(
          "task {}: its {} is stuck since {}: its shim does not copy it any more, as happens after"
              + " the disk was full, and the task will wait when its pipe is full; make room, then"
              + " stop and start the task",
          task,
          stream,
          before.stream().since());
    }
  }

  /** The task has no process any more. */
  void forget(String task) {
    for (StandardStream stream : StandardStream.values()) {
      waiting.remove(task + "/" + stream);
    }
  }

  List<StuckOutput> stuck() {
    return waiting.values().stream().filter(Waiting::stuck).map(Waiting::stream).toList();
  }

  private Optional<String> waitingPipe(int pid, int descriptor) {
    Path link = proc.resolve(Path.of(Integer.toString(pid), "fd", Integer.toString(descriptor)));
    Optional<String> pipe = target(link).filter(target -> target.startsWith("pipe:"));
    if (pipe.isEmpty()) {
      return pipe;
    }
    // Opening a pipe by this link gives its reading end; nothing is read from it.
    try (FileInputStream in = new FileInputStream(link.toFile())) {
      return in.available() > 0 ? pipe : Optional.empty();
    } catch (IOException e) {
      // The process has ended, which is all that this can mean.
      return Optional.empty();
    }
  }

  private boolean isHeldByParent(int pid, String pipe) {
    try {
      String stat = Files.readString(proc.resolve(Path.of(Integer.toString(pid), "stat")));
      String parent = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[1];
      try (Stream<Path> links = Files.list(proc.resolve(Path.of(parent, "fd")))) {
        return links.anyMatch(link -> target(link).equals(Optional.of(pipe)));
      }
    } catch (IOException e) {
      return false;
    }
  }

  /** Where a link of {@code /proc} leads; empty if it is gone. */
  private static Optional<String> target(Path link) {
    try {
      return Optional.of(Files.readSymbolicLink(link).toString());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }
}
