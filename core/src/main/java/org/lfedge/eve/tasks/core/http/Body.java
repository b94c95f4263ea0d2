package org.lfedge.eve.tasks.core.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, for one reader. Unlike the stream that the JDK offers, it notices when no
 * bytes come any more. What was read ahead is one portion of the connection, 16 KiB as a rule.
 */
public final class Body implements BodySubscriber<Body> {

  private final Consumer<Body> atEnd;
  private final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>();
  private @Nullable Subscription subscription;
  private @Nullable Throwable failure;
  private boolean ended;

  /** Calls back once, when nothing more will come. */
  Body(Consumer<Body> atEnd) {
    this.atEnd = atEnd;
  }

  /**
   * Reads some bytes, at least one.
   *
   * @param patience how long they may take
   * @return -1 at the end
   * @throws SocketTimeoutException if none came in time
   * @throws InterruptedIOException if this thread is interrupted
   * @throws IOException if the connection broke
   */
  public int read(byte[] buffer, int offset, int length, Duration patience) throws IOException {
    int count;
    Subscription more = null;
    synchronized (this) {
      await(patience);
      ByteBuffer first = waiting.peek();
      if (first == null) {
        if (failure != null) {
          throw new IOException(failure.getMessage(), failure);
        }
        return -1;
      }
      count = Math.min(length, first.remaining());
      first.get(buffer, offset, count);
      if (!first.hasRemaining()) {
        waiting.remove();
      }
      if (waiting.isEmpty() && !ended) {
        more = subscription;
      }
    }
    if (more != null) {
      more.request(1);
    }
    return count;
  }

  private synchronized void await(Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (waiting.isEmpty() && !ended) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new SocketTimeoutException("no bytes came for " + HttpFailures.seconds(patience));
      }
      try {
        wait(left / 1_000_000 + 1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
    }
  }

  /** Ends the request; its connection is closed unless all was read. */
  public void cancel() {
    Subscription running;
    synchronized (this) {
      running = ended ? null : subscription;
      end(new IOException("cancelled"));
    }
    if (running != null) {
      running.cancel();
    }
  }

  private synchronized void end(@Nullable Throwable cause) {
    if (!ended) {
      ended = true;
      failure = cause;
      notifyAll();
      atEnd.accept(this);
    }
  }

  @Override
  public CompletionStage<Body> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Subscription given) {
    boolean late;
    synchronized (this) {
      subscription = given;
      late = ended;
    }
    if (late) {
      given.cancel();
    } else {
      given.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    Subscription more = null;
    synchronized (this) {
      if (ended) {
        return;
      }
      for (ByteBuffer buffer : buffers) {
        if (buffer.hasRemaining()) {
          waiting.add(buffer);
        }
      }
      if (waiting.isEmpty()) {
        more = subscription;
      }
      notifyAll();
    }
    if (more != null) {
      more.request(1);
    }
  }

  @Override
  public void onError(Throwable cause) {
    end(cause);
  }

  @Override
  public void onComplete() {
    end(null);
  }
}
