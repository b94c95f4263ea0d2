package org.lfedge.eve.tasks.dist.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    header = "Print a script that completes command lines in a shell.",
    description = "One script serves bash and zsh.",
    footer = {
      "  taskctl completion bash > /etc/bash_completion.d/taskctl",
      "  source <(taskctl completion zsh)",
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class CompletionCommand implements Callable<Integer> {

  private final Session session;

  /** The shells that there is a script for. */
  enum Shell {
    bash,
    zsh
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "SHELL",
      defaultValue = "bash",
      description = "bash or zsh.")
  private Shell shell;

  @Spec private CommandSpec spec;

  CompletionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    session.terminal().out().println("# Completion of taskctl for " + shell + ".");
    session.terminal().out().print(AutoComplete.bash(root.getCommandName(), root));
    return ExitStatus.OK;
  }
}
