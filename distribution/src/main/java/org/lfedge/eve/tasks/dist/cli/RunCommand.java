package org.lfedge.eve.tasks.dist.cli;

import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.api.v1.LogsRequest;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    header = "Create a task, start it, and follow its output until it ends.",
    description = {
      "The streams of the task come out on the streams of taskctl, and its exit code becomes that"
          + " of taskctl. Ctrl-C (as SIGTERM and a closed terminal) stops the task by its stop"
          + " plan. The task stays, and can be inspected, started again and deleted.",
      "Without -d this is one run: its end is not followed by a restart, whatever the policy of the"
          + " task says. With -d the policy holds.",
      "Where the executor of the task knows what an end means, such as a crash of a guest, the exit code"
          + " is 0 for none that is a failure, and at least 1 for one that is.",
      "A task with a terminal (terminal: true in its document) is shown as by 'taskctl attach', and goes"
          + " on when taskctl ends."
    },
    footer = {
      "  taskctl run web.yaml",
      "  taskctl run -d web.yaml",
      "  generate-task | taskctl run -",
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class RunCommand implements Callable<Integer>, Attaching {

  private final Session session;

  @Option(
      names = {"-d", "--detach"},
      description = "Return as soon as it runs.")
  private boolean detach;

  @Parameters(paramLabel = "FILE", description = "A task document; - is standard input.")
  private String file;

  RunCommand(Session session) {
    this.session = session;
  }

  @Override
  public boolean attached() {
    return !detach;
  }

  @Override
  public Integer call() {
    DocumentRequest document = TaskCommands.request(session, file);
    try (Connection connection = session.connect()) {
      String name = connection.call(stub -> stub.create(document)).getName();
      TaskRequest task = TaskRequest.newBuilder().setName(name).build();
      if (detach) {
        TaskCommands.show(session, start(connection, task, false));
        return ExitStatus.OK;
      }
      return RemoteTerminal.isWanted(connection, name)
          ? show(connection, task)
          : follow(connection, task);
    }
  }

  /** Joined before the start, so that nothing of what the task shows is missed. */
  private int show(Connection connection, TaskRequest task) {
    try (RemoteTerminal terminal = new RemoteTerminal(session, connection, task.getName())) {
      var unused = start(connection, task, true);
      return terminal.show();
    }
  }

  private int follow(Connection connection, TaskRequest task) {
    CompletableFuture<Integer> status = new CompletableFuture<>();
    Terminal.Registration registration =
        session.terminal().interrupts().register(() -> interrupted(connection, task, status));
    try {
      // Asked for before the start, so that not even the end of a short task is missed.
      Iterator<LogChunk> chunks =
          connection.call(
              stub ->
                  stub.logs(
                      LogsRequest.newBuilder().setName(task.getName()).setFollow(true).build()));
      start(connection, task, true);
      connection.drain(chunks, new LogOutput(session, false)::write);
      Task ended = connection.call(stub -> stub.wait(task));
      status.complete(exitStatus(session, ended));
    } finally {
      status.complete(ExitStatus.OURS);
      registration.close();
    }
    return status.join();
  }

  private Task start(Connection connection, TaskRequest task, boolean once) {
    StartRequest request = StartRequest.newBuilder().setName(task.getName()).setOnce(once).build();
    try {
      return connection.call(stub -> stub.start(request));
    } catch (TaskException e) {
      session.note(
          task.getName()
              + " was created but does not run: see 'taskctl inspect "
              + task.getName()
              + "', or remove it with 'taskctl delete "
              + task.getName()
              + "'");
      throw e;
    }
  }

  static int exitStatus(Session session, Task ended) {
    if (ended.hasExitCode() || !ended.getExitOutcome().isEmpty()) {
      return ExitStatus.of(ended.getExitCode(), ended.getExitOutcome());
    }
    session.note(
        "it is not known how "
            + ended.getName()
            + " ended: its state is "
            + ended.getState()
            + ", see 'taskctl inspect "
            + ended.getName()
            + "'");
    return ExitStatus.OURS;
  }

  /** Runs beside {@link #follow}, which goes on to write what the task writes while it ends. */
  private int interrupted(
      Connection connection, TaskRequest task, CompletableFuture<Integer> status) {
    String name = task.getName();
    session.note("stopping " + name + "; 'taskctl stop --force " + name + "' kills it at once");
    try {
      connection.call(stub -> stub.stop(StopRequest.newBuilder().setName(name).build()));
      return status.join();
    } catch (TaskException e) {
      session.report(e);
      return ExitStatus.OURS;
    }
  }
}
