package org.lfedge.eve.tasks.core.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Writes to a FIFO, in a thread of its own: whoever reads at the other side may take his time. When
 * he has left, what is written goes nowhere.
 */
final class FifoWriter implements AutoCloseable {

  private final FileChannel channel;
  private final Runnable afterEnd;
  private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
  private final Thread thread;
  private boolean broken;

  /** Something to write; without data, the end. */
  private record Piece(ByteBuffer data, CompletableFuture<Void> written) {
    boolean isEnd() {
      return !data.hasRemaining();
    }
  }

  /**
   * Waits for something to write.
   *
   * @param afterEnd called when the end was written and the FIFO is closed
   */
  FifoWriter(String name, FileChannel channel, Runnable afterEnd) {
    this.channel = channel;
    this.afterEnd = afterEnd;
    thread = new Thread(null, this::run, name, FifoReader.STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
  }

  /** Completes when it is written, or cannot be. */
  CompletableFuture<Void> write(ByteBuffer data) {
    return data.hasRemaining() ? add(data) : CompletableFuture.completedFuture(null);
  }

  /** Closes the FIFO after what was written before. */
  void end() {
    var unused = add(ByteBuffer.allocate(0));
  }

  private CompletableFuture<Void> add(ByteBuffer data) {
    Piece piece = new Piece(data, new CompletableFuture<>());
    synchronized (pieces) {
      if (broken) {
        piece.written().complete(null);
      } else {
        pieces.add(piece);
      }
    }
    return piece.written();
  }

  private void run() {
    try {
      boolean more = true;
      while (more) {
        more = write(pieces.take());
      }
      channel.close();
      afterEnd.run();
    } catch (IOException | InterruptedException e) {
      // Nobody reads any more, at the other side or at all.
    } finally {
      synchronized (pieces) {
        broken = true;
      }
      pieces.forEach(left -> left.written().complete(null));
      closeChannel();
    }
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      // Everything was written before, or nobody reads it.
    }
  }

  /** Whether it was something, and not the end. */
  private boolean write(Piece piece) throws IOException {
    if (piece.isEnd()) {
      return false;
    }
    try {
      while (piece.data().hasRemaining()) {
        channel.write(piece.data());
      }
      return true;
    } finally {
      piece.written().complete(null);
    }
  }

  /** Gives up what is not written yet. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
