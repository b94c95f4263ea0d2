package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "version",
    header = "Show the version of taskctl; 'taskctl node' shows that of taskd.",
    footer = {"  taskctl version"})
final class VersionCommand implements Callable<Integer> {

  private final Session session;
  private final String version;

  VersionCommand(Session session, String version) {
    this.session = session;
    this.version = version;
  }

  @Override
  public Integer call() {
    if (session.json()) {
      session.print(JsonNodeFactory.instance.objectNode().put("version", version));
    } else {
      session.print("taskctl " + version);
    }
    return ExitStatus.OK;
  }
}
