package org.lfedge.eve.tasks.dist.endtoend;

/**
 * An executor of a vendor, for tests: runs the command of a document, which sees the network
 * namespace and the terminals of the node, as far as policy lets it.
 */
final class ReachingExecutor {

  static final String NAME = "reaching";

  private static final String SOURCE =
      """
      package vendor;
      import java.util.*;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.container.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.*;
      public class Reaching implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("reaching", "a test").root(Root.Kind.DIRECTORY).build();
        }
        public Seed seed(SeedRequest request) throws SeedException {
          ContainerProgram program = ContainerProgram.of(request);
          AnchorProcess process =
              AnchorProcess.builder(program.process().args())
                  .env(program.process().env())
                  .capabilities(new TreeSet<>(List.of("CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN")))
                  .build();
          return Seed.builder(Base.TASK, request.task().root().readOnly(), process)
              .mount(new Mount(new Source.OfNamespace(Namespace.NETWORK), "/tmp/node/net", false))
              .mount(new Mount(new Source.OfHost("/dev/pts"), "/tmp/node/pts", false))
              .stop(StopPlan.signal(program.stopSignal(), request.task().stopGrace()))
              .build();
        }
      }
      """;

  private ReachingExecutor() {}

  /** Compiles it. */
  static VendorJar jar() {
    return new VendorJar(NAME, "1.0.0", "Reaching", SOURCE);
  }
}
