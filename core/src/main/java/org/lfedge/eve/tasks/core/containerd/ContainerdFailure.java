package org.lfedge.eve.tasks.core.containerd;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Makes of a failed call a problem that a person can act on. */
final class ContainerdFailure {

  /**
   * What containerd and runc put before the cause: each layer of them adds its own words, which say
   * nothing beyond what we were about to do.
   */
  private static final Pattern WRAPPERS =
      Pattern.compile(
          "^(?:(?:failed to create (?:shim task|shim)|failed to start shim"
              + "|OCI runtime (?:create|start|exec) failed|(?:runc|crun) (?:create|start) failed"
              + "|exec failed"
              + "|unable to start container process|error during container init): )+");

  /** containerd's error classes, which it puts after the cause. */
  private static final Pattern CLASSES =
      Pattern.compile(
          "(?:: (?:unknown|not found|already exists|failed precondition|unavailable"
              + "|invalid argument))+$");

  private static final int MAX_TEXT = 600;

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "unable to retrieve OCI runtime error .*exec: \"?([^\":]+)\"?: executable file not",
              match -> missingProgram(match.group(1))),
          new Rule(
              "runtime \"([^\"]+)\" binary not installed",
              match -> missingProgram("containerd-shim for " + match.group(1))),
          new Rule(
              "exec: \"(.*?)\": (?:stat .*: (?:no such file or|not a) directory|executable file not found)",
              match ->
                  Problem.user(
                      "EXECUTABLE_NOT_FOUND",
                      "\""
                          + match.group(1)
                          + "\": executable file not found in the task's root file system;"
                          + " check the command, and PATH in its environment")),
          new Rule(
              "unable to set memory limit to (\\d+) \\(current usage: (\\d+), peak usage: \\d+\\)",
              match ->
                  LimitChange.inUse(
                      "the task", Long.parseLong(match.group(2)), Long.parseLong(match.group(1)))),
          new Rule(
              "exec: \"(.*?)\": (?:permission denied|is a directory)",
              match ->
                  Problem.user(
                      "EXECUTABLE_NOT_ALLOWED",
                      "\""
                          + match.group(1)
                          + "\" may not be executed; it must be a file with execute permission for"
                          + " the task's user")),
          new Rule(
              "mount callback failed on \\S+: link \\S+ \\S+: no such file or directory",
              match ->
                  Problem.user(
                      "BAD_LAYER",
                      "a hard link in it is one to a file that the image does not have; build the"
                          + " image again with another tool")),
          new Rule(
              "container (?:process|init): mkdir (.*): not a directory",
              match ->
                  Problem.user(
                      "WORKING_DIRECTORY_NOT_FOUND",
                      "cannot make the working directory: \""
                          + match.group(1)
                          + "\" is no directory")),
          new Rule(
              "chdir to cwd \\(\"(.*?)\"\\) set in config.json failed: (.*)",
              match ->
                  Problem.user(
                      "WORKING_DIRECTORY_NOT_FOUND",
                      "cannot enter the working directory \""
                          + match.group(1)
                          + "\": "
                          + match.group(2))));

  private ContainerdFailure() {}

  /**
   * Translates.
   *
   * @param what was tried; completes the sentence "cannot ..."
   */
  static TaskException of(Path socket, String what, StatusRuntimeException failure) {
    Status status = failure.getStatus();
    String text = status.getDescription() == null ? "" : status.getDescription();
    if (status.getCause() instanceof IOException) {
      // Found here, not sent by containerd; gRPC calls some of these UNKNOWN.
      return TaskException.failed(unavailable(socket, what, text, failure), failure);
    }
    return switch (status.getCode()) {
      case UNAVAILABLE -> TaskException.failed(unavailable(socket, what, text, failure), failure);
      case DEADLINE_EXCEEDED ->
          TaskException.failed(
              Problem.host(
                  "CONTAINERD_TIMEOUT",
                  "cannot " + what + ": containerd did not finish it in time; see its log"),
              failure);
      case NOT_FOUND ->
          TaskException.notFound(
              Problem.user("CONTAINERD_NOT_FOUND", "cannot " + what + ": " + plain(text)));
      case CANCELLED ->
          TaskException.failed(
              Problem.host("CONTAINERD_CANCELLED", "cannot " + what + ": it was interrupted"),
              failure);
      default -> TaskException.failed(problem(what, text), failure);
    };
  }

  /** The problem behind the text of a containerd or runc error. */
  static Problem problem(String what, String text) {
    for (Rule rule : RULES) {
      Matcher matcher = rule.pattern.matcher(text);
      if (matcher.find()) {
        Problem cause = rule.problem.apply(matcher.toMatchResult());
        return new Problem(
            cause.code(), cause.kind(), "", "", "cannot " + what + ": " + cause.message());
      }
    }
    return Problem.host("CONTAINERD_FAILED", "cannot " + what + ": " + plain(text));
  }

  /** An error's text without what containerd wraps around the cause. */
  static String plain(String text) {
    String cause =
        CLASSES.matcher(WRAPPERS.matcher(text.strip()).replaceFirst("")).replaceFirst("");
    if (cause.isBlank()) {
      return "containerd gives no reason; see its log";
    }
    return cause.length() > MAX_TEXT ? cause.substring(0, MAX_TEXT) + "..." : cause;
  }

  private static Problem unavailable(Path socket, String what, String text, Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String reason =
        cause == failure
            ? plain(text)
            : cause.getMessage() == null ? plain(text) : cause.getMessage();
    return Problem.host(
        "CONTAINERD_UNAVAILABLE",
        "cannot "
            + what
            + ": containerd does not answer at "
            + socket
            + " ("
            + reason
            + "); check that it runs and that this program may use its socket");
  }

  private static Problem missingProgram(String program) {
    return Problem.host(
        "RUNTIME_MISSING",
        program
            + " is not installed or not on containerd's PATH; install the Debian packages containerd"
            + " and runc");
  }

  private record Rule(Pattern pattern, Function<MatchResult, Problem> problem) {
    Rule(String pattern, Function<MatchResult, Problem> problem) {
      this(Pattern.compile(pattern, Pattern.DOTALL), problem);
    }
  }
}
