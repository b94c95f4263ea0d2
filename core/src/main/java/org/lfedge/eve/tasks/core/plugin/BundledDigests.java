package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * The digests of the JARs that this distribution was packaged with: a file {@value #FILE} beside
 * them, as {@code sha256sum} writes it.
 */
final class BundledDigests {

  static final String FILE = "SHA256SUMS";

  private static final int MAX_BYTES = 1 << 20;

  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) [ *]([^/]+)");

  private final SortedMap<String, String> byFile;

  private BundledDigests(SortedMap<String, String> byFile) {
    this.byFile = SortedCopies.mapOf(byFile);
  }

  /**
   * Reads the file in a directory.
   *
   * @throws PluginRejection if it is not there or not in that form
   */
  static BundledDigests in(Path directory) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(directory.resolve(FILE))) {
      bytes = in.readNBytes(MAX_BYTES);
    } catch (IOException e) {
      throw new PluginRejection(
          "NO_BUNDLED_DIGESTS", "cannot read " + e.getMessage() + "; install the daemon again");
    }
    SortedMap<String, String> byFile = new TreeMap<>();
    for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw new PluginRejection(
            "NO_BUNDLED_DIGESTS",
            "not a line of sha256sum: " + line + "; install the daemon again");
      }
      byFile.put(matcher.group(2), JarCache.ALGORITHM + matcher.group(1));
    }
    return new BundledDigests(byFile);
  }

  /** The names of the files. */
  SortedSet<String> files() {
    return SortedCopies.setOf(byFile.keySet());
  }

  Optional<String> of(String file) {
    return Optional.ofNullable(byFile.get(file));
  }
}
