package org.lfedge.eve.tasks.dist.cli;

import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.SignalRequest;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that change tasks which have a name. */
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class TaskCommands {

  private TaskCommands() {}

  static DocumentRequest request(Session session, String file) {
    DocumentFile document = DocumentFile.read(file, session.terminal().in());
    return DocumentRequest.newBuilder()
        .setDocument(document.text())
        .setBaseDirectory(document.baseDirectory().toString())
        .build();
  }

  static void show(Session session, Task task) {
    if (session.json()) {
      session.print(TaskJson.task(task));
    } else {
      session.print(TaskTables.standing(task));
    }
  }

  /** Works through the names; one that fails does not keep the others from their turn. */
  static int each(
      Session session, String[] names, BiFunction<Connection, String, @Nullable Task> work) {
    int status = ExitStatus.OK;
    try (Connection connection = session.connect()) {
      for (String name : names) {
        try {
          Task task = work.apply(connection, name);
          if (task != null) {
            show(session, task);
          }
        } catch (TaskException e) {
          session.report(e);
          status = status == ExitStatus.OK ? ExitStatus.of(e) : status;
        }
      }
    }
    return status;
  }

  @Command(
      name = "create",
      header = "Make a task and its anchor's process, and let nothing run yet.",
      description = {
        "Makes everything that the task needs, up to the state CREATED: the PID of its anchor"
            + " exists, its program has not run. If a step fails, everything is undone."
      },
      footer = {"  taskctl create web.yaml && taskctl start web"})
  static final class Create implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "FILE", description = "A task document; - is standard input.")
    private String file;

    Create(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      DocumentRequest request = request(session, file);
      try (Connection connection = session.connect()) {
        show(session, connection.call(stub -> stub.create(request)));
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "start",
      header = "Let the programs of tasks run.",
      description = {
        "Starts tasks that are CREATED, STOPPED or FAILED. What a task wrote to its root before is"
            + " still there; its anchor gets a new PID. From now on the task is wanted running: its"
            + " restart policy holds, and a reboot brings it back. A task that comes after others is"
            + " started when they have come far enough."
      },
      footer = {"  taskctl start web db"})
  static final class Start implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of tasks.")
    private String[] names;

    Start(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      return each(
          session,
          names,
          (connection, name) ->
              connection.call(stub -> stub.start(StartRequest.newBuilder().setName(name).build())));
    }
  }

  @Command(
      name = "stop",
      header = "End the programs of tasks.",
      description = {
        "Works through the stop plan of each task: the signal that its image names, SIGTERM by"
            + " default, then, when its time of grace is over, SIGKILL to all its processes."
            + " Answers when the anchor has ended, and its cleanup has succeeded if its executor"
            + " has one. The task stays, is not restarted by its policy or after a reboot, and can be"
            + " started again."
      },
      footer = {"  taskctl stop web", "  taskctl stop --force web db"})
  static final class Stop implements Callable<Integer> {
    private final Session session;

    @Option(
        names = {"-f", "--force"},
        description = "SIGKILL at once, to every process of the task.")
    private boolean force;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of tasks.")
    private String[] names;

    Stop(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      return each(
          session,
          names,
          (connection, name) ->
              connection.call(
                  stub ->
                      stub.stop(StopRequest.newBuilder().setName(name).setForce(force).build())));
    }
  }

  @Command(
      name = "delete",
      header = "Remove tasks and all that was made for them.",
      description = {
        "Removes the container, the writable layer, the network namespace, the output and the"
            + " record of each task. A task that runs is refused, except with --force. Volumes that"
            + " the node keeps stay, also those that were made with the task, except with --purge."
      },
      footer = {"  taskctl delete web", "  taskctl delete --force web db"})
  static final class Delete implements Callable<Integer> {
    private final Session session;

    @Option(
        names = {"-f", "--force"},
        description =
            "If it runs, kill it first; and remove it even if its cleanup fails"
                + " (CLEANUP_FAILED).")
    private boolean force;

    @Option(names = "--purge", description = "Also remove the volumes that were made with it.")
    private boolean purge;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of tasks.")
    private String[] names;

    Delete(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      return each(
          session,
          names,
          (connection, name) -> {
            DeleteRequest request =
                DeleteRequest.newBuilder().setName(name).setForce(force).setPurge(purge).build();
            connection.call(stub -> stub.delete(request));
            if (!session.json()) {
              session.print(name + ": deleted");
            }
            return null;
          });
    }
  }

  @Command(
      name = "signal",
      header = "Send a signal to the anchor of a task.",
      description = "The task must be RUNNING or STOPPING.",
      footer = {"  taskctl signal web SIGHUP", "  taskctl signal web 1"})
  static final class Signal implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "NAME", description = "The name of a task.")
    private String name;

    @Parameters(
        index = "1",
        paramLabel = "SIGNAL",
        description = "Such as SIGHUP, hup, 1 or SIGRTMIN+3.")
    private String signal;

    Signal(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      SignalRequest request = SignalRequest.newBuilder().setName(name).setSignal(signal).build();
      try (Connection connection = session.connect()) {
        connection.call(stub -> stub.signal(request));
      }
      return ExitStatus.OK;
    }
  }
}
