package org.lfedge.eve.tasks.core.containerd;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The answer to one asynchronous call: empty if containerd does not know what was asked for. */
final class AsyncCall<T> implements StreamObserver<T> {

  private final CompletableFuture<Optional<T>> answer = new CompletableFuture<>();
  private final Path socket;
  private final String what;

  /**
   * Prepares for a call.
   *
   * @param what completes the sentence "cannot ..."
   */
  AsyncCall(Path socket, String what) {
    this.socket = socket;
    this.what = what;
  }

  CompletableFuture<Optional<T>> answer() {
    return answer;
  }

  @Override
  public void onNext(T value) {
    answer.complete(Optional.of(value));
  }

  @Override
  public void onError(Throwable failure) {
    Status status = Status.fromThrowable(failure);
    if (status.getCode() == Status.Code.NOT_FOUND || isShimGone(status)) {
      answer.complete(Optional.empty());
    } else {
      StatusRuntimeException cause = status.asRuntimeException();
      answer.completeExceptionally(ContainerdFailure.of(socket, what, cause));
    }
  }

  /** containerd forwards the call to the shim; of one that dies meanwhile it says no more. */
  private static boolean isShimGone(Status status) {
    return String.valueOf(status.getDescription()).contains("ttrpc: closed");
  }

  @Override
  public void onCompleted() {
    answer.complete(Optional.empty());
  }
}
