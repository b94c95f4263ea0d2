package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Images that are made of Debian's packages: tools of executors, and roots for tasks. */
final class DebianImages {

  private static final Path SCRIPT = Path.of("src/tools/image.sh").toAbsolutePath();

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
    Path log = archive.resolveSibling(archive.getFileName() + ".log");
    List<String> command = new ArrayList<>(List.of(SCRIPT.toString(), kind, archive.toString()));
    command.addAll(List.of(architecture));
    try {
      Process making =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
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
