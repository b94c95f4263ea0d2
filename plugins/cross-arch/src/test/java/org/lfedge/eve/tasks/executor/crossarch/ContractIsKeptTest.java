package org.lfedge.eve.tasks.executor.crossarch;

import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.contract.ExecutorContract;

class ContractIsKeptTest implements ExecutorContract {

  @Override
  public Executor executor() {
    return new CrossArchExecutor();
  }
}
