package org.lfedge.eve.tasks.core.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a FIFO until its end, or until it is closed here. Takes a thread: Java cannot wait for a
 * FIFO in any other way.
 */
final class FifoReader {

  private static final Logger LOG = LoggerFactory.getLogger(FifoReader.class);

  /** Far more than is needed; what is not touched takes no memory. */
  static final long STACK_BYTES = 256 << 10;

  private final FileChannel channel;
  private final int chunkBytes;
  private final Consumer<ByteBuffer> sink;
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private volatile long waitingSince = Long.MAX_VALUE;

  /**
   * Begins to read.
   *
   * @param chunkBytes the largest piece
   * @param sink takes each piece before it returns, for as long as it wants
   */
  FifoReader(String name, FileChannel channel, int chunkBytes, Consumer<ByteBuffer> sink) {
    this.chunkBytes = chunkBytes;
    this.channel = channel;
    this.sink = sink;
    Thread thread = new Thread(null, this::run, name, STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
  }

  /** Completes when nothing more will come. */
  CompletableFuture<Void> end() {
    return end;
  }

  /** Whether nothing has come for some time, though everything that came was taken. */
  boolean idleFor(long nanos) {
    long since = waitingSince;
    return since != Long.MAX_VALUE && System.nanoTime() - since >= nanos;
  }

  private void run() {
    ByteBuffer buffer = ByteBuffer.allocate(chunkBytes);
    try {
      waitingSince = System.nanoTime();
      while (channel.read(buffer.clear()) >= 0) {
        waitingSince = Long.MAX_VALUE;
        sink.accept(buffer.flip());
        waitingSince = System.nanoTime();
      }
    } catch (ClosedChannelException e) {
      // It was closed here, to end this.
    } catch (IOException | RuntimeException e) {
      LOG.error("{}: reading ends: {}", Thread.currentThread().getName(), e.toString());
    } finally {
      end.complete(null);
    }
  }
}
