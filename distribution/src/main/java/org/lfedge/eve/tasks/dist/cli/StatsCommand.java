package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.StatsRequest;
import org.lfedge.eve.tasks.core.api.v1.StatsResponse;
import org.lfedge.eve.tasks.core.config.Durations;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "stats",
    header = "Show what tasks use.",
    description = {
      "CPU is the share of one CPU since the sample before, so 200%% are two whole ones. USED counts"
          + " towards LIMIT, which is what was asked for plus the anchor tax; CACHE is the part of"
          + " it that is given back when memory is short. TAX SEEN is the most that the anchor was"
          + " seen to take, where that can be measured. READ and WRITTEN are from and to block"
          + " devices. OOM counts the processes that were killed because the limit was reached.",
      "With --watch, a table or, with -o json, an array on one line comes at every interval."
    },
    footer = {
      "  taskctl stats",
      "  taskctl stats --watch --interval 5s web db",
      "  taskctl stats -o json | jq '.[] | {name, cpuPercent}'"
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class StatsCommand implements Callable<Integer> {

  private final Session session;

  @Option(
      names = {"-w", "--watch"},
      description = "Go on until interrupted.")
  private boolean watch;

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      defaultValue = "2s",
      description = "How long after one sample the next comes, from 500ms to 1h; 2s by default.")
  private String interval;

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description = "The names of tasks; all that run if there are none.")
  private List<String> names;

  StatsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    StatsRequest.Builder request =
        StatsRequest.newBuilder().setWatch(watch).setIntervalMillis(millis());
    if (names != null) {
      request.addAllNames(names);
    }
    try (Connection connection = session.connect()) {
      Iterator<StatsResponse> samples = connection.call(stub -> stub.stats(request.build()));
      connection.drain(samples, this::show);
    }
    return ExitStatus.OK;
  }

  private int millis() {
    return Durations.parse(interval)
        .map(Duration::toMillis)
        .filter(millis -> millis > 0 && millis <= Integer.MAX_VALUE)
        .map(Long::intValue)
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.user(
                        "BAD_INTERVAL", "the interval must be a time such as 5s: " + interval)));
  }

  private void show(StatsResponse sample) {
    if (!session.json()) {
      session.print(StatsOutput.table(sample.getTasksList()) + (watch ? "\n" : ""));
      return;
    }
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    sample.getTasksList().forEach(task -> array.add(StatsOutput.json(task)));
    if (watch) {
      session.print(array.toString());
    } else {
      session.print(array);
    }
    if (session.terminal().out().checkError()) {
      throw TaskException.failed(
          Problem.user("CANNOT_WRITE", "nobody reads the output of this command any more"));
    }
  }
}
