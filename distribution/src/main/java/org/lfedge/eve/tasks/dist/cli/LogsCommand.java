package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.api.v1.LogsRequest;
import org.lfedge.eve.tasks.core.config.Durations;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "logs",
    header = "Show what a task wrote to its standard output and error.",
    description = {
      "What it wrote to its standard output comes out on standard output, the rest on standard"
          + " error, byte for byte, over all its starts. The node keeps a bounded amount for each"
          + " task; the oldest is dropped first."
    },
    footer = {
      "  taskctl logs web",
      "  taskctl logs -f --tail 20 web 2>/dev/null",
      "  taskctl logs --since 10m --timestamps web",
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class LogsCommand implements Callable<Integer> {

  private final Session session;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the task ends.")
  private boolean follow;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description =
          "Only what was written from then on: a time such as 2026-05-04T12:00:00Z, or how long ago"
              + " it was, such as 1h30m.")
  private @Nullable String since;

  @Option(
      names = {"-n", "--tail"},
      paramLabel = "LINES",
      description = "Only so many of the last lines; those of both streams count.")
  private @Nullable Integer tail;

  @Option(
      names = {"-t", "--timestamps"},
      description = "Put before each line when it was written, exact to about 0.1 s.")
  private boolean timestamps;

  @Parameters(paramLabel = "NAME", description = "The name of a task.")
  private String name;

  LogsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    LogsRequest.Builder request =
        LogsRequest.newBuilder().setName(name).setFollow(follow).setTimestamps(timestamps);
    if (tail != null) {
      if (tail < 0) {
        throw wrong("--tail must be 0 or more");
      }
      request.setTail(tail);
    }
    if (since != null) {
      Instant time = time(since);
      request.setSince(
          Timestamp.newBuilder().setSeconds(time.getEpochSecond()).setNanos(time.getNano()));
    }
    try (Connection connection = session.connect()) {
      Iterator<LogChunk> chunks = connection.call(stub -> stub.logs(request.build()));
      connection.drain(chunks, new LogOutput(session, timestamps)::write);
    }
    return ExitStatus.OK;
  }

  private Instant time(String text) {
    Optional<Duration> ago = Durations.parse(text);
    if (ago.isPresent()) {
      return session.clock().instant().minus(ago.get());
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw wrong(
          "--since must be a time such as 2026-05-04T12:00:00Z or a duration such as 1h30m, not "
              + text);
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
