package org.lfedge.eve.tasks.dist.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.api.ApiServer;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.api.v1.LogsRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;

class LogsCommandTest {

  private static final long NOW = 1_800_000_600;

  @TempDir private Path directory;
  private final Service service = new Service();
  private ApiServer server;

  /** Sends what the test gives it. */
  private static final class Service extends TaskmanagerGrpc.TaskmanagerImplBase {

    private final List<LogChunk> chunks = new ArrayList<>();
    private LogsRequest request = LogsRequest.getDefaultInstance();

    @Override
    public void logs(LogsRequest asked, StreamObserver<LogChunk> client) {
      request = asked;
      chunks.forEach(client::onNext);
      client.onCompleted();
    }

    void write(LogChunk.Stream stream, String text, long seconds) {
      chunks.add(
          LogChunk.newBuilder()
              .setStream(stream)
              .setData(ByteString.copyFromUtf8(text))
              .setTime(Timestamp.newBuilder().setSeconds(seconds).setNanos(7_000_000))
              .build());
    }
  }

  @BeforeEach
  void serve() {
    server = ApiServer.start(directory.resolve("api.sock"), service);
  }

  @AfterEach
  void end() {
    server.close();
  }

  private CommandRun.Result logs(String... options) {
    List<String> line = new ArrayList<>(List.of("logs"));
    line.addAll(List.of(options));
    line.add("web");
    return new CommandRun(directory.resolve("api.sock"), directory)
        .run(line.toArray(String[]::new));
  }

  @Test
  void withoutOptionsAllIsAskedFor() {
    assertEquals(0, logs().status());
    assertEquals(LogsRequest.newBuilder().setName("web").build(), service.request);
  }

  @Test
  void aDurationIsCountedBackFromNowAndATimeTakenAsItIs() {
    logs("--since", "1m30s", "-f", "-n", "20");
    assertEquals(NOW - 90, service.request.getSince().getSeconds());
    assertEquals(20, service.request.getTail());
    assertTrue(service.request.getFollow());
    logs("--since", "2027-01-15T10:00:00+02:00");
    assertEquals(1_800_000_000, service.request.getSince().getSeconds());
    assertFalse(service.request.hasTail());
  }

  @Test
  void whatIsNoTimeOrNoNumberIsAFaultOfTheCommandLine() {
    CommandRun.Result result = logs("--since", "yesterday");
    assertEquals(2, result.status());
    assertTrue(result.err().contains("1h30m"), result.err());
    assertEquals(2, logs("--tail", "-1").status());
    assertEquals(2, logs("--tail", "some").status());
  }

  @Test
  void aTimeStandsBeforeEachLineAndNotInTheMiddleOfOne() {
    service.write(LogChunk.Stream.STREAM_STDOUT, "a\nb", 1_800_000_000);
    service.write(LogChunk.Stream.STREAM_STDERR, "x\n", 1_800_000_001);
    service.write(LogChunk.Stream.STREAM_STDOUT, "b\nc\n", 1_800_000_002);
    CommandRun.Result result = logs("--timestamps");
    assertEquals(
        """
        2027-01-15T08:00:00.007Z a
        2027-01-15T08:00:00.007Z bb
        2027-01-15T08:00:02.007Z c
        """,
        result.out());
    assertEquals("2027-01-15T08:00:01.007Z x\n", result.err());
    assertTrue(service.request.getTimestamps());
  }

  @Test
  void whatIsMissingIsSaidWhereItIsMissing() {
    service.write(LogChunk.Stream.STREAM_STDOUT, "a\n", 0);
    service.chunks.add(
        LogChunk.newBuilder()
            .setStream(LogChunk.Stream.STREAM_STDOUT)
            .setDroppedBytes(3 << 20)
            .build());
    service.write(LogChunk.Stream.STREAM_STDOUT, "b\n", 0);
    CommandRun.Result result = logs();
    assertEquals("a\nb\n", result.out());
    assertTrue(result.err().contains("3MiB of its standard output are missing"), result.err());
  }
}
