package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.pf4j.PluginWrapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executors out of JARs: those of the distribution, and those of the plugins directory that the
 * node's policy trusts by their digest. They are loaded once, when the catalog is made.
 *
 * <p>A JAR that cannot be used is listed with its reason and stops nobody else. A JAR that is not
 * trusted is read to find its digest and for nothing else.
 */
public final class PluginCatalog implements ExecutorCatalog, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PluginCatalog.class);

  private final SortedSet<String> trusted;
  private final JarCache cache;
  private final PluginJars jars;
  private final Content content;

  /**
   * Loads what is there.
   *
   * @param bundled the JARs of the distribution with their {@code SHA256SUMS}
   * @param plugins where operators put JARs; need not exist
   * @param cache for copies of the JARs; made if it does not exist
   * @param trusted digests of the JARs in {@code plugins} that may be loaded, {@code sha256:...}
   * @throws TaskException if the cache cannot be written
   */
  public PluginCatalog(Path bundled, Path plugins, Path cache, SortedSet<String> trusted) {
    this.trusted = SortedCopies.setOf(trusted);
    try {
      this.cache = new JarCache(cache);
      this.jars = new PluginJars(cache);
      this.content = load(bundled, plugins);
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("PLUGIN_CACHE", "cannot keep copies of plugins in " + cache + ": " + e), e);
    }
    for (Rejected rejected : content.rejected) {
      LOG.warn("{} is not used: {} {}", rejected.file(), rejected.code(), rejected.reason());
    }
  }

  @Override
  public Optional<LoadedExecutor> find(String name) {
    return Optional.ofNullable(content.executors.get(name));
  }

  @Override
  public List<LoadedExecutor> list() {
    return List.copyOf(content.executors.values());
  }

  @Override
  public List<Rejected> rejected() {
    return content.rejected;
  }

  /** Unloads the plugins and closes their files. Executors must not be called any more. */
  @Override
  public void close() {
    jars.close();
  }

  private Content load(Path bundled, Path plugins) throws IOException {
    List<PluginFile> files = new ArrayList<>(PluginFile.bundled(bundled));
    files.addAll(PluginFile.dropped(plugins));
    Selection selection = new Selection(jars.getVersionManager()::compareVersions);
    SortedSet<String> digests = new TreeSet<>();
    for (PluginFile file : files) {
      try {
        String digest = admit(file, digests);
        digests.add(digest);
        open(file, digest).forEach(selection::offer);
      } catch (PluginRejection rejection) {
        selection.reject(file, rejection.code(), String.valueOf(rejection.getMessage()));
      } catch (IOException e) {
        selection.reject(file, "UNREADABLE", "it cannot be read or copied: " + e);
      }
    }
    SortedMap<String, LoadedExecutor> executors = selection.executors();
    SortedSet<String> used = new TreeSet<>();
    executors.values().forEach(executor -> used.add(executor.digest()));
    jars.retain(used);
    cache.retain(used);
    return new Content(executors, selection.rejected());
  }

  /** Decides by the digest alone whether a file may be opened as a plugin. */
  private String admit(PluginFile file, SortedSet<String> seen) throws IOException {
    if (file.rejection().isPresent()) {
      throw file.rejection().get();
    }
    if (Files.notExists(file.path())) {
      throw new PluginRejection(
          "MISSING",
          file.origin() == Origin.BUNDLED
              ? BundledDigests.FILE + " names it and it is not there; install the daemon again"
              : "it is a link to nothing; remove it");
    }
    if (!Files.isRegularFile(file.path())) {
      throw new PluginRejection("NOT_A_JAR", "it is not a file; move it away");
    }
    String digest = JarCache.digest(file.path());
    if (file.origin() == Origin.BUNDLED) {
      if (!file.recorded().equals(Optional.of(digest))) {
        throw new PluginRejection(
            "NOT_BUNDLED",
            "its digest "
                + digest
                + " is not the one in "
                + BundledDigests.FILE
                + "; install the daemon again, or put the file into the plugins directory");
      }
    } else if (!trusted.contains(digest)) {
      throw new PluginRejection(
          "NOT_TRUSTED",
          "its digest "
              + digest
              + " is not in policy.trustedPlugins of the daemon's config; add it there if you"
              + " trust the file, and restart the daemon");
    }
    if (seen.contains(digest)) {
      throw new PluginRejection(
          "DUPLICATE", "another file has the same content, " + digest + "; remove one of them");
    }
    return digest;
  }

  private List<Selection.Offer> open(PluginFile file, String digest) throws IOException {
    PluginWrapper plugin = jars.load(cache.keep(file.path(), digest));
    String version = plugin.getDescriptor().getVersion();
    try {
      return executors(plugin.getPluginClassLoader(), version).stream()
          .map(
              executor ->
                  new Selection.Offer(
                      file, new LoadedExecutor(executor, version, digest, file.origin())))
          .toList();
    } catch (PluginRejection rejection) {
      jars.unloadPlugin(plugin.getPluginId());
      throw rejection;
    }
  }

  /** By {@code META-INF/services}, so that vendors need nothing of PF4J. */
  static List<GuardedExecutor> executors(ClassLoader loader, String version) {
    List<ServiceLoader.Provider<Executor>> providers =
        GuardedExecutor.inContext(
            loader,
            () -> {
              try {
                return ServiceLoader.load(Executor.class, loader).stream().toList();
              } catch (ServiceConfigurationError | LinkageError e) {
                throw new PluginRejection(
                    "EXECUTOR_FAILS",
                    "its META-INF/services names what is no executor: "
                        + PluginRejection.describe(e));
              }
            });
    if (providers.isEmpty()) {
      throw new PluginRejection(
          "NO_EXECUTOR",
          "it has no META-INF/services/" + Executor.class.getName() + " that names an executor");
    }
    return providers.stream()
        .map(provider -> GuardedExecutor.of(provider, loader, version))
        .toList();
  }

  /** What a scan of the directories gave. */
  private record Content(SortedMap<String, LoadedExecutor> executors, List<Rejected> rejected) {}
}
