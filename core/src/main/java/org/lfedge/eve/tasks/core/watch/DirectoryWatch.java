package org.lfedge.eve.tasks.core.watch;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at a directory once a second, on one thread, and tells when its files have changed and
 * stand still again. It looks instead of asking for notices: those are not given for the lower
 * layers of an overlay, for what other nodes or a host behind a share write, for the targets of
 * links, or for a directory that is made or mounted later, and they take a second thread.
 */
public final class DirectoryWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(DirectoryWatch.class);

  private static final Duration LOOK = Duration.ofSeconds(1);

  /** For how long a file that changed must stand still, or files that change one by one. */
  private static final Duration STILL = Duration.ofMillis(300);

  private static final Duration RETRY = Duration.ofSeconds(30);

  private static final String MISSING = "missing";

  private final Path directory;
  private final Listener listener;
  private final Settling settling;
  private boolean closed;
  private @Nullable String trouble;
  private boolean failed;
  private long failedAt;

  /**
   * What is in a directory.
   *
   * @param files by their paths, with stamps, but for new ones that are still being written; while
   *     a file is changing, it has the stamp that it had before
   * @param moving whether one of the files is changing, or is new and still being written
   */
  public record Seen(SortedMap<Path, String> files, boolean moving) {}

  /** Who is told. */
  @FunctionalInterface
  public interface Listener {

    /**
     * Takes what has changed. Called on the thread of the watch, which looks again afterwards.
     *
     * @return whether all went well; if not, it is called again after half a minute, even if
     *     nothing has changed
     */
    boolean changed(Seen seen);
  }

  private DirectoryWatch(Path directory, Settling settling, Listener listener) {
    this.directory = directory;
    this.settling = settling;
    this.listener = listener;
  }

  /**
   * Begins to watch; what is there is told at once.
   *
   * @param thread the name of its thread
   * @param directory need not exist
   */
  public static DirectoryWatch start(String thread, Path directory, Listener listener) {
    SortedMap<Path, String> there = new TreeMap<>();
    try {
      there = stamps(directory);
    } catch (IOException e) {
      // The first look says so.
    }
    return start(thread, directory, new Settling(there, null), listener);
  }

  /**
   * Begins to watch after a look that the listener has taken itself.
   *
   * @param thread the name of its thread
   * @param known what {@link #stamps} gave
   */
  public static DirectoryWatch startFrom(
      String thread, Path directory, SortedMap<Path, String> known, Listener listener) {
    return start(thread, directory, new Settling(known, new Seen(known, false)), listener);
  }

  private static DirectoryWatch start(
      String name, Path directory, Settling settling, Listener listener) {
    DirectoryWatch watch = new DirectoryWatch(directory, settling, listener);
    Thread thread = new Thread(watch::run, name);
    thread.setDaemon(true);
    thread.start();
    return watch;
  }

  /**
   * The files in a directory, but for those whose names begin with a dot, each with a text that
   * changes whenever its content may have changed. Links are followed.
   *
   * @return nothing if there is no such directory
   * @throws IOException if it cannot be read
   */
  public static SortedMap<Path, String> stamps(Path directory) throws IOException {
    SortedMap<Path, String> stamps = new TreeMap<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(directory, file -> !name(file).startsWith("."))) {
      for (Path file : files) {
        stamps.put(file, stamp(file));
      }
    } catch (NoSuchFileException e) {
      return new TreeMap<>();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return stamps;
  }

  /** The stamp of one file as it is now; that of a file that cannot be looked at says so. */
  public static String stamp(Path file) {
    try {
      // ctime tells of content too that was written with the size and the times of the one before.
      Map<String, Object> of =
          Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime");
      return of.get("dev")
          + " "
          + of.get("ino")
          + " "
          + of.get("size")
          + " "
          + of.get("lastModifiedTime")
          + " "
          + of.get("ctime");
    } catch (NoSuchFileException e) {
      return MISSING;
    } catch (IOException e) {
      return "unreadable: " + e.getMessage();
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private void run() {
    boolean moving = look();
    while (pause(moving ? STILL : LOOK)) {
      moving = look();
    }
  }

  /** Returns whether a file is changing, so that it is worth to look again soon. */
  private boolean look() {
    try {
      Seen seen = settling.look(stamps(directory));
      trouble = null;
      if (seen == null && failed && System.nanoTime() - failedAt >= RETRY.toNanos()) {
        seen = settling.told();
      }
      if (seen != null) {
        failed = true;
        failed = !listener.changed(seen);
        failedAt = System.nanoTime();
      }
    } catch (IOException e) {
      if (!e.toString().equals(trouble)) {
        trouble = e.toString();
        log.error(
            "the directory {} cannot be read, and is looked at again: {}", directory, trouble);
      }
    } catch (RuntimeException e) {
      failedAt = System.nanoTime();
      log.error("what changed in {} cannot be taken: {}", directory, e.toString());
    }
    Seen told = settling.told();
    return told != null && told.moving();
  }

  /** Returns false if it is not to be watched any more. */
  private synchronized boolean pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    try {
      for (long left = time.toMillis(); left > 0 && !closed; ) {
        wait(left);
        left = Duration.ofNanos(end - System.nanoTime()).toMillis();
      }
    } catch (InterruptedException e) {
      return false;
    }
    return !closed;
  }

  /** Watches no more. What the listener is doing just then goes on. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
  }
}
