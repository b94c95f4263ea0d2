package org.lfedge.eve.tasks.executor.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import net.jqwik.api.Example;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.contract.ExecutorContract;

class ContractIsKeptTest implements ExecutorContract {

  @Override
  public Executor executor() {
    return new JvmExecutor();
  }

  /** Many are refused: a JAR has to have a main class, and tools a version of Java. */
  @Override
  @Example
  public void everyDeclaredKindOfRootIsSeeded() {
    assertEquals(List.of(), Contract.verify(this::executor, 1, 300));
  }
}
