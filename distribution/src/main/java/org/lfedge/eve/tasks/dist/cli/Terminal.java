package org.lfedge.eve.tasks.dist.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * What a command line talks to.
 *
 * @param interrupts how it hears of Ctrl-C
 * @param device the terminal at standard input, if it is one
 */
public record Terminal(
    InputStream in, PrintStream out, PrintStream err, Interrupts interrupts, Device device) {

  /** How a program hears that it shall end: Ctrl-C, SIGTERM, or a terminal that is closed. */
  public interface Interrupts {

    /**
     * Has an action run, once, when the program is told to end; the program then ends with the exit
     * status that the action gives.
     */
    Registration register(IntSupplier action);
  }

  /** The terminal at standard input. */
  public interface Device {

    /** How large it is; empty if standard input is no terminal. */
    Optional<Size> size();

    /** Whether what goes to standard error is seen on a terminal that can draw. */
    boolean showsErrors();

    /** What it understands, as in the variable {@code TERM}. */
    String type();

    /**
     * Lets every key come as it is, Ctrl-C too, and shows nothing by itself, until it is closed.
     * Must be closed in any case: the user's shell would go on with such a terminal.
     */
    Registration raw();

    /** Has an action run each time the size changes, until it is closed. */
    Registration onResize(Consumer<Size> action);
  }

  /** In characters; 0 where the terminal does not know. */
  public record Size(int columns, int rows) {}

  /** Something that is on until it is closed; closing it twice does no harm. */
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
