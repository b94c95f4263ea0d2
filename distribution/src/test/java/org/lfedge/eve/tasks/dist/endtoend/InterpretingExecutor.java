package org.lfedge.eve.tasks.dist.endtoend;

/**
 * An executor of a vendor, for tests: runs the command of a document in its own root, in which
 * files of a format that nobody has are run by the shell of the tools.
 */
final class InterpretingExecutor {

  static final String NAME = "interpreting";

  private static final String SOURCE =
      """
      package vendor;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.container.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.*;
      public class Interpreting implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("interpreting", "a test")
              .root(Root.Kind.IMAGE).root(Root.Kind.DIRECTORY).userNamespace().build();
        }
        public Seed seed(SeedRequest request) throws SeedException {
          ContainerProgram program = ContainerProgram.of(request);
          return Seed.builder(Base.TASK, request.task().root().readOnly(), program.process())
              .binaryFormat(new BinaryFormat("tst", "00747374", "ffffffff", "/bin/busybox"))
              .stop(StopPlan.signal(program.stopSignal(), request.task().stopGrace()))
              .build();
        }
      }
      """;

  private InterpretingExecutor() {}

  /** Compiles it. */
  static VendorJar jar() {
    return new VendorJar(NAME, "1.0.0", "Interpreting", SOURCE);
  }
}
