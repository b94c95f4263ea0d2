package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tells a daemon at which of its effects to stop; see {@code Failpoints} in its code. */
final class FailpointFile {

  /** The variable of the daemon's environment that names the file. */
  static final String VARIABLE = "TASKMANAGER_FAILPOINTS";

  private final Path file;
  private final Path hits;

  FailpointFile(Path file) {
    this.file = file;
    hits = file.resolveSibling(file.getFileName() + ".hits");
  }

  /**
   * A place in what a daemon does.
   *
   * @param point such as {@code TaskStore.save:after}
   * @param number the how manieth time that it gets there, from 1
   */
  record Failpoint(String point, int number) {
    @Override
    public String toString() {
      return point + " " + number;
    }

    /** Whether the daemon waits for a helper program there. */
    boolean isDuringHelper() {
      return point.endsWith(":during");
    }

    /** The effect, such as {@code TaskStore.save}. */
    String effect() {
      return point.substring(0, point.indexOf(':'));
    }
  }

  /** From now on the points that are passed are written down. */
  void trace() {
    order("trace");
  }

  /** The daemon is to stop at a point, counted from now. */
  void stopAt(Failpoint failpoint) {
    order(failpoint.toString());
  }

  private void order(String text) {
    try {
      Files.deleteIfExists(hits);
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(fresh, text);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Points mean nothing from now on. */
  void off() {
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(hits);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the daemon has stopped at the point that it was told. */
  boolean isStopped() {
    return Files.exists(hits) && Programs.read(hits).contains("stopped\n");
  }

  /** The points that were passed, in order. */
  List<Failpoint> passed() {
    Map<String, Integer> counts = new HashMap<>();
    List<Failpoint> passed = new ArrayList<>();
    if (Files.exists(hits)) {
      Programs.read(hits)
          .lines()
          .forEach(point -> passed.add(new Failpoint(point, counts.merge(point, 1, Integer::sum))));
    }
    return passed;
  }
}
