package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.Rejected;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;

/** The directories of a node and the digests that it trusts. */
final class PluginNode {

  final Path bundled;
  final Path plugins;
  final Path cache;
  private final Path vendor;
  final SortedSet<String> trusted = new TreeSet<>();

  PluginNode(Path directory) throws IOException {
    bundled = Files.createDirectories(directory.resolve("bundled"));
    plugins = Files.createDirectories(directory.resolve("plugins"));
    cache = directory.resolve("cache");
    vendor = directory.resolve("vendor");
    Files.writeString(bundled.resolve("SHA256SUMS"), "");
  }

  /** Puts a JAR into the distribution and its digest on the list. */
  Path bundle(String file, PluginJar jar) throws IOException {
    Path path = jar.writeTo(bundled.resolve(file));
    String line = JarCache.digest(path).substring("sha256:".length()) + "  " + file + "\n";
    Path sums = bundled.resolve("SHA256SUMS");
    Files.writeString(sums, Files.readString(sums) + line);
    return path;
  }

  /** Puts a JAR into the plugins directory and trusts it. */
  Path drop(String file, PluginJar jar) throws IOException {
    return trust(jar.writeTo(plugins.resolve(file)));
  }

  Path trust(Path file) throws IOException {
    trusted.add(JarCache.digest(file));
    return file;
  }

  PluginCatalog open() {
    return open(PluginCatalog.Limits.DEFAULT);
  }

  PluginCatalog open(PluginCatalog.Limits limits) {
    return open(Optional.empty(), limits);
  }

  /** With sandboxes for what is not trusted. */
  PluginCatalog open(SandboxedExecutors sandboxes) {
    return open(Optional.of(sandboxes), PluginCatalog.Limits.DEFAULT);
  }

  private PluginCatalog open(Optional<SandboxedExecutors> sandboxes, PluginCatalog.Limits limits) {
    return new PluginCatalog(bundled, plugins, cache, trusted, sandboxes, limits);
  }

  /** Builds a JAR that is trusted, beside the plugins directory, for later. */
  Path build(String file, PluginJar jar) throws IOException {
    return trust(jar.writeTo(Files.createDirectories(vendor).resolve(file)));
  }

  /** Puts a copy of a file into the plugins directory, by renaming. */
  Path place(Path built, String name) throws IOException {
    Path hidden = Files.copy(built, plugins.resolve("." + name));
    return Files.move(hidden, plugins.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Has a catalog take up what is in the plugins directory, until all is loaded or refused. */
  void look(PluginCatalog catalog) throws IOException {
    SortedMap<Path, String> stamps = DirectoryWatch.stamps(plugins);
    await(
        "all to be loaded or refused",
        () -> {
          catalog.refresh(stamps);
          return catalog.rejected().stream()
              .noneMatch(rejected -> rejected.code().equals(Content.LOADING));
        });
  }

  /** Waits for what another thread does. */
  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("waited in vain for " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  static long openFilesBelow(Path directory) throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .filter(descriptor -> linkOf(descriptor).startsWith(directory.toString()))
          .count();
    }
  }

  private static String linkOf(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException gone) {
      return "";
    }
  }

  List<String> cached() throws IOException {
    return names(cache);
  }

  /** The same, for a condition. */
  List<String> cachedNow() {
    try {
      return cached();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  static List<String> serving(PluginCatalog catalog) {
    return catalog.list().stream()
        .map(loaded -> loaded.executor().info().name() + " " + loaded.version())
        .toList();
  }

  static SortedMap<String, String> rejected(PluginCatalog catalog) {
    TreeMap<String, String> codes = new TreeMap<>();
    catalog.rejected().forEach(rejected -> codes.put(rejected.file(), rejected.code()));
    assertEquals(catalog.rejected().size(), codes.size(), () -> "" + catalog.rejected());
    return codes;
  }

  static Rejected onlyRejected(PluginCatalog catalog) {
    assertEquals(1, catalog.rejected().size(), () -> "" + catalog.rejected());
    return catalog.rejected().get(0);
  }

  static LoadedExecutor executor(PluginCatalog catalog, String name) {
    return catalog.find(name).orElseThrow(() -> new AssertionError("" + catalog.rejected()));
  }

  static Seed seed(LoadedExecutor loaded) throws SeedException {
    return loaded.executor().seed(request(loaded));
  }

  static SeedRequest request(LoadedExecutor loaded) {
    return SampleRequests.of(loaded.executor().info(), Root.Kind.IMAGE, 1);
  }

  /** What a plugin of {@link PluginJar#executorClass} was told to say. */
  static String by(LoadedExecutor loaded) throws SeedException {
    return String.valueOf(seed(loaded).annotations().get("by"));
  }
}
