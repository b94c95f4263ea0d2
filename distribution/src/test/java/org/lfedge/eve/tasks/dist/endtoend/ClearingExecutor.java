package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An executor of a vendor, for tests: its anchors leave something outside of their containers, in a
 * directory that stands for what they would control there, and its cleanup clears that away.
 */
final class ClearingExecutor {

  static final String NAME = "clearing";

  private static final String SOURCE =
      """
      package vendor;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.*;
      import java.util.*;
      public class Clearing implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("clearing", "a test")
              .root(Root.Kind.DIRECTORY).root(Root.Kind.IMAGE).build();
        }
        public Seed seed(SeedRequest request) throws SeedException {
          Seed.Builder seed =
              Seed.builder(Base.TASK, false, program(ANCHOR))
                  .mount(new Mount(new Source.RuntimeDirectory(1 << 20), "/tmp/run", false))
                  .cleanup(List.of("sh", "-c", CLEANUP))
                  .stop(StopPlan.signal("SIGTERM", request.task().stopGrace()));
          request.task().volumes().forEach(volume ->
              seed.mount(new Mount(new Source.OfVolume(volume.name(), volume.views().first()),
                  volume.target().orElseThrow(), volume.readOnly())));
          return seed.build();
        }
        private static AnchorProcess program(String script) {
          return AnchorProcess.builder(List.of("sh", "-c", script))
              .env(List.of("PATH=/bin", "NAME=one")).build();
        }
        private static final String ANCHOR =
            "trap 'exit 9' USR1; trap 'exit 0' TERM;"
                + " [ -e /outside/left ] && echo overlap >> /outside/log;"
                + " echo start >> /outside/log; echo 7 > /tmp/run/domain; echo > /outside/left;"
                + " while :; do sleep 1000 & wait $!; done";
        private static final String CLEANUP =
            "echo clear >> /outside/log; echo clearing $NAME $(cat /tmp/run/domain);"
                + " [ -t 1 ] && exit 8; while [ -e /outside/hang ]; do sleep 0.1; done;"
                + " [ -e /outside/fail ] && exit 3; busybox rm -f /outside/left";
      }
      """;

  private ClearingExecutor() {}

  /** Compiles it. */
  static VendorJar jar() {
    return new VendorJar(NAME, "1.0.0", "Clearing", SOURCE);
  }

  /** Keys of a document with this executor, on a node with what is outside. */
  static String keys(PackagedNode node) {
    try {
      Path unused = Files.createDirectories(outside(node));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "executor: clearing\nvolumes: [{name: outside, source: outside, target: /outside}]";
  }

  /** What stands for all that is outside of containers. */
  private static Path outside(PackagedNode node) {
    return node.documents().resolve("outside");
  }

  /** Whether something is left there; an anchor leaves it after all else that it does. */
  static boolean left(PackagedNode node) {
    return Files.exists(outside(node).resolve("left"));
  }

  /** What anchors and cleanups did there, in order. */
  static List<String> log(PackagedNode node) {
    return Programs.read(outside(node).resolve("log")).lines().toList();
  }

  /** Has cleanups fail or hang while a file of that name is there. */
  static void set(PackagedNode node, String file, boolean there) {
    Path path = outside(node).resolve(file);
    try {
      if (there) {
        Path unused = Files.createFile(path);
      } else {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
