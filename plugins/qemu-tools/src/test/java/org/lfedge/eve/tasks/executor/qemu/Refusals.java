package org.lfedge.eve.tasks.executor.qemu;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;

/** What is said to a request that cannot be. */
final class Refusals {

  private Refusals() {}

  /** The code and the place. */
  static String of(GuestRequest request) {
    SeedException refused =
        assertThrows(
            SeedException.class,
            () -> {
              new QemuExecutor().facts(request, List.of());
              request.seed();
            });
    return refused.code() + " at " + refused.path();
  }
}
