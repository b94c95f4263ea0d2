package org.lfedge.eve.tasks.core.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.error.TaskException.Outcome;

class ApiProblemsTest {

  @Property
  void everyProblemComesBackAsItWas(
      @ForAll @Size(min = 1, max = 5) List<Integer> values, @ForAll Problem.Kind kind) {
    List<Problem> problems =
        values.stream()
            .map(value -> new Problem("CODE", kind, "a.b", value + " \u00e4", "message " + value))
            .toList();

    StatusRuntimeException status = ApiProblems.toStatus(TaskException.failed(problems));

    assertEquals(problems, ApiProblems.fromStatus(status).orElseThrow().problems());
  }

  @Test
  void theOutcomeShowsInTheStatusAndComesBack() {
    Problem problem = Problem.user("CODE", "message");
    assertOutcome(Status.Code.NOT_FOUND, Outcome.NOT_FOUND, TaskException.notFound(problem));
    assertOutcome(Status.Code.FAILED_PRECONDITION, Outcome.REFUSED, TaskException.refused(problem));
    assertOutcome(Status.Code.INVALID_ARGUMENT, Outcome.FAILED, TaskException.failed(problem));
    assertOutcome(
        Status.Code.INTERNAL,
        Outcome.FAILED,
        TaskException.failed(Problem.host("CODE", "message")));
  }

  private static void assertOutcome(Status.Code code, Outcome outcome, TaskException failure) {
    StatusRuntimeException status = ApiProblems.toStatus(new CompletionException(failure));
    assertEquals(code, status.getStatus().getCode());
    assertEquals(outcome, ApiProblems.fromStatus(status).orElseThrow().outcome());
  }

  @Test
  void aFaultOfThisSoftwareIsOneProblemOfKindInternal() {
    StatusRuntimeException status = ApiProblems.toStatus(new IllegalStateException("surprise"));

    TaskException failure = ApiProblems.fromStatus(status).orElseThrow();
    assertEquals(1, failure.problems().size());
    assertEquals(Problem.Kind.INTERNAL, failure.first().kind());
    assertTrue(failure.first().message().contains("surprise"), failure.first().message());
  }

  @Test
  void problemsThatTrailersCannotHoldAreCounted() {
    List<Problem> problems =
        IntStream.range(0, 2000)
            .mapToObj(i -> Problem.user("CODE", "problem " + i + " of a document".repeat(20)))
            .toList();

    StatusRuntimeException status = ApiProblems.toStatus(TaskException.failed(problems));

    List<Problem> told = ApiProblems.fromStatus(status).orElseThrow().problems();
    Problem last = told.get(told.size() - 1);
    assertEquals("MORE_PROBLEMS", last.code());
    assertEquals("and " + (2000 - told.size() + 1) + " more problems", last.message());
    Metadata trailers = Objects.requireNonNull(status.getTrailers());
    byte[] trailer =
        Objects.requireNonNull(
            trailers.get(Metadata.Key.of("problems-bin", Metadata.BINARY_BYTE_MARSHALLER)));
    // Headers travel in base64: four bytes for three.
    assertTrue(trailer.length * 4 / 3 < ApiProblems.MAX_TRAILER_BYTES * 3 / 4);
  }

  @Test
  void aFailureOfTheConnectionHasNoProblemsOfTheServer() {
    assertEquals(Optional.empty(), ApiProblems.fromStatus(Status.UNAVAILABLE.asRuntimeException()));
  }
}
