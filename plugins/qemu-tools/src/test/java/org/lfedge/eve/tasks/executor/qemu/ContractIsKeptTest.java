package org.lfedge.eve.tasks.executor.qemu;

import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.contract.ExecutorContract;

class ContractIsKeptTest implements ExecutorContract {

  @Override
  public Executor executor() {
    return new QemuExecutor();
  }
}
