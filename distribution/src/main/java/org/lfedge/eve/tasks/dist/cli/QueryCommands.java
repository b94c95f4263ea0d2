package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.ListResponse;
import org.lfedge.eve.tasks.core.api.v1.NodeRequest;
import org.lfedge.eve.tasks.core.api.v1.NodeResponse;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The commands that show what is there, and change nothing. */
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class QueryCommands {

  private QueryCommands() {}

  @Command(
      name = "list",
      aliases = "ls",
      header = "Show all tasks.",
      description = {
        "MEMORY is what the workload asked for, and the anchor tax on top of it; USED counts the"
            + " page cache. EXIT tells how the last anchor ended, or why there is none."
      },
      footer = {
        "  taskctl list",
        "  taskctl list -o json | jq '.[] | select(.state == \"RUNNING\").pid'"
      })
  static final class List implements Callable<Integer> {
    private final Session session;

    List(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ListResponse response;
      try (Connection connection = session.connect()) {
        response = connection.call(stub -> stub.list(ListRequest.getDefaultInstance()));
      }
      if (session.json()) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        response.getTasksList().forEach(task -> array.add(TaskJson.task(task)));
        session.print(array);
      } else {
        session.print(TaskTables.tasks(response.getTasksList(), session.clock().instant()));
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "inspect",
      header = "Show everything that is known of a task.",
      description = {
        "With -o json that includes its config, the seed that its executor made, and the OCI"
            + " runtime spec. Limits are shown as read back from the kernel."
      },
      footer = {"  taskctl inspect web", "  taskctl inspect web -o json | jq .spec"})
  static final class Inspect implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", description = "The name of a task.")
    private String name;

    Inspect(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      InspectResponse response;
      try (Connection connection = session.connect()) {
        TaskRequest request = TaskRequest.newBuilder().setName(name).build();
        response = connection.call(stub -> stub.inspect(request));
      }
      if (session.json()) {
        session.print(TaskJson.detail(response));
      } else {
        session.print(TaskTables.detail(response, session.clock().instant()));
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "node",
      header = "Show what this node is and has.",
      description = {
        "An accelerator is ok, or there is a reason why it cannot be used.",
        "A hypervisor is shown if the node controls it, with what it has free for guests now.",
        "Emulators of other architectures hold for a task alone, or for the node, or there is a reason"
            + " why there can be none."
      },
      footer = {"  taskctl node -o json | jq .accelerators"})
  static final class Node implements Callable<Integer> {
    private final Session session;

    Node(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      NodeResponse response;
      try (Connection connection = session.connect()) {
        response = connection.call(stub -> stub.node(NodeRequest.getDefaultInstance()));
      }
      if (session.json()) {
        session.print(TaskJson.node(response));
      } else {
        session.print(TaskTables.node(response));
      }
      return ExitStatus.OK;
    }
  }
}
