package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.api.v1.ExecutorEntry;
import org.lfedge.eve.tasks.core.api.v1.ExecutorOption;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsRequest;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsResponse;
import org.lfedge.eve.tasks.core.api.v1.RejectedPlugin;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "executors",
    header = "Show the executors, which make seeds of task documents.",
    footer = {
      "  taskctl executors list",
      "  taskctl executors inspect qemu",
      "  taskctl executors verify acme.jar"
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ExecutorsCommand implements Runnable {

  @Spec private CommandSpec spec;

  private ExecutorsCommand() {}

  static CommandLine with(Session session) {
    return new CommandLine(new ExecutorsCommand())
        .addSubcommand(new ListCommand(session))
        .addSubcommand(new Inspect(session))
        .addSubcommand(new VerifyExecutorCommand(session));
  }

  private static ListExecutorsResponse executors(Session session) {
    try (Connection connection = session.connect()) {
      return connection.call(stub -> stub.listExecutors(ListExecutorsRequest.getDefaultInstance()));
    }
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Missing command: list, inspect or verify.");
  }

  @Command(
      name = "list",
      aliases = "ls",
      header = "Show all executors, and plugins that were not accepted.",
      description = {
        "TRUST tells how an executor came to the node: bundled, trusted-digest for a file whose"
            + " digest stands in the policy of the node's config, or plugins-directory for one that"
            + " nobody vouches for and that runs in a sandbox.",
        "Files may be added to the plugins directory, replaced and removed while taskd runs; what"
            + " they change is shown here within two seconds. Tasks that were made with them go on."
      },
      footer = {
        "  taskctl executors list",
        "  taskctl executors list -o json | jq '.[] | select(.rejected != null)'"
      })
  static final class ListCommand implements Callable<Integer> {
    private final Session session;

    ListCommand(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ListExecutorsResponse response = executors(session);
      if (session.json()) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        response.getExecutorsList().forEach(entry -> array.add(TaskJson.executor(entry)));
        response.getRejectedList().forEach(plugin -> array.add(TaskJson.rejected(plugin)));
        session.print(array);
        return ExitStatus.OK;
      }
      Table table = new Table("NAME", "VERSION", "TRUST", "FILE", "SUMMARY");
      for (ExecutorEntry entry : response.getExecutorsList()) {
        table.row(
            entry.getName(),
            entry.getVersion(),
            entry.getTrust(),
            entry.getFile(),
            entry.getSummary());
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

  @Command(
      name = "inspect",
      header = "Show an executor, and the files that have another version of it.",
      description = {
        "DIGEST is that of the file, as sha256sum tells it, and TRUST is by it: see taskctl executors"
            + " list. Of several files with one executor, that with the highest version serves new"
            + " tasks; when it goes, the next one does."
      },
      footer = {"  taskctl executors inspect qemu -o json | jq -r .digest"})
  @SuppressWarnings("NullAway.Init") // picocli sets arguments
  static final class Inspect implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", description = "The name of an executor.")
    private String name;

    Inspect(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ListExecutorsResponse response = executors(session);
      Optional<ExecutorEntry> found =
          response.getExecutorsList().stream()
              .filter(entry -> entry.getName().equals(name))
              .findFirst();
      List<RejectedPlugin> others =
          response.getRejectedList().stream()
              .filter(plugin -> plugin.getExecutor().equals(name))
              .toList();
      ExecutorEntry entry = found.orElseThrow(() -> notFound(name, others));
      if (session.json()) {
        session.print(TaskJson.executor(entry, others));
      } else {
        session.print(text(entry, others));
      }
      return ExitStatus.OK;
    }

    private static TaskException notFound(String name, List<RejectedPlugin> others) {
      return TaskException.notFound(
          new Problem(
              "EXECUTOR_NOT_FOUND",
              Problem.Kind.USER,
              "name",
              name,
              others.isEmpty()
                  ? "this node has no such executor; taskctl executors list shows all, and the files"
                      + " that were not accepted"
                  : "no file with it is accepted: "
                      + others.stream()
                          .map(plugin -> plugin.getFile() + ": " + plugin.getReason())
                          .collect(Collectors.joining("; "))));
    }

    private static String text(ExecutorEntry entry, List<RejectedPlugin> others) {
      StringBuilder text = new StringBuilder();
      line(text, "name", entry.getName());
      line(text, "summary", entry.getSummary());
      line(text, "version", entry.getVersion());
      line(text, "file", entry.getFile());
      line(text, "digest", entry.getDigest());
      line(text, "trust", entry.getTrust());
      line(text, "roots", String.join(" ", entry.getRootKindsList()));
      if (entry.getOptionsCount() > 0) {
        Table options = new Table("OPTION", "TYPE", "MEANING");
        for (ExecutorOption option : entry.getOptionsList()) {
          options.row(
              option.getName(),
              option.getChoicesCount() > 0
                  ? String.join("|", option.getChoicesList())
                  : option.getType(),
              option.getDoc());
        }
        text.append('\n').append(options);
      }
      if (!others.isEmpty()) {
        Table files = new Table("OTHER FILE", "VERSION", "CODE", "REASON");
        for (RejectedPlugin plugin : others) {
          files.row(plugin.getFile(), plugin.getVersion(), plugin.getCode(), plugin.getReason());
        }
        text.append('\n').append(files);
      }
      return text.toString().stripTrailing();
    }

    private static void line(StringBuilder text, String name, String value) {
      text.append(String.format(Locale.ROOT, "%-8s %s%n", name, value.isEmpty() ? "-" : value));
    }
  }
}
