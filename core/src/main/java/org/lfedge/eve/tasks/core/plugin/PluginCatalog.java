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
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executors out of JARs and archives: those of the distribution, and those of the plugins
 * directory. Files may come, change and go there at any time; whoever has an executor meanwhile
 * keeps it. A file that changes serves as before until what it has now is loaded or refused.
 *
 * <p>A file that cannot be used is listed with its reason and stops nobody else. Of one that the
 * node's policy does not trust by its digest no class is ever loaded here: a JAR runs in sandboxes.
 */
public final class PluginCatalog implements ExecutorCatalog, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PluginCatalog.class);

  /** How long plugins that are being loaded are waited for before the others are shown. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** The same when the daemon starts: tasks may want them then. */
  private static final Duration PATIENCE_AT_START = Duration.ofSeconds(5);

  private final Path directory;
  private final SortedSet<String> trusted;
  private final Optional<SandboxedExecutors> sandboxes;
  private final Limits limits;
  private final JarCache cache;
  private final PluginJars jars;
  private final OpenPlugins plugins;
  private final List<FoundFile> bundled;
  private final SortedMap<Path, Known> known = new TreeMap<>();
  private List<FoundFile> files = List.of();
  private boolean refreshing;
  private @Nullable DirectoryWatch watch;
  private volatile Content content = Content.NONE;

  /**
   * What plugins may take.
   *
   * @param call how long one call of a plugin may take, the making of its executors too; then the
   *     caller is told, and the thread is left behind
   * @param linger how long a plugin that was removed or replaced can still be called, by who had it
   *     before
   */
  public record Limits(Duration call, Duration linger) {

    /** Thousands of times what a pure function needs; more than the looking up of facts takes. */
    public static final Limits DEFAULT = new Limits(Duration.ofSeconds(10), Duration.ofSeconds(60));
  }

  /** What was read of a file when it had a stamp. */
  private record Known(String stamp, FoundFile found) {}

  /**
   * Loads what is there.
   *
   * @param bundled the JARs of the distribution with their {@code SHA256SUMS}
   * @param directory where operators put JARs and archives; need not exist
   * @param cache for copies of them; made if it does not exist
   * @param trusted digests of the files in {@code directory} that may be loaded here, {@code
   *     sha256:...}
   * @param sandboxes for the JARs among the others; without them those are refused
   * @throws TaskException if the cache cannot be written
   */
  public PluginCatalog(
      Path bundled,
      Path directory,
      Path cache,
      SortedSet<String> trusted,
      Optional<SandboxedExecutors> sandboxes,
      Limits limits) {
    this.directory = directory;
    this.sandboxes = sandboxes;
    this.trusted = SortedCopies.setOf(trusted);
    this.limits = limits;
    try {
      this.cache = new JarCache(cache);
    } catch (IOException e) {
      throw noCache(cache, e);
    }
    this.jars = new PluginJars(cache);
    this.plugins =
        new OpenPlugins(this.cache, jars, sandboxes, limits.call(), limits.linger(), this::publish);
    this.bundled =
        PluginFile.bundled(bundled).stream()
            .map(file -> FoundFile.read(file, this.trusted, false))
            .toList();
    try {
      // Their names are reserved, so they come first, however long it takes.
      open(this.bundled, new TreeSet<>(), limits.call().plus(PATIENCE_AT_START));
      SortedSet<String> again = new TreeSet<>();
      open(withDropped(stampsAtStart(), again), again, PATIENCE_AT_START);
      this.cache.retain(plugins.held());
    } catch (IOException e) {
      close();
      throw noCache(cache, e);
    }
  }

  private static TaskException noCache(Path cache, IOException e) {
    return TaskException.failed(
        Problem.host("PLUGIN_CACHE", "cannot keep copies of plugins in " + cache + ": " + e), e);
  }

  @Override
  public Optional<LoadedExecutor> find(String name) {
    return Optional.ofNullable(content.executors().get(name));
  }

  @Override
  public List<LoadedExecutor> list() {
    return List.copyOf(content.executors().values());
  }

  @Override
  public List<Rejected> rejected() {
    return content.rejected();
  }

  /** Begins to watch the plugins directory, on one thread, until the catalog is closed. */
  public void watch() {
    SortedMap<Path, String> stamps = new TreeMap<>();
    known.forEach((path, file) -> stamps.put(path, file.stamp()));
    watch =
        DirectoryWatch.startFrom(
            "plugins-directory", directory, stamps, seen -> refresh(seen.files()));
  }

  /**
   * Takes up what has changed in the plugins directory.
   *
   * @param stamps of the files in it that stand still
   * @return whether there is nothing that has to be looked after later
   */
  boolean refresh(SortedMap<Path, String> stamps) {
    SortedSet<String> again = new TreeSet<>();
    boolean decided = open(withDropped(stamps, again), again, PATIENCE);
    boolean settled = plugins.settle() && decided;
    try {
      cache.retain(plugins.held());
    } catch (IOException e) {
      LOG.warn("a copy of a plugin that is not used any more cannot be removed: {}", e.toString());
      settled = false;
    }
    return settled && known.values().stream().noneMatch(file -> file.found().passing());
  }

  /** Unloads the plugins and closes their files. Executors must not be called any more. */
  @Override
  public void close() {
    DirectoryWatch running = watch;
    if (running != null) {
      running.close();
    }
    plugins.close();
  }

  private SortedMap<Path, String> stampsAtStart() {
    try {
      return DirectoryWatch.stamps(directory);
    } catch (IOException e) {
      LOG.warn("the plugins directory {} cannot be read: {}", directory, e.toString());
      return new TreeMap<>();
    }
  }

  /**
   * All files, those of the distribution first.
   *
   * @param again gets the digests of files that are new or have changed
   */
  private List<FoundFile> withDropped(SortedMap<Path, String> stamps, SortedSet<String> again) {
    known.keySet().retainAll(stamps.keySet());
    stamps.forEach(
        (path, stamp) -> {
          Known before = known.get(path);
          if (before == null || !before.stamp().equals(stamp) || before.found().passing()) {
            FoundFile found =
                FoundFile.read(PluginFile.dropped(path), trusted, sandboxes.isPresent());
            if (!DirectoryWatch.stamp(path).equals(stamp)) {
              return; // It changed while it was read, and is told again.
            }
            known.put(path, new Known(stamp, found));
            found.digest().ifPresent(digest -> again.add(digest));
          }
        });
    List<FoundFile> all = new ArrayList<>(bundled);
    known.values().forEach(file -> all.add(file.found()));
    return all;
  }

  /** Returns whether all is loaded or refused. */
  private boolean open(List<FoundFile> all, SortedSet<String> again, Duration patience) {
    SortedMap<String, PluginFile> wanted = new TreeMap<>();
    for (FoundFile found : all) {
      found.digest().ifPresent(digest -> wanted.putIfAbsent(digest, found.file()));
    }
    synchronized (this) {
      files = all;
      refreshing = true;
    }
    plugins.want(wanted, again);
    boolean decided = plugins.await(patience);
    SortedSet<String> used = new TreeSet<>(wanted.keySet());
    synchronized (this) {
      refreshing = false;
      publish();
      content.executors().values().forEach(executor -> used.add(executor.digest()));
    }
    plugins.retain(used);
    return decided;
  }

  /** Shows what there is now, unless more is about to come. */
  private synchronized void publish() {
    if (refreshing) {
      return;
    }
    Selection selection = new Selection(jars.getVersionManager()::compareVersions);
    SortedSet<String> seen = new TreeSet<>();
    for (FoundFile found : files) {
      found.rejection().ifPresent(why -> reject(selection, found.file(), why));
      found
          .digest()
          .ifPresent(
              digest -> {
                if (seen.add(digest)) {
                  offer(selection, found.file(), digest);
                } else {
                  selection.reject(
                      found.file(),
                      "DUPLICATE",
                      "another file has the same content, " + digest + "; remove one of them");
                }
              });
    }
    Content next = new Content(selection.executors(), selection.rejected());
    next.logChanges(content, LOG);
    content = next;
  }

  private void offer(Selection selection, PluginFile file, String digest) {
    OpenPlugins.Outcome outcome = plugins.of(digest);
    if (outcome instanceof OpenPlugins.Refused refused) {
      reject(selection, file, refused.why());
    } else if (outcome instanceof OpenPlugins.Sandboxed sandboxed) {
      offer(selection, file, digest, sandboxed.executor(), sandboxed.version());
    } else if (outcome instanceof OpenPlugins.Opened opened) {
      Plugin plugin = opened.plugin();
      for (GuardedExecutor executor : plugin.executors()) {
        offer(selection, file, digest, executor, plugin.version());
      }
    } else {
      selection.reject(
          file,
          Content.LOADING,
          "it is being loaded, and refused if that takes more than "
              + limits.call().toMillis()
              + " ms");
      formerly(file)
          .forEach(
              former -> selection.offer(new Selection.Offer(file.of(former.origin()), former)));
    }
  }

  /** What a file served before it changed, unless another file has it now. */
  private List<LoadedExecutor> formerly(PluginFile file) {
    return content.executors().values().stream()
        .filter(executor -> executor.file().equals(file.name()))
        .filter(
            executor ->
                files.stream().noneMatch(it -> it.digest().equals(Optional.of(executor.digest()))))
        .filter(executor -> !(plugins.of(executor.digest()) instanceof OpenPlugins.Refused))
        .toList();
  }

  private static void offer(
      Selection selection, PluginFile file, String digest, Executor executor, String version) {
    selection.offer(
        new Selection.Offer(
            file, new LoadedExecutor(executor, version, digest, file.name(), file.origin())));
  }

  private static void reject(Selection selection, PluginFile file, PluginRejection why) {
    selection.reject(file, why.code(), String.valueOf(why.getMessage()));
  }
}
