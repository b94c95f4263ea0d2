package org.lfedge.eve.tasks.core.port;

/** The size of a terminal in characters, each from 1 to 65,535. */
public record TerminalSize(int columns, int rows) {

  /** The largest that the kernel takes. */
  public static final int MAX = 65_535;

  /** Refuses what is no size. */
  public TerminalSize {
    if (columns < 1 || columns > MAX || rows < 1 || rows > MAX) {
      throw new IllegalArgumentException("not the size of a terminal: " + columns + "x" + rows);
    }
  }
}
