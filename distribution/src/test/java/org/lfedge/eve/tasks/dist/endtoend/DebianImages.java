package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Images that are made of Debian's packages: tools of executors, and roots for tasks. */
final class DebianImages {

  static final Path SCRIPT = Path.of("src/tools/image.sh").toAbsolutePath();

  private DebianImages() {}

  /**
   * Makes an image, or has it from the cache of an earlier run.
   *
   * @param kind as the script knows it, such as {@code qemu}
   * @param archive becomes an OCI layout as an archive, with this image alone
   * @param architecture in the words of OCI images; at most one, without it this node's
   * @return its name with the digest of its manifest, {@code qemu-tools@sha256:…}
   */
  static String make(String kind, Path archive, String... architecture) {
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), kind, archive.toString()));
    command.addAll(List.of(architecture));
    return make(archive, new ProcessBuilder(command));
  }

  /**
   * Makes an image whether or not there was one before, from the packages of earlier runs.
   *
   * @param cache a directory that is new
   */
  static String makeAnew(String kind, Path archive, Path cache) {
    String script =
        """
        mkdir -p "$1/taskmanager"
        ln -s "${XDG_CACHE_HOME:-$HOME/.cache}/taskmanager/packages" "$1/taskmanager/"
        XDG_CACHE_HOME=$1 exec "$2" "$3" "$4"
        """;
    return make(
        archive,
        new ProcessBuilder(
            "sh",
            "-euc",
            script,
            "sh",
            cache.toString(),
            SCRIPT.toString(),
            kind,
            archive.toString()));
  }

  private static String make(Path archive, ProcessBuilder command) {
    Path log = archive.resolveSibling(archive.getFileName() + ".log");
    try {
      Process making = command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
      if (making.waitFor() != 0) {
        throw new AssertionError(Programs.read(log));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
    String index =
        Programs.run(List.of("tar", "-xOf", archive.toString(), "./index.json")).expect(0).out();
    var manifest = Programs.parse(index).at("/manifests/0");
    return manifest.at("/annotations/org.opencontainers.image.ref.name").asText()
        + "@"
        + manifest.at("/digest").asText();
  }
}
