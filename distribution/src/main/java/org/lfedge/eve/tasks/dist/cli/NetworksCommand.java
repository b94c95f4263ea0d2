package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.InspectNetworkResponse;
import org.lfedge.eve.tasks.core.api.v1.ListNetworksRequest;
import org.lfedge.eve.tasks.core.api.v1.ListNetworksResponse;
import org.lfedge.eve.tasks.core.api.v1.NetworkEntry;
import org.lfedge.eve.tasks.core.api.v1.NetworkInterface;
import org.lfedge.eve.tasks.core.api.v1.NetworkRequest;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "networks",
    header = "Show the networks of the node.",
    description = {
      "Tasks name them under interfaces. They come from networks: in the node's config, and from"
          + " configs of CNI in its standard directory."
    },
    footer = {"  taskctl networks list", "  taskctl networks inspect bn1"})
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class NetworksCommand implements Runnable {

  @Spec private CommandSpec spec;

  private NetworksCommand() {}

  static CommandLine with(Session session) {
    return new CommandLine(new NetworksCommand())
        .addSubcommand(new ListCommand(session))
        .addSubcommand(new Inspect(session));
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Missing command: list or inspect.");
  }

  /** A network for programs. */
  static ObjectNode json(NetworkEntry network) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", network.getName());
    json.put("type", network.getType());
    network.getSubnetsList().forEach(json.putArray("subnets")::add);
    network.getPluginsList().forEach(json.putArray("plugins")::add);
    json.put("source", network.getSource().isEmpty() ? null : network.getSource());
    json.put("problem", network.getProblem().isEmpty() ? null : network.getProblem());
    return json;
  }

  /** An interface of a task for programs. */
  static ObjectNode json(NetworkInterface attached) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", attached.getName());
    json.put("network", attached.getNetwork());
    json.put("mac", attached.getMac());
    json.put("mtu", attached.getMtu());
    attached.getAddressesList().forEach(json.putArray("addresses")::add);
    attached.getGatewaysList().forEach(json.putArray("gateways")::add);
    attached.getDnsList().forEach(json.putArray("dns")::add);
    return json;
  }

  /** An interface of a task for people. */
  static String text(NetworkInterface attached) {
    String gateways = String.join(" ", attached.getGatewaysList());
    return attached.getNetwork()
        + " "
        + String.join(" ", attached.getAddressesList())
        + (gateways.isEmpty() ? "" : " by way of " + gateways)
        + ", "
        + attached.getMac()
        + ", MTU "
        + attached.getMtu();
  }

  @Command(
      name = "list",
      aliases = "ls",
      header = "Show the networks of the node.",
      footer = {"  taskctl networks list -o json | jq '.[].name'"})
  static final class ListCommand implements Callable<Integer> {
    private final Session session;

    ListCommand(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ListNetworksResponse response;
      try (Connection connection = session.connect()) {
        response =
            connection.call(stub -> stub.listNetworks(ListNetworksRequest.getDefaultInstance()));
      }
      if (session.json()) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        response.getNetworksList().forEach(network -> array.add(json(network)));
        session.print(array);
      } else {
        Table table = new Table("NAME", "TYPE", "SUBNETS", "FROM");
        for (NetworkEntry network : response.getNetworksList()) {
          table.row(
              network.getName(),
              network.getType(),
              String.join(" ", network.getSubnetsList()),
              network.getProblem().isEmpty()
                  ? network.getSource()
                  : "cannot be used: " + network.getProblem());
        }
        session.print(table.toString());
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "inspect",
      header = "Show a network and the tasks on it.",
      footer = {"  taskctl networks inspect bn1 -o json | jq .tasks"})
  static final class Inspect implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", description = "The name of a network.")
    private String name;

    Inspect(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      NetworkRequest request = NetworkRequest.newBuilder().setName(name).build();
      InspectNetworkResponse response;
      try (Connection connection = session.connect()) {
        response = connection.call(stub -> stub.inspectNetwork(request));
      }
      if (session.json()) {
        ObjectNode json = json(response.getNetwork());
        ArrayNode tasks = json.putArray("tasks");
        response
            .getMembersList()
            .forEach(
                member ->
                    tasks
                        .addObject()
                        .put("task", member.getTask())
                        .set("interface", json(member.getInterface())));
        session.print(json);
      } else {
        session.print(text(response));
      }
      return ExitStatus.OK;
    }

    private static String text(InspectNetworkResponse response) {
      NetworkEntry network = response.getNetwork();
      StringBuilder text = new StringBuilder();
      line(text, "name", network.getName());
      line(text, "type", network.getType());
      line(text, "subnets", String.join(" ", network.getSubnetsList()));
      line(text, "plugins", String.join(" ", network.getPluginsList()));
      line(text, "source", network.getSource());
      line(text, "problem", network.getProblem());
      Table table = new Table("TASK", "INTERFACE", "MAC", "ADDRESSES");
      for (InspectNetworkResponse.Member member : response.getMembersList()) {
        NetworkInterface attached = member.getInterface();
        table.row(
            member.getTask(),
            attached.getName(),
            attached.getMac(),
            String.join(" ", attached.getAddressesList()));
      }
      return text.append('\n').append(table).toString();
    }

    private static void line(StringBuilder text, String name, String value) {
      text.append(String.format("%-8s %s%n", name, value.isEmpty() ? "-" : value));
    }
  }
}
