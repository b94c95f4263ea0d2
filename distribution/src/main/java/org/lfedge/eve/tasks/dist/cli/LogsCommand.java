package org.lfedge.eve.tasks.dist.cli;

import java.util.Iterator;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.api.v1.LogsRequest;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logs",
    header = "Show what a task wrote to its standard output and error.",
    description = {
      "What it wrote to its standard output comes out on standard output, the rest on standard"
          + " error, byte for byte, since it was created."
    },
    footer = {"  taskctl logs web", "  taskctl logs -f web 2>/dev/null"})
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class LogsCommand implements Callable<Integer> {

  private final Session session;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the task ends.")
  private boolean follow;

  @Parameters(paramLabel = "NAME", description = "The name of a task.")
  private String name;

  LogsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (Connection connection = session.connect()) {
      LogsRequest request = LogsRequest.newBuilder().setName(name).setFollow(follow).build();
      Iterator<LogChunk> chunks = connection.call(stub -> stub.logs(request));
      connection.drain(chunks, chunk -> write(session, chunk));
    }
    return ExitStatus.OK;
  }

  static void write(Session session, LogChunk chunk) {
    boolean toErr = chunk.getStream() == LogChunk.Stream.STREAM_STDERR;
    if (!session.copy(chunk.getData().toByteArray(), toErr)) {
      throw TaskException.failed(
          Problem.user("CANNOT_WRITE", "nobody reads the output of this command any more"));
    }
  }
}
