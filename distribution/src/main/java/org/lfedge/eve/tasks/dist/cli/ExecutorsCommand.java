package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.ExecutorEntry;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsRequest;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsResponse;
import org.lfedge.eve.tasks.core.api.v1.RejectedPlugin;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "executors",
    header = "Show the executors, which make seeds of task documents.",
    footer = {"  taskctl executors list"})
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ExecutorsCommand implements Runnable {

  @Spec private CommandSpec spec;

  private ExecutorsCommand() {}

  static CommandLine with(Session session) {
    return new CommandLine(new ExecutorsCommand()).addSubcommand(new List(session));
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Missing command: list.");
  }

  @Command(
      name = "list",
      aliases = "ls",
      header = "Show all executors, and plugins that were not accepted.",
      description = {
        "TRUST tells how an executor came to the node: bundled, or trusted-digest for a file whose"
            + " digest stands in the policy of the node's config."
      },
      footer = {
        "  taskctl executors list",
        "  taskctl executors list -o json | jq '.[] | select(.rejected != null)'"
      })
  static final class List implements Callable<Integer> {
    private final Session session;

    List(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ListExecutorsResponse response;
      try (Connection connection = session.connect()) {
        response =
            connection.call(stub -> stub.listExecutors(ListExecutorsRequest.getDefaultInstance()));
      }
      if (session.json()) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        response.getExecutorsList().forEach(entry -> array.add(TaskJson.executor(entry)));
        response.getRejectedList().forEach(plugin -> array.add(TaskJson.rejected(plugin)));
        session.print(array);
        return ExitStatus.OK;
      }
      Table table = new Table("NAME", "VERSION", "TRUST", "SUMMARY");
      for (ExecutorEntry entry : response.getExecutorsList()) {
        table.row(entry.getName(), entry.getVersion(), entry.getTrust(), entry.getSummary());
      }
      session.print(table.toString());
      for (RejectedPlugin plugin : response.getRejectedList()) {
        session.note(
            "not accepted: "
                + plugin.getFile()
                + ": "
                + plugin.getCode()
                + ": "
                + plugin.getReason());
      }
      return ExitStatus.OK;
    }
  }
}
