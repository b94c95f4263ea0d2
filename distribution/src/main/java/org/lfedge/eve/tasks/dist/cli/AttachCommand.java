package org.lfedge.eve.tasks.dist.cli;

import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.api.v1.LogsRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "attach",
    header = "Follow a task until it ends.",
    description = {
      "What the task writes comes out on the streams of taskctl, and its exit code becomes that of"
          + " taskctl. If the task has a terminal (terminal: true in its document), that of the"
          + " user becomes it: keys go to the task, Ctrl-C too, and Ctrl-P Ctrl-Q leaves it. From a"
          + " task without one, Ctrl-C leaves. The task goes on in both cases."
    },
    footer = {"  taskctl attach web"})
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class AttachCommand implements Callable<Integer>, Attaching {

  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The name of a task.")
  private String name;

  AttachCommand(Session session) {
    this.session = session;
  }

  @Override
  public boolean attached() {
    return true;
  }

  @Override
  public Integer call() {
    try (Connection connection = session.connect()) {
      if (!RemoteTerminal.isWanted(connection, name)) {
        return follow(connection);
      }
      try (RemoteTerminal terminal = new RemoteTerminal(session, connection, name)) {
        return terminal.show();
      }
    }
  }

  private int follow(Connection connection) {
    TaskRequest task = TaskRequest.newBuilder().setName(name).build();
    // Asked for at once: by the end of the output, the task may have been started again.
    CompletableFuture<Task> end =
        CompletableFuture.supplyAsync(() -> connection.call(stub -> stub.wait(task)));
    LogsRequest request = LogsRequest.newBuilder().setName(name).setFollow(true).setTail(0).build();
    Iterator<LogChunk> chunks = connection.call(stub -> stub.logs(request));
    connection.drain(chunks, new LogOutput(session, false)::write);
    try {
      return RunCommand.exitStatus(session, end.join());
    } catch (CompletionException e) {
      throw e.getCause() instanceof TaskException known ? known : e;
    }
  }
}
