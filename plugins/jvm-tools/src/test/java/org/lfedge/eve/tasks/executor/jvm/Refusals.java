package org.lfedge.eve.tasks.executor.jvm;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;

/** What is said to a request that cannot be. */
final class Refusals {

  private Refusals() {}

  /** The code and the place. */
  static String of(Requests request) {
    SeedException refused =
        assertThrows(
            SeedException.class,
            () -> {
              new JvmExecutor().facts(request, List.of());
              request.seed();
            });
    return refused.code() + " at " + refused.path();
  }
}
