package org.lfedge.eve.tasks.core.plugin;

/** Why a plugin file is not used. Unchecked, since it passes through PF4J. */
final class PluginRejection extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final int MAX_DESCRIPTION = 500;

  private final String code;

  /**
   * Refuses a file.
   *
   * @param code stable, in capitals
   * @param reason what is wrong and what to do about it
   */
  PluginRejection(String code, String reason) {
    super(reason);
    this.code = code;
  }

  String code() {
    return code;
  }

  /** Describes what a plugin threw, even if it throws again when it is asked. */
  static String describe(Throwable thrown) {
    try {
      return shortened(thrown.toString());
    } catch (Throwable again) {
      return thrown.getClass().getName();
    }
  }

  /** A text of a plugin's, which may be of any length and hold anything, as a part of a line. */
  static String shortened(String text) {
    String start =
        text.length() > MAX_DESCRIPTION ? text.substring(0, MAX_DESCRIPTION) + "..." : text;
    return start.replaceAll("\\p{Cntrl}+", " ");
  }
}
