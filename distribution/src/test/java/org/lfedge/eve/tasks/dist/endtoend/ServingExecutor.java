package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.lfedge.eve.tasks.core.plugin.PluginJar;

/**
 * An executor of a vendor, for tests: runs the command of a document in its tools, with the root of
 * the task at {@code /tmp/root} and its disks at {@code /tmp/NAME}. Variables {@code root} and
 * {@code NAME} hold how large each disk is.
 */
final class ServingExecutor {

  static final String NAME = "serving";

  private static final String SOURCE =
      """
      package vendor;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.*;
      import java.util.*;
      public class Serving implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("serving", "a test")
              .root(Root.Kind.DIRECTORY).root(Root.Kind.IMAGE)
              .root(Root.Kind.FILE).root(Root.Kind.NONE).build();
        }
        public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
          List<FactQuery> disks = new ArrayList<>();
          if (task.root() instanceof Root.File) {
            disks.add(new FactQuery.DiskImage(Optional.empty()));
          }
          for (Volume volume : task.volumes()) {
            disks.add(new FactQuery.DiskImage(Optional.of(volume.name())));
          }
          return disks;
        }
        public Seed seed(SeedRequest request) throws SeedException {
          TaskConfig task = request.task();
          List<String> env = new ArrayList<>(List.of("PATH=/bin"));
          task.env().forEach((key, value) -> env.add(key + "=" + value));
          for (FactQuery query : facts(task, List.of())) {
            String name = ((FactQuery.DiskImage) query).volume().orElse("root");
            env.add(name + "=" + request.fact(query).value("bytes").orElse(""));
          }
          Seed.Builder seed =
              Seed.builder(
                  Base.TOOLS, true, AnchorProcess.builder(task.command()).env(env).build());
          if (task.root().kind() != Root.Kind.NONE) {
            View view = task.root() instanceof Root.File ? View.BLOCK : View.FILESYSTEM;
            seed.mount(new Mount(new Source.OfRoot(view), "/tmp/root", task.root().readOnly()));
          }
          for (Volume volume : task.volumes()) {
            seed.mount(
                new Mount(
                    new Source.OfVolume(volume.name(), View.BLOCK),
                    "/tmp/" + volume.name(),
                    volume.readOnly()));
          }
          return seed.stop(StopPlan.signal("SIGTERM", task.stopGrace())).build();
        }
      }
      """;

  private final Path jar;

  /** Compiles it. */
  ServingExecutor() {
    try {
      jar =
          PluginJar.of(NAME, "1.0.0")
              .source("Serving", SOURCE)
              .service("vendor.Serving")
              .writeTo(Files.createTempFile("serving-", ".jar"));
      jar.toFile().deleteOnExit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** By which a node's policy trusts it. */
  String digest() {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar));
      return "sha256:" + HexFormat.of().formatHex(digest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Drops it into the plugins directory of a node whose daemon does not run yet. */
  void addTo(PackagedNode node) {
    try {
      Files.createDirectories(node.pluginsDirectory());
      Files.copy(jar, node.pluginsDirectory().resolve("serving.jar"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
