package ${package};

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.task.Root;

class VendorExecutorTest {

  private final VendorExecutor executor = new VendorExecutor();

  /** Fifty generated requests of each kind of root, awkward ones with preference. */
  @Test
  void theContractIsKept() {
    assertEquals(List.of(), Contract.verify(VendorExecutor::new, 1, 50));
  }

  @Test
  void theShellRunsTheScript() throws SeedException {
    // The same number gives the same request: this one has a script and no volumes.
    SeedRequest request = SampleRequests.of(executor.info(), Root.Kind.IMAGE, 1);
    String script = request.task().options().string("script").orElseThrow();
    assertEquals(
        List.of("/bin/sh", "-c", script), executor.seed(request).process().args().subList(0, 3));
  }
}
