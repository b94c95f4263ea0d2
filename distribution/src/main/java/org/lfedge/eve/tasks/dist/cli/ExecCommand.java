package org.lfedge.eve.tasks.dist.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.ExecStart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "exec",
    header = "Run a program inside a running task.",
    description = {
      "The program runs with the user, environment, working directory, limits and rights of the"
          + " task, except as the options say. Its output comes out on the streams of taskctl, and"
          + " its exit code becomes that of taskctl; 128 + n if signal n ended it. With -t it has a"
          + " terminal, and Ctrl-C goes to it; without, Ctrl-C ends taskctl. When taskctl ends, so"
          + " does the program: by SIGHUP, and 2 s later by SIGKILL."
    },
    footer = {
      "  taskctl exec web -- cat /etc/os-release",
      "  taskctl exec -it web -- sh",
      "  taskctl exec -i db -- psql -U postgres < dump.sql",
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ExecCommand implements Callable<Integer>, Attaching {

  private final Session session;

  @Option(
      names = {"-i", "--interactive"},
      description = "Pass standard input on; without, the program finds nothing to read.")
  private boolean interactive;

  @Option(
      names = {"-t", "--tty"},
      description = "Give it a terminal as large as the one at standard input.")
  private boolean tty;

  @Option(
      names = {"-u", "--user"},
      paramLabel = "USER",
      defaultValue = "",
      description = "A name or number in the task's root, also with a group: www, 33, www:log.")
  private String user;

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "DIR",
      defaultValue = "",
      description = "The directory where it starts; absolute.")
  private String directory;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description = "Set a variable; may be given several times.")
  private Map<String, String> env = new LinkedHashMap<>();

  @Parameters(index = "0", paramLabel = "NAME", description = "The name of a task.")
  private String name;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "PROGRAM",
      description = "The program and its arguments.")
  private List<String> args;

  ExecCommand(Session session) {
    this.session = session;
  }

  @Override
  public boolean attached() {
    return true;
  }

  @Override
  public Integer call() {
    Terminal.Device device = session.terminal().device();
    ExecStart start = start(tty ? Optional.of(LocalTerminal.require(device)) : Optional.empty());
    try (Connection connection = session.connect();
        RemoteProgram program = new RemoteProgram(session, connection, start, false)) {
      return program.follow().orElse(ExitStatus.OK);
    }
  }

  private ExecStart start(Optional<Terminal.Size> size) {
    List<String> program = new ArrayList<>(args);
    if (program.get(0).equals("--") && program.size() > 1) {
      program.remove(0);
    }
    ExecStart.Builder start =
        ExecStart.newBuilder()
            .setName(name)
            .addAllArgs(program)
            .setUser(user)
            .setWorkingDirectory(directory)
            .setStdin(interactive);
    size.ifPresent(
        known -> {
          start.setTerminal(LocalTerminal.message(known));
          start.putEnv("TERM", session.terminal().device().type());
        });
    return start.putAllEnv(env).build();
  }
}
