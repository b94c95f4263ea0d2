package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;

/**
 * The way to a client for several threads: each waits until the client can take more. A message for
 * a client who has left goes nowhere.
 */
final class ClientGate<T> {

  private final ServerCallStreamObserver<T> client;
  private boolean closed;

  /**
   * Takes over the handlers of the client for readiness and for leaving.
   *
   * @param onLeave called once if the client leaves before {@link #complete} or {@link #fail}
   */
  ClientGate(ServerCallStreamObserver<T> client, Runnable onLeave) {
    this.client = client;
    client.setOnReadyHandler(this::wake);
    client.setOnCancelHandler(
        () -> {
          synchronized (this) {
            closed = true;
            notifyAll();
          }
          onLeave.run();
        });
  }

  private synchronized void wake() {
    notifyAll();
  }

  /** Whether the client has left or was told the end. */
  synchronized boolean closed() {
    return closed;
  }

  /** Sends a message as soon as the client can take one. */
  synchronized void send(T message) {
    while (!closed && !client.isReady()) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    if (!closed) {
      client.onNext(message);
    }
  }

  /** Sends a message without waiting: one that bears no further delay, or is the last. */
  synchronized void sendNow(T message) {
    if (!closed) {
      client.onNext(message);
    }
  }

  synchronized void complete() {
    if (!closed) {
      closed = true;
      client.onCompleted();
    }
  }

  synchronized void fail(Throwable failure) {
    if (!closed) {
      closed = true;
      client.onError(ApiProblems.toStatus(failure));
    }
  }
}
