package org.lfedge.eve.tasks.core.plugin;

import java.util.ServiceConfigurationError;

/**
 * What a plugin did instead of answering. It holds texts alone: what a plugin throws is of its own
 * classes, which would stay loaded for as long as somebody has it, and whose methods may do
 * anything when they are asked.
 */
final class PluginFailure extends Exception {

  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * A failure.
   *
   * @param code stable, in capitals
   * @param message what it did
   */
  PluginFailure(String code, String message) {
    super(message);
    this.code = code;
  }

  /** Describes what was thrown; to be called where the plugin's code may hang or fail. */
  static PluginFailure of(Throwable thrown) {
    Throwable inner = innermost(thrown);
    PluginFailure failure = new PluginFailure("EXECUTOR_FAILED", PluginRejection.describe(inner));
    failure.setStackTrace(inner.getStackTrace());
    return failure;
  }

  String code() {
    return code;
  }

  /** What it did. */
  String reason() {
    return String.valueOf(getMessage());
  }

  /** What went wrong inside of what the class loader makes of it. */
  private static Throwable innermost(Throwable thrown) {
    Throwable inner = thrown;
    while (inner instanceof ServiceConfigurationError
        || inner instanceof ExceptionInInitializerError) {
      Throwable cause = inner.getCause();
      if (cause == null) {
        break;
      }
      inner = cause;
    }
    return inner;
  }
}
