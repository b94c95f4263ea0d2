package org.lfedge.eve.tasks.dist.endtoend;

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
          List<FactQuery> files = new ArrayList<>();
          if (task.root() instanceof Root.File file) {
            files.add(
                file.format().equals("jar")
                    ? new FactQuery.JarFile(Optional.empty(), Optional.empty())
                    : new FactQuery.DiskImage(Optional.empty()));
          }
          for (Volume volume : task.volumes()) {
            files.add(new FactQuery.DiskImage(Optional.of(volume.name())));
          }
          return files;
        }
        public Seed seed(SeedRequest request) throws SeedException {
          TaskConfig task = request.task();
          List<String> env = new ArrayList<>(List.of("PATH=/bin"));
          task.env().forEach((key, value) -> env.add(key + "=" + value));
          for (FactQuery query : facts(task, List.of())) {
            String name =
                query instanceof FactQuery.DiskImage disk ? disk.volume().orElse("root") : "jar";
            String key = name.equals("jar") ? "mainClass" : "bytes";
            env.add(name + "=" + request.fact(query).value(key).orElse(""));
          }
          Seed.Builder seed =
              Seed.builder(
                  Base.TOOLS, true, AnchorProcess.builder(task.command()).env(env).build());
          if (task.root().kind() != Root.Kind.NONE) {
            View view =
                !(task.root() instanceof Root.File file)
                    ? View.FILESYSTEM
                    : file.format().equals("jar") ? View.FILE : View.BLOCK;
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

  private ServingExecutor() {}

  /** Compiles it. */
  static VendorJar jar() {
    return new VendorJar(NAME, "1.0.0", "Serving", SOURCE);
  }
}
