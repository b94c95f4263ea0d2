package org.lfedge.eve.tasks.spi;

import java.util.Objects;

/** Why an executor cannot seed a task. The message is shown to the user, so it says what to do. */
public final class SeedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final String code;
  private final String path;

  /**
   * Refuses a task.
   *
   * @param code stable, in capitals, such as {@code NO_COMMAND}
   * @param path where in the task document the cause lies, such as {@code options.machine}
   * @param message what is wrong and what to do about it
   */
  public SeedException(String code, String path, String message) {
    super(Objects.requireNonNull(message));
    this.code = Objects.requireNonNull(code);
    this.path = Objects.requireNonNull(path);
  }

  /** For the default branch of a switch over a sealed input type that has grown since. */
  public static SeedException unsupported(String path, Object value) {
    return new SeedException(
        "UNSUPPORTED",
        path,
        "this executor cannot handle " + value + "; use a newer version of it");
  }

  /** The stable code. */
  public String code() {
    return code;
  }

  /** The place in the task document. */
  public String path() {
    return path;
  }
}
