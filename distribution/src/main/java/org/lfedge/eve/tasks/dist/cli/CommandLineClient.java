package org.lfedge.eve.tasks.dist.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code taskctl}: all commands, and what they have in common. */
@Command(
    name = "taskctl",
    header = "Runs and looks after the tasks of a node.",
    description = {
      "A task is one OCI runtime spec that containerd runs. What a task is made of stands in a task"
          + " document, a YAML or JSON file; taskctl hands it to the daemon taskd.",
    },
    footer = {
      "  Start a task and follow its output:",
      "    taskctl run web.yaml",
      "  Bring tasks to what the files of a directory say:",
      "    taskctl apply tasks/*.yaml",
      "  See what runs:",
      "    taskctl list",
    })
public final class CommandLineClient implements Runnable {

  private final Session session;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  private CommandLineClient(Session session) {
    this.session = session;
  }

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      scope = ScopeType.INHERIT,
      defaultValue = "${env:TASKMANAGER_SOCKET:-/run/taskmanager/taskd.sock}",
      description = {
        "The socket of taskd. Default: the variable TASKMANAGER_SOCKET, else"
            + " /run/taskmanager/taskd.sock."
      })
  void socket(Path socket) {
    session.socket(socket);
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      scope = ScopeType.INHERIT,
      defaultValue = "table",
      description = "table for people, json for programs; errors follow it too.")
  void format(Format format) {
    session.format(format);
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Which command? 'taskctl --help' lists them.");
  }

  /**
   * Runs one command line.
   *
   * @param version of this program
   * @param bundledExecutors the directory with the executors that came with it
   * @param verifier of executors in files
   * @return its exit status
   */
  public static int run(
      String[] args,
      Terminal terminal,
      Clock clock,
      String version,
      Path bundledExecutors,
      ExecutorVerifier verifier) {
    Session session = new Session(terminal, clock, bundledExecutors, verifier);
    PrintWriter out = new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8);
    CommandLine commandLine = commandLine(session, version).setOut(out).setErr(err);
    int status = commandLine.execute(args);
    out.flush();
    err.flush();
    terminal.out().flush();
    return status;
  }

  /** The tree of all commands, for its help and the script for completion. */
  static CommandLine commandLine(Session session, String version) {
    CommandLine root = new CommandLine(new CommandLineClient(session));
    root.addSubcommand(new RunCommand(session));
    root.addSubcommand(new ApplyCommand(session));
    root.addSubcommand(new TaskCommands.Create(session));
    root.addSubcommand(new TaskCommands.Start(session));
    root.addSubcommand(new TaskCommands.Stop(session));
    root.addSubcommand(new TaskCommands.Delete(session));
    root.addSubcommand(new TaskCommands.Signal(session));
    CommandLine exec = new CommandLine(new ExecCommand(session));
    // What follows the name of the task belongs to the program.
    exec.setStopAtPositional(true);
    root.addSubcommand(exec);
    root.addSubcommand(new AttachCommand(session));
    root.addSubcommand(new ConsoleCommand(session));
    root.addSubcommand(new QueryCommands.List(session));
    root.addSubcommand(new QueryCommands.Inspect(session));
    root.addSubcommand(new LogsCommand(session));
    root.addSubcommand(new EventsCommand(session));
    root.addSubcommand(new StatsCommand(session));
    root.addSubcommand(new RenderCommand(session));
    root.addSubcommand(new ValidateCommand(session));
    root.addSubcommand(ExecutorsCommand.with(session));
    root.addSubcommand(ImagesCommand.with(session));
    root.addSubcommand(VolumesCommand.with(session));
    root.addSubcommand(NetworksCommand.with(session));
    root.addSubcommand(new QueryCommands.Node(session));
    root.addSubcommand(new VersionCommand(session, version));
    root.addSubcommand(new CompletionCommand(session));
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setExecutionExceptionHandler((failure, line, result) -> report(session, line, failure));
    root.setParameterExceptionHandler(
        (failure, args) -> {
          session.report(
              TaskException.failed(
                  Problem.user(
                      "USAGE",
                      failure.getMessage()
                          + " (see '"
                          + failure.getCommandLine().getCommandSpec().qualifiedName()
                          + " --help')")));
          return ExitStatus.USAGE;
        });
    decorate(root);
    return root;
  }

  private static int report(Session session, CommandLine line, Exception failure) {
    boolean attached = line.getCommand() instanceof Attaching command && command.attached();
    if (failure instanceof TaskException known) {
      session.report(known);
      return attached ? ExitStatus.OURS : ExitStatus.of(known);
    }
    session.report(
        TaskException.failed(
            Problem.internal("INTERNAL", "a fault in taskctl: " + failure + "; please report it")));
    return attached ? ExitStatus.OURS : ExitStatus.FAILED;
  }

  /** Gives every command the same sections of help, in the order of a manual page. */
  private static void decorate(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    if (!spec.optionsMap().containsKey("--help")) {
      spec.addOption(
          CommandLine.Model.OptionSpec.builder("-h", "--help")
              .usageHelp(true)
              .description("Show this help.")
              .build());
    }
    var usage = spec.usageMessage();
    usage.width(100);
    usage.headerHeading("");
    usage.synopsisHeading("%nUSAGE%n  ");
    usage.descriptionHeading("%nDESCRIPTION%n");
    usage.parameterListHeading("%nARGUMENTS%n");
    usage.optionListHeading("%nOPTIONS%n");
    usage.commandListHeading("%nCOMMANDS%n");
    usage.exitCodeListHeading("%nEXIT STATUS%n");
    if (usage.exitCodeList().isEmpty()) {
      usage.exitCodeList(exitStatuses(command.getCommand() instanceof Attaching));
    }
    if (usage.footer().length > 0) {
      usage.footerHeading("%nEXAMPLES%n");
    }
    command.getSubcommands().values().forEach(CommandLineClient::decorate);
  }

  private static Map<String, String> exitStatuses(boolean run) {
    Map<String, String> statuses = new LinkedHashMap<>();
    if (run) {
      statuses.put("N", "what the program of the task exited with; without -d only");
      statuses.put("125", "taskctl or taskd failed; without -d only");
    }
    statuses.put("0", "done");
    statuses.put("1", "failed");
    statuses.put("2", "the command line is wrong");
    statuses.put("3", "what it names does not exist");
    statuses.put("4", "refused in the present state of the task; nothing was changed");
    return statuses;
  }
}
