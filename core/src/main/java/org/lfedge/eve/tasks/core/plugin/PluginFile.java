package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.port.Origin;

/**
 * A file that was found in one of the two directories, or is missing there.
 *
 * @param path where it is
 * @param origin what it becomes if it is accepted
 * @param recorded its digest as the distribution was packaged with it
 * @param rejection why it cannot even be looked at
 */
record PluginFile(
    Path path, Origin origin, Optional<String> recorded, Optional<PluginRejection> rejection) {

  String name() {
    return path.getFileName().toString();
  }

  /** The same, of another origin. */
  PluginFile of(Origin other) {
    return new PluginFile(path, other, recorded, rejection);
  }

  /** What the distribution has, by name; missing files included. */
  static List<PluginFile> bundled(Path directory) {
    try {
      SortedSet<String> names = new TreeSet<>(names(directory));
      names.removeIf(name -> !name.endsWith(".jar"));
      BundledDigests digests = BundledDigests.in(directory);
      names.addAll(digests.files());
      return names.stream()
          .map(
              name ->
                  new PluginFile(
                      directory.resolve(name), Origin.BUNDLED, digests.of(name), Optional.empty()))
          .toList();
    } catch (PluginRejection rejection) {
      return List.of(rejected(directory.resolve(BundledDigests.FILE), Origin.BUNDLED, rejection));
    } catch (IOException e) {
      return List.of(unreadable(directory, Origin.BUNDLED, e));
    }
  }

  /** A file in the plugins directory. */
  static PluginFile dropped(Path path) {
    boolean plugin = path.toString().endsWith(".jar") || PluginZip.isZip(path);
    return plugin
        ? new PluginFile(path, Origin.TRUSTED_DIGEST, Optional.empty(), Optional.empty())
        : rejected(
            path,
            Origin.TRUSTED_DIGEST,
            new PluginRejection(
                "NOT_A_JAR", "the name of a plugin ends in .jar or .zip; move it away"));
  }

  private static SortedSet<String> names(Path directory) throws IOException {
    SortedSet<String> names = new TreeSet<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            directory, file -> !file.getFileName().toString().startsWith("."))) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  private static PluginFile unreadable(Path directory, Origin origin, IOException cause) {
    return rejected(
        directory, origin, new PluginRejection("UNREADABLE", "it cannot be read: " + cause));
  }

  private static PluginFile rejected(Path path, Origin origin, PluginRejection why) {
    return new PluginFile(path, origin, Optional.empty(), Optional.of(why));
  }
}
