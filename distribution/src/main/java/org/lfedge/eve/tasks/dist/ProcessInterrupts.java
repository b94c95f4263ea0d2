package org.lfedge.eve.tasks.dist;

import java.util.function.IntSupplier;
import org.lfedge.eve.tasks.dist.cli.Terminal;

/**
 * Interrupts by the JVM's shutdown, which Ctrl-C, SIGTERM and a closed terminal begin. Other
 * threads run on until the action is done.
 */
final class ProcessInterrupts implements Terminal.Interrupts {

  @Override
  public Terminal.Registration register(IntSupplier action) {
    Thread hook = new Thread(() -> Runtime.getRuntime().halt(action.getAsInt()), "interrupt");
    Runtime.getRuntime().addShutdownHook(hook);
    return () -> {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The shutdown has begun: the action runs, and it is what ends the process.
      }
    };
  }
}
