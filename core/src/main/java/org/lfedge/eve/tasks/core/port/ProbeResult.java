package org.lfedge.eve.tasks.core.port;

/**
 * What a probe found.
 *
 * @param passed whether the task answered as it should
 * @param reason why not, in one line; empty if it did
 */
public record ProbeResult(boolean passed, String reason) {

  /** The task answered as it should. */
  public static final ProbeResult PASSED = new ProbeResult(true, "");

  /** It did not, for a reason. */
  public static ProbeResult failed(String reason) {
    return new ProbeResult(false, reason);
  }
}
