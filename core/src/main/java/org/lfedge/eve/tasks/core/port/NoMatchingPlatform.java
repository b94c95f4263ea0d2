package org.lfedge.eve.tasks.core.port;

import java.util.List;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** An image is not for the platform that was wanted. */
public final class NoMatchingPlatform extends TaskException {

  private static final long serialVersionUID = 1L;

  private final transient List<Platform> offered;

  /**
   * Says so of an image.
   *
   * @param offered what it is for instead, without repetition
   */
  public NoMatchingPlatform(Problem problem, List<Platform> offered) {
    super(Outcome.FAILED, List.of(problem), null);
    this.offered = List.copyOf(offered);
  }

  /** What the image is for, as far as its documents say. */
  public List<Platform> offered() {
    return offered;
  }
}
