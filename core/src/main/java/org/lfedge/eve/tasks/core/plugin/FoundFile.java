package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.SortedSet;
import org.lfedge.eve.tasks.core.port.Origin;

/**
 * A plugin file after it was read: with the digest by which it may be loaded, or why it may not.
 *
 * @param digest empty if it is rejected
 * @param rejection empty if it is not
 * @param passing whether the rejection may be gone at the next look although the file is the same
 */
record FoundFile(
    PluginFile file,
    Optional<String> digest,
    Optional<PluginRejection> rejection,
    boolean passing) {

  /**
   * Reads a file and decides by its digest alone whether it may be opened as a plugin.
   *
   * @param trusted the digests of files in the plugins directory that may be loaded here
   * @param sandboxes whether there are any for other JARs
   */
  static FoundFile read(PluginFile file, SortedSet<String> trusted, boolean sandboxes) {
    try {
      String digest = admit(file);
      if (file.origin() == Origin.BUNDLED || trusted.contains(digest)) {
        return new FoundFile(file, Optional.of(digest), Optional.empty(), false);
      }
      requireSandbox(file, digest, sandboxes);
      return new FoundFile(
          file.of(Origin.PLUGINS_DIRECTORY), Optional.of(digest), Optional.empty(), false);
    } catch (PluginRejection rejection) {
      return new FoundFile(file, Optional.empty(), Optional.of(rejection), false);
    } catch (IOException e) {
      return new FoundFile(
          file,
          Optional.empty(),
          Optional.of(new PluginRejection("UNREADABLE", "it cannot be read or copied: " + e)),
          true);
    }
  }

  private static String admit(PluginFile file) throws IOException {
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
    if (Files.isDirectory(file.path())) {
      throw new PluginRejection(
          "NOT_A_JAR", "it is a directory, which no digest covers; pack it as a .zip");
    }
    if (!Files.isRegularFile(file.path())) {
      throw new PluginRejection("NOT_A_JAR", "it is not a file; move it away");
    }
    return file.origin() == Origin.BUNDLED ? bundled(file) : dropped(file);
  }

  private static String bundled(PluginFile file) throws IOException {
    String digest = JarCache.digest(file.path());
    if (!file.recorded().equals(Optional.of(digest))) {
      throw new PluginRejection(
          "NOT_BUNDLED",
          "its digest "
              + digest
              + " is not the one in "
              + BundledDigests.FILE
              + "; install the daemon again, or put the file into the plugins directory");
    }
    return digest;
  }

  private static String dropped(PluginFile file) throws IOException {
    String digest = JarCache.digest(file.path());
    // Nobody should trust half a file because its digest was told.
    if (!PluginZip.isWhole(file.path())) {
      throw new PluginRejection(
          "NOT_A_JAR",
          "it is no archive, or has not arrived yet as a whole; copy it under a name that begins"
              + " with a dot, and rename it");
    }
    return digest;
  }

  private static void requireSandbox(PluginFile file, String digest, boolean sandboxes) {
    if (sandboxes && !PluginZip.isZip(file.path())) {
      return;
    }
    throw new PluginRejection(
        "NOT_TRUSTED",
        "its digest "
            + digest
            + " is not in policy.trustedPlugins of the daemon's config; add it there if you trust"
            + " the file, and restart the daemon"
            + (sandboxes ? "; or pack it as one JAR, which runs in a sandbox" : ""));
  }
}
