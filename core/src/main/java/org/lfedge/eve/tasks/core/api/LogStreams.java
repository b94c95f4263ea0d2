package org.lfedge.eve.tasks.core.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.stub.ServerCallStreamObserver;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.port.OutputPiece;
import org.lfedge.eve.tasks.core.port.OutputReader;
import org.lfedge.eve.tasks.core.port.StandardStream;

/**
 * Sends the output of tasks to clients, as fast as each client takes it. One thread serves all of
 * them; for those who follow it looks for new output at intervals.
 */
final class LogStreams implements AutoCloseable {

  private static final int CHUNK_BYTES = 32 << 10;
  private static final int CHUNKS_PER_TURN = 16;
  private static final long INTERVAL_MILLIS = 100;

  private final ScheduledExecutorService thread = StreamThreads.one("logs");

  /**
   * Sends what there is to read, then what is added to it until the end; completes the stream.
   *
   * @param end completes when nothing more is to be waited for, in whatever way
   * @param timestamps whether each piece is sent with its time, rather than put together with
   *     others
   */
  void send(
      OutputReader output,
      CompletableFuture<?> end,
      boolean timestamps,
      ServerCallStreamObserver<LogChunk> client) {
    Sender sender = new Sender(output, end, timestamps, client);
    CompletableFuture<?> unused = end.whenComplete((result, failure) -> sender.wake());
    sender.begin();
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private final class Sender extends StreamSender<LogChunk> {

    private final OutputReader output;
    private final CompletableFuture<?> end;
    private final boolean timestamps;

    /** Was read, and did not fit into the chunk before it. */
    private @Nullable OutputPiece kept;

    private @Nullable Future<?> nextLook;
    private boolean ending;

    Sender(
        OutputReader output,
        CompletableFuture<?> end,
        boolean timestamps,
        ServerCallStreamObserver<LogChunk> client) {
      super(thread, client);
      this.output = output;
      this.end = end;
      this.timestamps = timestamps;
    }

    @Override
    void sendSome() {
      if (end.isDone() && !ending) {
        // Only what is there now: the task may be started again and write on.
        ending = true;
        output.endHere();
      }
      for (int i = 0; i < CHUNKS_PER_TURN; i++) {
        if (!client.isReady()) {
          return;
        }
        Optional<LogChunk> chunk = chunk();
        if (chunk.isEmpty()) {
          rest();
          return;
        }
        client.onNext(chunk.get());
      }
      // Others get their turn in between.
      wake();
    }

    private Optional<LogChunk> chunk() {
      Optional<OutputPiece> first = piece();
      if (first.isEmpty()) {
        return Optional.empty();
      }
      OutputPiece piece = first.get();
      LogChunk.Builder chunk =
          LogChunk.newBuilder()
              .setStream(
                  piece.stream() == StandardStream.STDOUT
                      ? LogChunk.Stream.STREAM_STDOUT
                      : LogChunk.Stream.STREAM_STDERR)
              .setDroppedBytes(piece.dropped());
      if (timestamps) {
        return Optional.of(
            chunk
                .setTime(timestamp(piece.time()))
                .setData(ByteString.copyFrom(piece.data()))
                .build());
      }
      return Optional.of(chunk.setData(together(piece)).build());
    }

    /** The piece with those after it that are like it, as one message carries. */
    private ByteString together(OutputPiece first) {
      ByteString.Output data = ByteString.newOutput(first.data().remaining());
      add(first, data);
      while (data.size() < CHUNK_BYTES) {
        Optional<OutputPiece> next = piece();
        if (next.isEmpty()) {
          break;
        }
        OutputPiece piece = next.get();
        if (piece.stream() != first.stream()
            || piece.dropped() > 0
            || data.size() + piece.data().remaining() > CHUNK_BYTES) {
          kept = piece;
          break;
        }
        add(piece, data);
      }
      return data.toByteString();
    }

    private void add(OutputPiece piece, ByteString.Output data) {
      ByteBuffer bytes = piece.data();
      data.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    private Optional<OutputPiece> piece() {
      OutputPiece before = kept;
      if (before != null) {
        kept = null;
        return Optional.of(before);
      }
      return output.next();
    }

    private void rest() {
      if (ending) {
        complete();
      } else {
        release();
        nextLook = thread.schedule(this::wake, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    @Override
    void release() {
      if (nextLook != null) {
        nextLook.cancel(false);
      }
    }
  }

  private static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }
}
