package org.lfedge.eve.tasks.dist.cli;

import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.RenderResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "render",
    header = "Show the OCI runtime spec that a task would get, and make nothing.",
    description = {
      "Prints the spec as JSON to standard output. Notes on standard error name what policy"
          + " withholds of what the executor asked for, and the places of values that are known"
          + " only when the task is created."
    },
    footer = {
      "  taskctl render web.yaml",
      "  taskctl render --explain web.yaml | jq .withheld",
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class RenderCommand implements Callable<Integer> {

  private final Session session;

  @Option(
      names = "--explain",
      description = "Print one object with executor, spec, withheld and atCreate instead.")
  private boolean explain;

  @Parameters(paramLabel = "FILE", description = "A task document; - is standard input.")
  private String file;

  RenderCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    DocumentRequest request = TaskCommands.request(session, file);
    RenderResponse rendering;
    try (Connection connection = session.connect()) {
      rendering = connection.call(stub -> stub.render(request));
    }
    if (explain) {
      session.print(TaskJson.rendering(rendering));
      return ExitStatus.OK;
    }
    session.print(Session.parse(rendering.getSpecJson()));
    rendering
        .getWithheldList()
        .forEach(item -> session.note("withheld: " + item.getWhat() + ": " + item.getWhy()));
    rendering.getAtCreateList().forEach(place -> session.note("known only at create: " + place));
    return ExitStatus.OK;
  }
}
