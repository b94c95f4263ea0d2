package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.Rejected;
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
  final SortedSet<String> trusted = new TreeSet<>();

  PluginNode(Path directory) throws IOException {
    bundled = Files.createDirectories(directory.resolve("bundled"));
    plugins = Files.createDirectories(directory.resolve("plugins"));
    cache = directory.resolve("cache");
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
    return new PluginCatalog(bundled, plugins, cache, trusted, limits);
  }

  List<String> cached() throws IOException {
    return names(cache);
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
