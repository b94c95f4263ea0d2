package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.spi.Executor;

/**
 * The plugins that are loaded, by the digests of their files. Each is loaded on a thread of its own
 * that ends with it, so that one that hangs keeps no other waiting. One that is not wanted any more
 * is closed when nobody has been able to ask it for a while: an executor is asked several times for
 * one task, and is to be the same each time.
 */
final class OpenPlugins {

  private final JarCache cache;
  private final PluginJars jars;
  private final Optional<SandboxedExecutors> sandboxes;
  private final Duration deadline;
  private final Duration linger;
  private final Runnable changed;
  private final SortedMap<String, Outcome> outcomes = new TreeMap<>();
  private final List<Retired> retired = new ArrayList<>();

  /** What became of a file. */
  sealed interface Outcome {}

  /** It is being loaded. */
  static final class Opening implements Outcome {}

  /** It is loaded. */
  record Opened(Plugin plugin) implements Outcome {}

  /** It runs in sandboxes. */
  record Sandboxed(Executor executor, String version) implements Outcome {}

  /** It cannot be used. */
  record Refused(PluginRejection why, boolean passing) implements Outcome {}

  private record Retired(String digest, Plugin plugin, long since) {}

  /**
   * None yet.
   *
   * @param sandboxes for JARs of {@link Origin#PLUGINS_DIRECTORY}
   * @param deadline for each call of a plugin, and for making its executors
   * @param linger how long a plugin that is not wanted any more can still be called
   * @param changed run after the outcome of a file has changed, by any thread
   */
  OpenPlugins(
      JarCache cache,
      PluginJars jars,
      Optional<SandboxedExecutors> sandboxes,
      Duration deadline,
      Duration linger,
      Runnable changed) {
    this.cache = cache;
    this.jars = jars;
    this.sandboxes = sandboxes;
    this.deadline = deadline;
    this.linger = linger;
    this.changed = changed;
  }

  /**
   * Begins to load what is wanted and not loaded yet.
   *
   * @param wanted a file for each digest
   * @param again digests whose files have changed, and are tried again if they were refused
   */
  synchronized void want(SortedMap<String, PluginFile> wanted, SortedSet<String> again) {
    outcomes
        .entrySet()
        .removeIf(
            known ->
                known.getValue() instanceof Refused refused
                    && (refused.passing() || again.contains(known.getKey())));
    wanted.forEach(
        (digest, file) -> {
          if (!outcomes.containsKey(digest)) {
            Opening opening = new Opening();
            outcomes.put(digest, opening);
            Thread thread = new Thread(() -> open(digest, file, opening), "open " + file.name());
            thread.setDaemon(true);
            thread.start();
          }
        });
  }

  /** Gives up what is not wanted. */
  synchronized void retain(SortedSet<String> wanted) {
    // Not by entries: those of a tree have others in them after a removal.
    for (String digest : List.copyOf(outcomes.keySet())) {
      if (!wanted.contains(digest) && outcomes.remove(digest) instanceof Opened opened) {
        retire(digest, opened.plugin());
      }
    }
  }

  private void open(String digest, PluginFile file, Opening opening) {
    Outcome outcome;
    try {
      Path copy = cache.keep(file.path(), digest);
      Path classes = PluginZip.isZip(file.path()) ? cache.unpack(copy) : copy;
      PluginJars.Loaded loaded = jars.load(classes);
      outcome =
          file.origin() == Origin.PLUGINS_DIRECTORY
              ? sandboxed(copy, digest, loaded)
              : new Opened(
                  Plugin.open(
                      file.name(),
                      loaded.version(),
                      loaded.loader(),
                      deadline,
                      plugin -> disable(digest, plugin)));
    } catch (TaskException failure) {
      outcome =
          new Refused(
              new PluginRejection(
                  failure.first().code(), String.valueOf(failure.first().message())),
              failure.first().code().equals("SANDBOX_FAILED"));
    } catch (PluginRejection rejection) {
      outcome = new Refused(rejection, false);
    } catch (IOException e) {
      outcome =
          new Refused(new PluginRejection("UNREADABLE", "it cannot be read or copied: " + e), true);
    } catch (RuntimeException | OutOfMemoryError e) {
      outcome =
          new Refused(new PluginRejection("EXECUTOR_FAILS", "it cannot be loaded: " + e), false);
    }
    synchronized (this) {
      if (outcomes.get(digest) == opening) {
        outcomes.put(digest, outcome);
      } else if (outcome instanceof Opened opened) {
        opened.plugin().close();
      }
      notifyAll();
    }
    changed.run();
  }

  /** No class of it is loaded here; its manifest was looked at. */
  private Outcome sandboxed(Path jar, String digest, PluginJars.Loaded loaded) throws IOException {
    loaded.loader().close();
    return new Sandboxed(sandboxes.orElseThrow().ofJar(jar, digest), loaded.version());
  }

  private void disable(String digest, Plugin plugin) {
    synchronized (this) {
      if (!(outcomes.get(digest) instanceof Opened opened && opened.plugin() == plugin)) {
        return;
      }
      outcomes.put(
          digest,
          new Refused(
              new PluginRejection("EXECUTOR_STUCK", "its executor " + Plugin.whyStuck()), false));
      retire(digest, plugin);
    }
    changed.run();
  }

  private void retire(String digest, Plugin plugin) {
    retired.add(new Retired(digest, plugin, System.nanoTime()));
  }

  /** Waits until all is loaded or refused, but not longer than this; returns whether it is. */
  synchronized boolean await(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    try {
      for (long left = patience.toMillis(); left > 0 && isOpening(); ) {
        wait(left);
        left = Duration.ofNanos(end - System.nanoTime()).toMillis();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !isOpening();
  }

  private boolean isOpening() {
    return outcomes.values().stream().anyMatch(outcome -> outcome instanceof Opening);
  }

  /** What became of a digest that is wanted. */
  synchronized Outcome of(String digest) {
    return outcomes.getOrDefault(digest, new Opening());
  }

  /** Closes what has not been wanted for long enough; returns whether there is nothing to come. */
  boolean settle() {
    List<Retired> due;
    synchronized (this) {
      due =
          retired.stream()
              .filter(old -> System.nanoTime() - old.since() >= linger.toNanos())
              .toList();
    }
    List<Retired> closed = due.stream().filter(old -> old.plugin().closeIfUnused()).toList();
    synchronized (this) {
      retired.removeAll(closed);
      return retired.isEmpty()
          && outcomes.values().stream()
              .noneMatch(outcome -> outcome instanceof Refused refused && refused.passing());
    }
  }

  /** The digests whose copies may be read. */
  synchronized SortedSet<String> held() {
    SortedSet<String> held = new TreeSet<>();
    outcomes.forEach(
        (digest, outcome) -> {
          if (!(outcome instanceof Refused)) {
            held.add(digest);
          }
        });
    retired.forEach(old -> held.add(old.digest()));
    return held;
  }

  /** Closes all; none may be called any more. */
  synchronized void close() {
    outcomes.values().stream()
        .filter(outcome -> outcome instanceof Opened)
        .forEach(outcome -> ((Opened) outcome).plugin().close());
    retired.forEach(old -> old.plugin().close());
    outcomes.clear();
    retired.clear();
  }
}
