package org.lfedge.eve.tasks.executor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.lfedge.eve.tasks.executor.nativecontainer.NativeContainerExecutor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.container.ContainerProgram;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.Root;

/** The same image, in a container and in a machine. */
class ContainerProgramTest {

  private static final NativeContainerExecutor CONTAINERS = new NativeContainerExecutor();

  private static Optional<Seed> container(SeedRequest request) {
    try {
      return Optional.of(CONTAINERS.seed(request));
    } catch (SeedException refused) {
      return Optional.empty();
    }
  }

  @Property(tries = 1000)
  void theProgramIsTheOneOfAContainer(@ForAll boolean image, @ForAll long seed)
      throws SeedException {
    ExecutorInfo info = CONTAINERS.info();
    SeedRequest request =
        SampleRequests.of(info, image ? Root.Kind.IMAGE : Root.Kind.DIRECTORY, seed);
    Optional<Seed> container = container(request);
    if (container.isPresent()) {
      AnchorProcess expected = container.get().process();
      ContainerProgram program = ContainerProgram.of(request);
      assertEquals(expected.args(), program.process().args());
      assertEquals(expected.env(), program.process().env());
      assertEquals(expected.workingDir(), program.process().workingDir());
      assertEquals(expected.user(), program.process().user());
      assertEquals(
          container.get().stop(),
          StopPlan.signal(program.stopSignal(), request.task().stopGrace()));
    }
  }
}
