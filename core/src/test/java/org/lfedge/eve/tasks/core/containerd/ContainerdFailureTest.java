package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

class ContainerdFailureTest {

  private static final String CREATE =
      "failed to create shim task: OCI runtime create failed: runc create failed: "
          + "unable to start container process: ";

  private static Problem problem(String text) {
    return ContainerdFailure.problem("create the anchor of web", text);
  }

  private static TaskException failure(Status status) {
    return ContainerdFailure.of(
        Path.of("/run/c.sock"), "create the anchor of web", status.asRuntimeException());
  }

  @Test
  void aProgramThatIsNotOnThePathIsNamedWithoutTheWordsOfContainerd() {
    Problem problem =
        problem(CREATE + "exec: \"ngin\": executable file not found in $PATH: unknown");
    assertEquals("EXECUTABLE_NOT_FOUND", problem.code());
    assertEquals(Problem.Kind.USER, problem.kind());
    assertEquals(
        "cannot create the anchor of web: \"ngin\": executable file not found in the task's root"
            + " file system; check the command, and PATH in its environment",
        problem.message());
  }

  @Test
  void aMissingRuncIsNotTakenForAMissingProgramOfTheTask() {
    Problem problem =
        problem(
            "failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime"
                + " error (open /run/log.json: no such file or directory): exec: \"runc\":"
                + " executable file not found in $PATH: unknown");
    assertEquals("RUNTIME_MISSING", problem.code());
    assertEquals(Problem.Kind.HOST, problem.kind());
    assertTrue(problem.message().contains("runc is not installed"), problem.message());
  }

  @Test
  void aMissingShimIsTheHostsProblem() {
    Problem problem =
        problem(
            "failed to start shim: failed to resolve runtime path: runtime"
                + " \"io.containerd.runc.v2\" binary not installed \"containerd-shim-runc-v2\":"
                + " file does not exist: unknown");
    assertEquals("RUNTIME_MISSING", problem.code());
  }

  @Test
  void aWorkingDirectoryThatMayNotBeEnteredIsNamed() {
    Problem problem =
        problem(CREATE + "chdir to cwd (\"/data\") set in config.json failed: permission denied");
    assertEquals("WORKING_DIRECTORY_NOT_FOUND", problem.code());
    assertTrue(problem.message().endsWith("\"/data\": permission denied"), problem.message());
  }

  @Test
  void aHardLinkToNothingIsAFaultOfTheLayer() {
    Problem problem =
        problem(
            "mount callback failed on /m/1: link /m/1/etc/passwd /m/1/x: no such file or directory");
    assertEquals("BAD_LAYER", problem.code());
    assertEquals(Problem.Kind.USER, problem.kind());
  }

  @Test
  void whatHasNoRuleKeepsItsCauseAloneInOneLine() {
    Problem problem =
        problem(CREATE + "error during container init: error mounting\n \"a\" to \"b\": unknown");
    assertEquals("CONTAINERD_FAILED", problem.code());
    assertEquals(
        "cannot create the anchor of web: error mounting \"a\" to \"b\"", problem.message());
  }

  @Test
  void aVeryLongCauseIsCut() {
    assertTrue(problem("x".repeat(100_000)).message().length() < 1000);
  }

  @Test
  void anErrorWithoutWordsSaysWhereToLook() {
    assertTrue(problem("").message().contains("see its log"));
  }

  @Test
  void eachKindOfFailureHasItsOutcome() {
    TaskException notFound = failure(Status.NOT_FOUND.withDescription("container web: not found"));
    assertEquals(TaskException.Outcome.NOT_FOUND, notFound.outcome());
    assertEquals("cannot create the anchor of web: container web", notFound.first().message());
    assertEquals("CONTAINERD_TIMEOUT", failure(Status.DEADLINE_EXCEEDED).first().code());
    assertEquals("CONTAINERD_CANCELLED", failure(Status.CANCELLED).first().code());
    TaskException away =
        failure(Status.UNAVAILABLE.withCause(new ConnectException("Connection refused")));
    assertEquals("CONTAINERD_UNAVAILABLE", away.first().code());
    assertTrue(away.first().message().contains("at /run/c.sock (Connection refused)"));
    TaskException broken =
        failure(
            Status.UNKNOWN
                .withDescription("channel closed")
                .withCause(new ClosedChannelException()));
    assertEquals("CONTAINERD_UNAVAILABLE", broken.first().code());
    assertTrue(broken.first().message().contains("(channel closed)"), broken.getMessage());
  }
}
