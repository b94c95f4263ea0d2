package org.lfedge.eve.tasks.dist.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.ExecStart;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "console",
    header = "Join the console of what runs in a task, such as a guest's.",
    description = {
      "Runs the program inside the task that its executor names for that, as the user of the task."
          + " In a terminal, keys go to the console as they are, Ctrl-C too; Ctrl-P Ctrl-Q leaves"
          + " it, and the task goes on. Standard input may be a pipe or a file as well. Of a task"
          + " whose executor names no such program, and that has a terminal, it is that terminal,"
          + " as with 'taskctl attach'."
    },
    footer = {"  taskctl console vm", "  echo poweroff | taskctl console vm"})
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ConsoleCommand implements Callable<Integer>, Attaching {

  private final Session session;

  @Parameters(paramLabel = "NAME", description = "The name of a task.")
  private String name;

  ConsoleCommand(Session session) {
    this.session = session;
  }

  @Override
  public boolean attached() {
    return true;
  }

  @Override
  public Integer call() {
    TaskRequest request = TaskRequest.newBuilder().setName(name).build();
    try (Connection connection = session.connect()) {
      InspectResponse task = connection.call(stub -> stub.inspect(request));
      boolean named =
          !task.getSeedJson().isEmpty() && Session.parse(task.getSeedJson()).has("console");
      if (!named && Session.parse(task.getConfigJson()).path("terminal").asBoolean()) {
        try (RemoteTerminal terminal = new RemoteTerminal(session, connection, name)) {
          return terminal.show();
        }
      }
      try (RemoteProgram program = new RemoteProgram(session, connection, start(), true)) {
        Optional<Integer> exit = program.follow();
        if (exit.isEmpty()) {
          session.note("left the console of " + name + ", which goes on");
        }
        return exit.orElse(ExitStatus.OK);
      }
    }
  }

  private ExecStart start() {
    ExecStart.Builder start = ExecStart.newBuilder().setName(name).setConsole(true).setStdin(true);
    Terminal.Device device = session.terminal().device();
    device
        .size()
        .ifPresent(
            size -> start.setTerminal(LocalTerminal.message(size)).putEnv("TERM", device.type()));
    return start.build();
  }
}
