package org.lfedge.eve.tasks.core.eve;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;

/**
 * An app as a controller wants it.
 *
 * @param id its UUID in lower case, or what else tells it from others
 * @param version as the controller has it
 * @param displayName for people
 * @param active whether it is to run; its task is ended if not, also if it cannot be mapped
 * @param restarts how often it was to be restarted: when this changes, it is once more
 * @param purges how often it was to be purged: when this changes, it is made anew, and its volumes
 *     are too
 * @param startDelay how long it waits since it was first wanted after a start of the daemon
 * @param document the task that runs it; empty if it cannot be mapped: what is there of an active
 *     one goes on as it is
 * @param volumes that the node is to have before the task is made
 * @param problems why it cannot be mapped; empty if it can
 */
public record App(
    String id,
    String version,
    String displayName,
    boolean active,
    long restarts,
    long purges,
    Duration startDelay,
    Optional<TaskDocument> document,
    List<AppVolume> volumes,
    List<Problem> problems) {

  /** Keeps copies. */
  public App {
    volumes = List.copyOf(volumes);
    problems = List.copyOf(problems);
  }

  /** The same app, which cannot be run for more reasons. */
  public App refused(List<Problem> reasons) {
    List<Problem> all = new ArrayList<>(problems);
    all.addAll(reasons);
    return new App(
        id,
        version,
        displayName,
        active,
        restarts,
        purges,
        startDelay,
        Optional.empty(),
        volumes,
        all);
  }

  /** The name of its task. */
  public String task() {
    return document.map(TaskDocument::name).orElse(id);
  }
}
