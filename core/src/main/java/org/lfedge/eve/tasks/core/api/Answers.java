package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** How a call with a single answer is answered, and how it fails. */
final class Answers {

  private Answers() {}

  /** Answers with what the engine will have to say, and holds no thread meanwhile. */
  static <T, R> void later(
      StreamObserver<R> client, Supplier<CompletableFuture<T>> call, Function<T, R> message) {
    tolerateLeaving(client);
    CompletableFuture<T> result;
    try {
      result = call.get();
    } catch (RuntimeException e) {
      result = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<R> unused =
        result
            .thenApply(message)
            .whenComplete(
                (value, failure) -> {
                  if (failure == null) {
                    client.onNext(value);
                    client.onCompleted();
                  } else {
                    client.onError(ApiProblems.toStatus(failure));
                  }
                });
  }

  static <R> void now(StreamObserver<R> client, Supplier<R> call) {
    later(client, () -> CompletableFuture.completedFuture(call.get()), Function.identity());
  }

  /** A client may leave before the answer; what it asked for is done all the same. */
  private static void tolerateLeaving(StreamObserver<?> client) {
    ((ServerCallStreamObserver<?>) client).setOnCancelHandler(() -> {});
  }
}
