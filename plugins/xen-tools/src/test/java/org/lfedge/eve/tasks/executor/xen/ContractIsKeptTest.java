package org.lfedge.eve.tasks.executor.xen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import net.jqwik.api.Example;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.contract.ExecutorContract;

class ContractIsKeptTest implements ExecutorContract {

  @Override
  public Executor executor() {
    return new XenExecutor();
  }

  /** Of any requests, few come from a node with Xen and ask for nothing that it has not. */
  @Override
  @Example
  public void everyDeclaredKindOfRootIsSeeded() {
    assertEquals(List.of(), Contract.verify(this::executor, 1, 400));
  }
}
