package org.lfedge.eve.tasks.spi.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.task.Root;

/** What the test of every executor implements: its contract, as jqwik properties. */
public interface ExecutorContract {

  /** A new instance. */
  Executor executor();

  /** For requests of every shape. */
  @Property
  default void theContractIsKept(@ForAll Root.Kind kind, @ForAll long seed) {
    assertEquals(
        List.of(),
        Contract.check(this::executor, SampleRequests.of(executor().info(), kind, seed)));
  }

  /** So that the property above is not about refusals alone. */
  @Example
  default void everyDeclaredKindOfRootIsSeeded() {
    assertEquals(List.of(), Contract.verify(this::executor, 1, 50));
  }
}
