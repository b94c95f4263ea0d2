package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The clock of a node's daemon, which can be set; all else on the machine keeps its own. */
final class NodeClock {

  private NodeClock() {}

  /** Has the next start of the daemon take a clock that can be set, and is right until then. */
  static void prepare(PackagedNode node) {
    node.environment().put("LD_PRELOAD", library().toString());
    node.environment().put("FAKETIME_TIMESTAMP_FILE", file(node).toString());
    // So many seconds after it was set the daemon sees it.
    node.environment().put("FAKETIME_CACHE_DURATION", "1");
    // As on a node: setting the clock does not touch the one that timers use.
    node.environment().put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    // Or every wait of the JVM, which is by that clock, would be over at once.
    node.environment().put("FAKETIME_FORCE_MONOTONIC_FIX", "0");
    set(node, "+0");
  }

  /** Of the Debian package faketime. */
  private static Path library() {
    try (Stream<Path> files = Files.find(Path.of("/usr/lib"), 3, (file, of) -> isLibrary(file))) {
      return files
          .findFirst()
          .orElseThrow(() -> new AssertionError("libfaketime.so.1 is missing, install faketime"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isLibrary(Path file) {
    return file.endsWith("faketime/libfaketime.so.1");
  }

  private static Path file(PackagedNode node) {
    return node.directory().resolve("clock");
  }

  /**
   * Sets it.
   *
   * @param offset from the time that it is, such as {@code -1d}
   */
  static void set(PackagedNode node, String offset) {
    try {
      Files.writeString(file(node), offset + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
