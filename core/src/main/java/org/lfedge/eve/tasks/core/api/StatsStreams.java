package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.api.v1.StatsRequest;
import org.lfedge.eve.tasks.core.api.v1.StatsResponse;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ObservedTax;
import org.lfedge.eve.tasks.core.port.TaskMetrics;
import org.lfedge.eve.tasks.core.port.TaskUsage;
import org.lfedge.eve.tasks.core.port.Volumes;

/**
 * Sends clients what tasks use. CPU shares take two samples, so the first answer comes after a
 * short while. One thread serves all clients, and none is there while nobody asks.
 */
final class StatsStreams implements AutoCloseable {

  private static final Duration FIRST = Duration.ofMillis(300);
  private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(2);
  private static final Duration MIN_INTERVAL = Duration.ofMillis(500);
  private static final Duration MAX_INTERVAL = Duration.ofHours(1);

  private final TaskManager tasks;
  private final TaskMetrics metrics;
  private final UsageMessages messages;
  private final Volumes volumes;
  private final ScheduledExecutorService thread = StreamThreads.one("stats");

  StatsStreams(TaskManager tasks, TaskMetrics metrics, ObservedTax tax, Volumes volumes) {
    this.tasks = tasks;
    this.metrics = metrics;
    messages = new UsageMessages(tax);
    this.volumes = volumes;
  }

  /** Answers once, or until the client goes. */
  void send(StatsRequest request, ServerCallStreamObserver<StatsResponse> client) {
    // Only that a client may go at any time; the next turn sees it.
    client.setOnCancelHandler(() -> {});
    new Sender(request, client).later(Duration.ZERO);
  }

  /**
   * How often a watch is answered.
   *
   * @throws TaskException if the client wants it too often or too seldom
   */
  static Duration interval(int millis) {
    Duration interval = millis == 0 ? DEFAULT_INTERVAL : Duration.ofMillis(millis);
    if (interval.compareTo(MIN_INTERVAL) < 0 || interval.compareTo(MAX_INTERVAL) > 0) {
      throw TaskException.failed(
          Problem.user(
              "BAD_INTERVAL",
              "the interval of stats must be from 500ms to 1h, not " + interval.toMillis() + "ms"));
    }
    return interval;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** The work for one client, all of it on the one thread. */
  private final class Sender {

    private final StatsRequest request;
    private final ServerCallStreamObserver<StatsResponse> client;
    private final SortedSet<String> names;
    private SortedMap<String, TaskUsage> before = new TreeMap<>();
    private boolean first = true;

    Sender(StatsRequest request, ServerCallStreamObserver<StatsResponse> client) {
      this.request = request;
      this.client = client;
      names = new TreeSet<>(request.getNamesList());
    }

    void later(Duration delay) {
      var unused = thread.schedule(this::turn, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void turn() {
      if (client.isCancelled()) {
        return;
      }
      try {
        Duration interval = interval(request.getIntervalMillis());
        List<TaskView> views = views();
        SortedMap<String, TaskUsage> now = usage(views);
        if (first) {
          first = false;
          before = now;
          later(FIRST);
          return;
        }
        if (client.isReady()) {
          client.onNext(messages.stats(views, before, now, volumes::writableUse));
        }
        before = now;
        if (request.getWatch()) {
          later(interval);
        } else {
          client.onCompleted();
        }
      } catch (RuntimeException e) {
        client.onError(ApiProblems.toStatus(e));
      }
    }

    private List<TaskView> views() {
      List<TaskView> all = tasks.list();
      if (first) {
        SortedSet<String> unknown = new TreeSet<>(names);
        all.forEach(task -> unknown.remove(task.name()));
        if (!unknown.isEmpty()) {
          throw TaskException.notFound(
              Problem.user(
                  "TASK_NOT_FOUND",
                  "no task is named "
                      + unknown.first()
                      + "; see taskctl list for those there are"));
        }
      }
      return all.stream()
          .filter(task -> names.isEmpty() ? task.anchor().isPresent() : names.contains(task.name()))
          .toList();
    }

    private SortedMap<String, TaskUsage> usage(List<TaskView> views) {
      SortedSet<String> ids = new TreeSet<>();
      views.stream()
          .filter(task -> task.anchor().isPresent())
          .forEach(task -> ids.add(task.name()));
      return metrics.usage(ids);
    }
  }
}
