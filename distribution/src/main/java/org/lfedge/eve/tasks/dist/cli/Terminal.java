package org.lfedge.eve.tasks.dist.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.function.IntSupplier;

/**
 * What a command line talks to.
 *
 * @param interrupts how it hears of Ctrl-C
 */
public record Terminal(InputStream in, PrintStream out, PrintStream err, Interrupts interrupts) {

  /** How a program hears that it shall end: Ctrl-C, SIGTERM, or a terminal that is closed. */
  public interface Interrupts {

    /**
     * Has an action run, once, when the program is told to end; the program then ends with the exit
     * status that the action gives.
     */
    Registration register(IntSupplier action);
  }

  /** An action that waits for an interrupt, until it is closed. */
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
