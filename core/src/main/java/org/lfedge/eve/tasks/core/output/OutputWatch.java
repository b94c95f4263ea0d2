package org.lfedge.eve.tasks.core.output;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells in which directories a file was written, by inotify. A directory is told of once, then it
 * must be watched anew: so a task that writes all the time costs nothing here.
 */
final class OutputWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(OutputWatch.class);

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final @Nullable WatchService service;
  private final Map<WatchKey, String> names = new ConcurrentHashMap<>();
  private final Map<String, WatchKey> keys = new ConcurrentHashMap<>();
  private volatile boolean refused;

  OutputWatch() {
    WatchService made = null;
    try {
      made = FileSystems.getDefault().newWatchService();
    } catch (IOException e) {
      refused = true;
      log.warn("inotify cannot be used, output is looked for every second: {}", e.toString());
    }
    service = made;
  }

  /**
   * Begins to watch.
   *
   * @return whether it is watched now
   */
  synchronized boolean watch(String name, Path directory) {
    if (service == null) {
      return false;
    }
    try {
      WatchKey key = directory.register(service, StandardWatchEventKinds.ENTRY_MODIFY);
      keys.put(name, key);
      names.put(key, name);
      return true;
    } catch (ClosedWatchServiceException | NoSuchFileException e) {
      // The daemon ends, or the task has just been removed.
      return false;
    } catch (IOException e) {
      if (!refused) {
        refused = true;
        log.warn(
            "not all output can be watched and is looked for every second instead; see"
                + " fs.inotify.max_user_watches: {}",
            e.toString());
      }
      return false;
    }
  }

  /** Ends watching, if it is watched. */
  synchronized void unwatch(String name) {
    WatchKey key = keys.remove(name);
    if (key != null) {
      names.remove(key);
      key.cancel();
    }
  }

  /**
   * The next directory in which something was written; it is not watched any more then.
   *
   * @param nanos how long to wait for it; at most a second where not all can be watched
   * @throws ClosedWatchServiceException after it was closed
   */
  Optional<String> next(long nanos) throws InterruptedException {
    long wait = Math.max(0, refused ? Math.min(nanos, SECOND) : nanos);
    if (service == null) {
      TimeUnit.NANOSECONDS.sleep(wait);
      return Optional.empty();
    }
    WatchKey key = service.poll(wait, TimeUnit.NANOSECONDS);
    if (key == null) {
      return Optional.empty();
    }
    String name = names.get(key);
    if (name != null) {
      unwatch(name);
    }
    return Optional.ofNullable(name);
  }

  @Override
  public void close() {
    try {
      if (service != null) {
        service.close();
      }
    } catch (IOException e) {
      log.warn("watching output cannot be ended: {}", e.toString());
    }
  }
}
