package org.lfedge.eve.tasks.core.fleet;

import java.time.Instant;
import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.App;

/**
 * How far an app has come.
 *
 * @param problems why it is not where it should be
 * @param since when this was so
 */
public record AppStatus(App app, Phase phase, List<Problem> problems, Instant since) {

  /** Keeps a copy. */
  public AppStatus {
    problems = List.copyOf(problems);
  }

  /** What is being done about an app. */
  public enum Phase {
    /** It waits for its turn. */
    WAITING,
    /** It is to be started later. */
    DELAYED,
    /** Its volumes are made. */
    PREPARING,
    /** What a volume or its task is to be made of is fetched. */
    FETCHING,
    /** Its task is made as the controller wants it. */
    APPLYING,
    /** Its task is stopped and started again. */
    RESTARTING,
    /** Its task and its volumes are removed, to be made anew. */
    PURGING,
    /** Its task is stopped. */
    HALTING,
    /** It is as wanted; what its task does now is the task's to tell. */
    SETTLED,
    /** Its task and what belongs to it are removed. */
    REMOVING,
    /** It cannot be what is wanted; if that may pass, it is tried again. */
    FAILED
  }
}
