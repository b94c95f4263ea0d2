package org.lfedge.eve.tasks.core.error;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A command or a step that did not succeed, with everything that is wrong. */
public class TaskException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Outcome outcome;
  private final transient List<Problem> problems;

  /** What a caller can make of a failure; the CLI's exit status follows it. */
  public enum Outcome {
    /** It was tried, or read, and failed. */
    FAILED,
    /** What it names does not exist. */
    NOT_FOUND,
    /** It is not allowed in the present state; nothing was changed. */
    REFUSED
  }

  /** For failures that tell more than their problems. */
  protected TaskException(Outcome outcome, List<Problem> problems, @Nullable Throwable cause) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")), cause);
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("a failure needs at least one problem");
    }
    this.outcome = outcome;
    this.problems = List.copyOf(problems);
  }

  /** Something was tried and failed. */
  public static TaskException failed(Problem problem) {
    return new TaskException(Outcome.FAILED, List.of(problem), null);
  }

  /** Something was tried and failed for a reason found below. */
  public static TaskException failed(Problem problem, Throwable cause) {
    return new TaskException(Outcome.FAILED, List.of(problem), cause);
  }

  /** All that is wrong with a document. */
  public static TaskException failed(List<Problem> problems) {
    return new TaskException(Outcome.FAILED, problems, null);
  }

  /** What was named does not exist. */
  public static TaskException notFound(Problem problem) {
    return new TaskException(Outcome.NOT_FOUND, List.of(problem), null);
  }

  /** The command is not allowed now. */
  public static TaskException refused(Problem problem) {
    return new TaskException(Outcome.REFUSED, List.of(problem), null);
  }

  public final Outcome outcome() {
    return outcome;
  }

  /** At least one. */
  public final List<Problem> problems() {
    return problems;
  }

  /** The first problem, which stands for the failure where there is room for one alone. */
  public final Problem first() {
    return problems.get(0);
  }
}
