package org.lfedge.eve.tasks.core.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.output.OutputBounds;
import org.lfedge.eve.tasks.core.output.OutputLogs;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.OutputSelection;

class LogStreamsTest {

  @TempDir private Path directory;
  private OutputFiles files = new OutputFiles(Path.of("stdout"), Path.of("stderr"));
  private OutputLogs output = logsIn(Path.of("none"));
  private final LogStreams logs = new LogStreams();
  private final Client client = new Client();

  @BeforeEach
  void makeTheFiles() {
    output = logsIn(directory.resolve("logs"));
    files = output.create("web");
  }

  private static OutputLogs logsIn(Path directory) {
    return new OutputLogs(
        directory, OutputBounds.DEFAULT, (task, purpose, command) -> "", InstantSource.system());
  }

  private void send(CompletableFuture<?> end) {
    logs.send(output.read("web", OutputSelection.ALL), end, false, client);
  }

  @AfterEach
  void endTheThread() {
    logs.close();
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static CompletableFuture<String> ended() {
    return CompletableFuture.completedFuture("ended");
  }

  @Test
  void whatIsThereIsSentByStreamAndThenTheCallIsComplete() throws Exception {
    append(files.stdout(), "out");
    append(files.stderr(), "err");

    send(ended());

    client.awaitCompletion();
    assertEquals("out", client.out());
    assertEquals("err", client.err());
  }

  @Test
  void manyChunksArriveWholeAndInOrder() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; text.length() < 3_000_000; i++) {
      text.append("line ").append(i).append('\n');
    }
    append(files.stdout(), text.toString());

    send(ended());

    client.awaitCompletion();
    assertEquals(text.toString(), client.out());
  }

  @Test
  void outputIsFollowedUntilTheEndAndAllBeforeTheEndIsSent() throws Exception {
    CompletableFuture<String> end = new CompletableFuture<>();
    append(files.stdout(), "one ");
    send(end);
    client.awaitOut("one ");

    append(files.stdout(), "two ");
    client.awaitOut("one two ");

    append(files.stdout(), "three");
    append(files.stderr(), "last words");
    end.complete("ended");

    client.awaitCompletion();
    assertEquals("one two three", client.out());
    assertEquals("last words", client.err());
  }

  @Test
  void aTaskThatIsLostEndsTheStreamAsOneThatEnds() throws Exception {
    append(files.stdout(), "text");
    send(CompletableFuture.failedFuture(new IllegalStateException("gone")));
    client.awaitCompletion();
    assertEquals("text", client.out());
  }

  @Test
  void outputThatIsMadeLaterIsFound() throws Exception {
    CompletableFuture<String> end = new CompletableFuture<>();
    output.remove("web");
    send(end);
    output.create("web");
    append(files.stderr(), "late");
    end.complete("ended");
    client.awaitCompletion();
    assertEquals("late", client.err());
  }

  @Test
  void aClientThatIsNotReadyIsSentNothingUntilItIs() throws Exception {
    append(files.stdout(), "x".repeat(100_000));
    client.readyFor(1);
    send(ended());
    client.awaitOut("x".repeat(32 << 10));

    client.readyFor(Integer.MAX_VALUE);
    client.awaitCompletion();
    assertEquals(100_000, client.out().length());
  }

  @Test
  void withTimesEachPieceHasItsOwn() throws Exception {
    append(files.stdout(), "one");
    logs.send(output.read("web", OutputSelection.ALL), ended(), true, client);
    client.awaitCompletion();
    Instant time = client.lastTime().orElseThrow();
    assertTrue(Duration.between(time, Instant.now()).abs().toMinutes() < 1, time.toString());
  }

  @Test
  void aFileThatCannotBeReadIsAFailureOfTheCall() throws Exception {
    Files.delete(files.stdout());
    Files.createDirectory(files.stdout());
    send(ended());
    String failure = client.awaitFailure();
    assertTrue(failure.contains("CANNOT_READ"), failure);
  }

  /** Takes what is sent to it while it is ready, and fails if more is. */
  private static final class Client extends ServerCallStreamObserver<LogChunk> {

    private final StringBuilder out = new StringBuilder();
    private final StringBuilder err = new StringBuilder();
    private final CompletableFuture<Optional<Throwable>> end = new CompletableFuture<>();
    private @Nullable LogChunk last;
    private int room = Integer.MAX_VALUE;
    private Runnable onReady = () -> {};

    synchronized void readyFor(int chunks) {
      room = chunks;
      onReady.run();
    }

    synchronized String out() {
      return out.toString();
    }

    synchronized String err() {
      return err.toString();
    }

    synchronized void awaitOut(String text) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (!out.toString().equals(text)) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        assertTrue(left > 0, () -> "only this came in time: " + out);
        wait(left);
      }
    }

    synchronized Optional<Instant> lastTime() {
      return last == null || !last.hasTime()
          ? Optional.empty()
          : Optional.of(
              Instant.ofEpochSecond(last.getTime().getSeconds(), last.getTime().getNanos()));
    }

    void awaitCompletion() throws Exception {
      assertEquals(Optional.empty(), end.get(20, TimeUnit.SECONDS));
    }

    String awaitFailure() throws Exception {
      return end.get(20, TimeUnit.SECONDS).orElseThrow().toString();
    }

    @Override
    public synchronized void onNext(LogChunk chunk) {
      if (room <= 0) {
        end.complete(Optional.of(new IllegalStateException("sent to a client that is not ready")));
      }
      room--;
      last = chunk;
      boolean toErr = chunk.getStream() == LogChunk.Stream.STREAM_STDERR;
      (toErr ? err : out).append(chunk.getData().toString(StandardCharsets.UTF_8));
      notifyAll();
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(Optional.of(failure));
    }

    @Override
    public void onCompleted() {
      end.complete(Optional.empty());
    }

    @Override
    public synchronized boolean isReady() {
      return room > 0;
    }

    @Override
    public synchronized void setOnReadyHandler(Runnable handler) {
      onReady = handler;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}
  }
}
