package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;

/**
 * What applying documents does, or would do, to one task.
 *
 * @param fields of the document that differ, such as {@code resources.memory}
 * @param problems what went wrong with this task; the others are not held up by it
 */
public record Change(String task, Action action, List<String> fields, List<Problem> problems) {

  /** What is done. */
  public enum Action {
    /** It is new: created and started. */
    CREATE,
    /** It is stopped, deleted, created and started, since its document changed. */
    REPLACE,
    /** It is as the document says, but does not run. */
    START,
    /** No document names it any more: stopped and deleted. */
    DELETE,
    /** It is as the document says, and runs. */
    NONE
  }
}
