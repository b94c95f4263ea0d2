package org.lfedge.eve.tasks.core.api;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.OutputFiles;

/**
 * Sends the output files of tasks to clients, as fast as each client takes it. One thread serves
 * all of them; it looks for new output at intervals, which costs less than watches do for files
 * that grow all the time.
 */
final class LogStreams implements AutoCloseable {

  private static final int CHUNK_BYTES = 32 << 10;
  private static final int CHUNKS_PER_TURN = 16;
  private static final long INTERVAL_MILLIS = 100;

  private final ScheduledThreadPoolExecutor thread;
  private final ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES);

  LogStreams() {
    thread =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread result = new Thread(work, "logs");
              result.setDaemon(true);
              return result;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    thread.setKeepAliveTime(10, TimeUnit.SECONDS);
    thread.allowCoreThreadTimeOut(true);
    thread.setRemoveOnCancelPolicy(true);
  }

  /**
   * Sends what is in the files, then what is added to them until the end; completes the stream.
   *
   * @param end completes when nothing more is to be waited for, in whatever way
   */
  void send(
      OutputFiles files, CompletableFuture<?> end, ServerCallStreamObserver<LogChunk> client) {
    Sender sender = new Sender(files, end, client);
    client.setOnReadyHandler(sender::wake);
    client.setOnCancelHandler(sender::wake);
    CompletableFuture<?> unused = end.whenComplete((result, failure) -> sender.wake());
    sender.wake();
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** The work for one client. All but {@link #wake} happens on the one thread. */
  private final class Sender {

    private final List<Source> sources;
    private final CompletableFuture<?> end;
    private final ServerCallStreamObserver<LogChunk> client;
    private @Nullable Future<?> nextLook;
    private boolean ending;
    private boolean done;

    Sender(OutputFiles files, CompletableFuture<?> end, ServerCallStreamObserver<LogChunk> client) {
      this.end = end;
      this.client = client;
      sources =
          List.of(
              new Source(files.stdout(), LogChunk.Stream.STREAM_STDOUT),
              new Source(files.stderr(), LogChunk.Stream.STREAM_STDERR));
    }

    void wake() {
      thread.execute(this::turn);
    }

    private void turn() {
      if (done) {
        return;
      }
      if (client.isCancelled()) {
        finish();
        return;
      }
      try {
        if (end.isDone() && !ending) {
          // Only what is there now: the task may be started again and write on.
          ending = true;
          for (Source source : sources) {
            source.endHere();
          }
        }
        for (int i = 0; i < CHUNKS_PER_TURN; i++) {
          if (!client.isReady()) {
            return;
          }
          boolean sent = false;
          for (Source source : sources) {
            sent |= source.sendChunk(client);
          }
          if (!sent) {
            rest();
            return;
          }
        }
        thread.execute(this::turn);
      } catch (IOException e) {
        finish();
        client.onError(
            ApiProblems.toStatus(
                TaskException.failed(
                    Problem.host("CANNOT_READ", "cannot read the output of the task: " + e), e)));
      }
    }

    private void rest() {
      if (ending) {
        finish();
        client.onCompleted();
      } else {
        if (nextLook != null) {
          nextLook.cancel(false);
        }
        nextLook = thread.schedule(this::turn, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    private void finish() {
      done = true;
      if (nextLook != null) {
        nextLook.cancel(false);
      }
      sources.forEach(Source::close);
    }
  }

  /** One file, opened when it is there. */
  private final class Source {

    private final Path file;
    private final LogChunk.Stream stream;
    private @Nullable FileChannel channel;
    private long limit = Long.MAX_VALUE;

    Source(Path file, LogChunk.Stream stream) {
      this.file = file;
      this.stream = stream;
    }

    void endHere() throws IOException {
      FileChannel open = open();
      limit = open == null ? 0 : open.size();
    }

    boolean sendChunk(ServerCallStreamObserver<LogChunk> client) throws IOException {
      FileChannel open = open();
      if (open == null) {
        return false;
      }
      buffer.clear();
      buffer.limit((int) Math.min(buffer.capacity(), Math.max(0, limit - open.position())));
      if (open.read(buffer) <= 0) {
        return false;
      }
      client.onNext(
          LogChunk.newBuilder()
              .setStream(stream)
              .setData(ByteString.copyFrom(buffer.flip()))
              .build());
      return true;
    }

    void close() {
      try {
        if (channel != null) {
          channel.close();
        }
      } catch (IOException e) {
        // Nothing was written through it, so nothing can be lost.
      }
    }

    private @Nullable FileChannel open() throws IOException {
      if (channel == null) {
        try {
          channel = FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
          return null;
        }
      }
      return channel;
    }
  }
}
