package org.lfedge.eve.tasks.core.declarative;

import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.contract.ExecutorContract;

/** The example of the guide keeps the contract of executors, as those in Java do. */
class DeclarativeContractIsKeptTest implements ExecutorContract {

  @Override
  public Executor executor() {
    return Declarations.executor(Declarations.example());
  }
}
