package org.lfedge.eve.tasks.dist.cli;

import java.util.Optional;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.api.v1.TerminalSize;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * The user's terminal while it shows a remote one: keys go there as they are, and so does each
 * change of its size. Closing it, or being told to end, brings it back as it was.
 */
final class LocalTerminal implements AutoCloseable {

  /** As for a program that SIGTERM ended. */
  private static final int ENDED_BY_SIGTERM = 128 + 15;

  /** For a terminal that does not know its size. */
  private static final Terminal.Size USUAL = new Terminal.Size(80, 24);

  private final Terminal.Registration raw;
  private final Terminal.Registration resizes;
  private final Terminal.Registration interrupt;

  private LocalTerminal(
      Terminal.Registration raw, Terminal.Registration resizes, Terminal.Registration interrupt) {
    this.raw = raw;
    this.resizes = resizes;
    this.interrupt = interrupt;
  }

  /** The size of the terminal at standard input, which must be one. */
  static Terminal.Size require(Terminal.Device device) {
    return device
        .size()
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.user(
                        "NO_TERMINAL", "-t needs a terminal at standard input, which is none")));
  }

  static LocalTerminal open(Terminal terminal, Consumer<Terminal.Size> onResize) {
    Terminal.Registration raw = terminal.device().raw();
    try {
      Terminal.Registration interrupt =
          terminal
              .interrupts()
              .register(
                  () -> {
                    raw.close();
                    return ENDED_BY_SIGTERM;
                  });
      return new LocalTerminal(raw, terminal.device().onResize(onResize), interrupt);
    } catch (RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  static TerminalSize message(Terminal.Size size) {
    boolean known = size.columns() > 0 && size.rows() > 0;
    return TerminalSize.newBuilder()
        .setColumns(known ? size.columns() : USUAL.columns())
        .setRows(known ? size.rows() : USUAL.rows())
        .build();
  }

  /** As it is, if standard input is one. */
  static Optional<LocalTerminal> ifPresent(Terminal terminal, Consumer<Terminal.Size> onResize) {
    return terminal.device().size().map(size -> open(terminal, onResize));
  }

  @Override
  public void close() {
    resizes.close();
    raw.close();
    interrupt.close();
  }
}
