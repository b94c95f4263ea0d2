package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.EventsRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "events",
    header = "Show what happened to tasks.",
    description = {
      "Events have numbers that rise by 1 over all tasks; --after goes on from one, so that nothing"
          + " is missed over a lost connection or a restart of taskd. The oldest ones are dropped as"
          + " new ones come.",
      "Types: created, started, healthy, unhealthy, updated, oom-killed, output-stuck, stopping,"
          + " exited, restarting, stopped, failed, deleted. With -o json an array, with -f as well one"
          + " object a line."
    },
    footer = {"  taskctl events web", "  taskctl events -f -o json --after 42 | jq .type"})
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class EventsCommand implements Callable<Integer> {

  private final Session session;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with what happens from now on.")
  private boolean follow;

  @Option(
      names = "--after",
      paramLabel = "SEQ",
      description = "Leave out the events up to this number.")
  private long after;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Of this task alone.")
  private String name = "";

  EventsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    EventsRequest request =
        EventsRequest.newBuilder().setAfter(after).setFollow(follow).setTask(name).build();
    try (Connection connection = session.connect()) {
      Iterator<Event> events = connection.call(stub -> stub.events(request));
      if (session.json() && !follow) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        connection.drain(events, event -> array.add(TaskJson.event(event)));
        session.print(array);
      } else {
        connection.drain(events, this::print);
      }
    }
    return ExitStatus.OK;
  }

  private void print(Event event) {
    if (session.json()) {
      session.terminal().out().println(TaskJson.event(event));
    } else {
      session.print(TaskTables.event(event));
    }
  }
}
