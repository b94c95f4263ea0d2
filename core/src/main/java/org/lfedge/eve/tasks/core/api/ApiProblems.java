package org.lfedge.eve.tasks.core.api;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.lfedge.eve.tasks.core.api.v1.Problems;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How failures cross the API: as a gRPC status for those who only want to know what kind of failure
 * it is, and in the trailer {@code problems-bin} with all that is wrong.
 */
public final class ApiProblems {

  /**
   * The most bytes of trailers that a client must take, 256 KiB; gRPC's own default of 8 KiB is not
   * enough for a document with many faults.
   */
  public static final int MAX_TRAILER_BYTES = 256 << 10;

  /** Leaves room in the trailers for base64 and the status. */
  private static final int MAX_PROBLEM_BYTES = 128 << 10;

  private static final Metadata.Key<Problems> TRAILER =
      Metadata.Key.of("problems-bin", ProtoUtils.metadataMarshaller(Problems.getDefaultInstance()));

  private static final Logger LOG = LoggerFactory.getLogger(ApiProblems.class);

  private ApiProblems() {}

  /**
   * What a client is told of a failure. A fault of this software is logged with its stack, since
   * the client gets one line of it.
   */
  public static StatusRuntimeException toStatus(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    TaskException exception;
    if (cause instanceof TaskException known) {
      exception = known;
    } else {
      LOG.error("a call of the API failed for a reason that nobody foresaw", cause);
      exception =
          TaskException.failed(
              Problem.internal(
                  "INTERNAL",
                  "a fault in taskd: " + cause + "; its log has the details, please report them"));
    }
    Metadata trailers = new Metadata();
    trailers.put(TRAILER, messages(exception.problems()));
    return status(exception).asRuntimeException(trailers);
  }

  /** What a server told; empty if the failure is not one that the server reported. */
  public static Optional<TaskException> fromStatus(StatusRuntimeException failure) {
    Metadata trailers = failure.getTrailers();
    Problems message = trailers == null ? null : trailers.get(TRAILER);
    if (message == null || message.getProblemsCount() == 0) {
      return Optional.empty();
    }
    List<Problem> problems = message.getProblemsList().stream().map(ApiProblems::value).toList();
    return Optional.of(
        switch (failure.getStatus().getCode()) {
          case NOT_FOUND -> TaskException.notFound(problems.get(0));
          case FAILED_PRECONDITION -> TaskException.refused(problems.get(0));
          default -> TaskException.failed(problems);
        });
  }

  static org.lfedge.eve.tasks.core.api.v1.Problem message(Problem problem) {
    return org.lfedge.eve.tasks.core.api.v1.Problem.newBuilder()
        .setCode(problem.code())
        .setKind(kind(problem))
        .setPath(problem.path())
        .setValue(problem.value())
        .setMessage(problem.message())
        .build();
  }

  /** The kind as the API writes it: {@code user}, {@code host} or {@code internal}. */
  public static String kind(Problem problem) {
    return problem.kind().name().toLowerCase(Locale.ROOT);
  }

  /** A problem as a server told it; a kind that this version does not know counts as internal. */
  public static Problem value(org.lfedge.eve.tasks.core.api.v1.Problem message) {
    Problem.Kind kind =
        switch (message.getKind()) {
          case "user" -> Problem.Kind.USER;
          case "host" -> Problem.Kind.HOST;
          default -> Problem.Kind.INTERNAL;
        };
    return new Problem(
        message.getCode(), kind, message.getPath(), message.getValue(), message.getMessage());
  }

  private static Problems messages(List<Problem> problems) {
    Problems.Builder builder = Problems.newBuilder();
    List<Problem> left = new ArrayList<>(problems);
    int bytes = 0;
    while (!left.isEmpty()) {
      org.lfedge.eve.tasks.core.api.v1.Problem next = message(left.get(0));
      bytes += next.getSerializedSize();
      if (bytes > MAX_PROBLEM_BYTES) {
        builder.addProblems(
            message(Problem.user("MORE_PROBLEMS", "and " + left.size() + " more problems")));
        break;
      }
      builder.addProblems(next);
      left.remove(0);
    }
    return builder.build();
  }

  private static Status status(TaskException exception) {
    Status status =
        switch (exception.outcome()) {
          case NOT_FOUND -> Status.NOT_FOUND;
          case REFUSED -> Status.FAILED_PRECONDITION;
          case FAILED ->
              exception.first().kind() == Problem.Kind.USER
                  ? Status.INVALID_ARGUMENT
                  : Status.INTERNAL;
        };
    String text = exception.first().toString();
    return status.withDescription(text.length() > 1000 ? text.substring(0, 1000) : text);
  }
}
