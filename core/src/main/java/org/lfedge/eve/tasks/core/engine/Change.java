package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;

/**
 * What applying documents does, or would do, to one task.
 *
 * @param fields of the document that differ
 * @param problems what went wrong with this task; the others are not held up by it
 */
public record Change(String task, Action action, List<Field> fields, List<Problem> problems) {

  /** Keeps copies. */
  public Change {
    fields = List.copyOf(fields);
    problems = List.copyOf(problems);
  }

  /** What is done. */
  public enum Action {
    /** It is new: created and started. */
    CREATE,
    /** Its document changed, and its anchor can stay. */
    UPDATE,
    /** Its document changed: it is stopped, deleted, created and started. */
    REPLACE,
    /** It is as the document says, but is not kept running. */
    START,
    /** No document names it any more: stopped and deleted. */
    DELETE,
    /** It is as the document says, and runs, or has done what it was to do. */
    NONE
  }

  /**
   * A field that differs.
   *
   * @param path such as {@code resources.memory}; a list differs as a whole
   * @param before as JSON, empty if it was not there; not shown below {@code env}
   * @param after the same of the new document
   */
  public record Field(String path, String before, String after) {}
}
