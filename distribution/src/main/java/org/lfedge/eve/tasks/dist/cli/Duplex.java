package org.lfedge.eve.tasks.dist.cli;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * A call in which both sides send: one thread takes what comes, message by message, and others
 * send. Neither side gets ahead of the other by more than a few messages.
 */
final class Duplex<Q, A> implements ClientResponseObserver<Q, A>, AutoCloseable {

  private final Function<Throwable, TaskException> explain;
  private final BlockingQueue<Event<A>> events = new LinkedBlockingQueue<>();
  private @Nullable ClientCallStreamObserver<Q> call;
  private boolean ended;
  private boolean taken;

  /** What came: a message, or the end without one, which may have a reason. */
  private record Event<A>(@Nullable A message, @Nullable Throwable failure) {}

  /**
   * Prepares for a call.
   *
   * @param explain makes of a failed call what the daemon said
   */
  Duplex(Function<Throwable, TaskException> explain) {
    this.explain = explain;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> started) {
    call = started;
    started.disableAutoRequestWithInitial(1);
    started.setOnReadyHandler(this::wake);
  }

  private synchronized void wake() {
    notifyAll();
  }

  @Override
  public void onNext(A message) {
    events.add(new Event<>(message, null));
  }

  @Override
  public void onError(Throwable failure) {
    end(failure);
  }

  @Override
  public void onCompleted() {
    end(null);
  }

  private void end(@Nullable Throwable failure) {
    events.add(new Event<>(null, failure));
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  /**
   * Waits for the next message; what was taken before must have been dealt with.
   *
   * @return empty at the end
   * @throws TaskException if the call failed
   */
  Optional<A> next() {
    try {
      if (taken) {
        call().request(1);
      }
      taken = true;
      Event<A> event = events.take();
      if (event.failure() != null) {
        throw explain.apply(event.failure());
      }
      return Optional.ofNullable(event.message());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TaskException.failed(Problem.internal("INTERRUPTED", "interrupted"));
    }
  }

  /**
   * Sends a small message without waiting for room, from whatever thread. The one that takes what
   * comes must never wait here: a call that the daemon has ended has no room any more, and tells so
   * only after its last message was taken.
   */
  synchronized void sendNow(Q message) {
    if (!ended) {
      call().onNext(message);
    }
  }

  /**
   * Sends a message as soon as there is room for it; not for the thread that takes what comes.
   *
   * @return whether it was sent; not if the call has ended
   */
  synchronized boolean send(Q message) {
    try {
      while (!ended && !call().isReady()) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    if (!ended) {
      call().onNext(message);
    }
    return !ended;
  }

  private ClientCallStreamObserver<Q> call() {
    ClientCallStreamObserver<Q> started = call;
    if (started == null) {
      throw new IllegalStateException("the call has not begun");
    }
    return started;
  }

  /** Leaves the call, if it has not ended. */
  @Override
  public synchronized void close() {
    if (!ended) {
      ended = true;
      notifyAll();
      call().cancel("the client leaves", null);
    }
  }
}
