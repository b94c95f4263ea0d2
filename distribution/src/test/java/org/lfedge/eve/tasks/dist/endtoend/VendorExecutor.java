package org.lfedge.eve.tasks.dist.endtoend;

/**
 * A version of an executor of a vendor, for tests: runs the command of a document with its own
 * version in the variable {@code VERSION}.
 */
final class VendorExecutor {

  static final String NAME = "vendor";

  private static final String SOURCE =
      """
      package vendor;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.*;
      import java.util.*;
      public class Vendor implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("vendor", "a test").root(Root.Kind.DIRECTORY).build();
        }
        public Seed seed(SeedRequest request) throws SeedException {
          %s
          List<String> env = List.of("PATH=/bin", "VERSION=%s");
          TaskConfig task = request.task();
          return Seed.builder(
                  Base.TASK,
                  task.root().readOnly(),
                  AnchorProcess.builder(task.command()).env(env).build())
              .stop(StopPlan.signal("SIGTERM", task.stopGrace()))
              .build();
        }
      }
      """;

  private VendorExecutor() {}

  /** Compiles one. */
  static VendorJar jar(String version) {
    return jar(version, "");
  }

  /**
   * Compiles one.
   *
   * @param first what it does before it makes a seed
   */
  static VendorJar jar(String version, String first) {
    return new VendorJar(NAME, version, "Vendor", SOURCE.formatted(first, version));
  }
}
