package org.lfedge.eve.tasks.core.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskUsage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Collects the metrics of all tasks when they are asked for, and does nothing in between. */
final class TaskCollector implements MultiCollector {

  private static final Logger log = LoggerFactory.getLogger(TaskCollector.class);

  private static final String TASK = "task";
  private static final String STATE = "state";
  private static final String TYPE = "type";

  private final PrometheusEndpoint.Sources sources;
  private final EventCounts events;

  TaskCollector(PrometheusEndpoint.Sources sources) {
    this.sources = sources;
    events = new EventCounts(sources.events());
  }

  @Override
  public MetricSnapshots collect() {
    List<TaskView> views = sources.tasks().get();
    Optional<SortedMap<String, TaskUsage>> usages = usages(views);
    List<TaskSample> samples =
        views.stream()
            .map(
                view ->
                    new TaskSample(
                        view,
                        usages.map(all -> all.get(view.name())),
                        sources.tax().peak(view.name())))
            .toList();
    List<MetricSnapshot> snapshots = new ArrayList<>();
    snapshots.add(
        gauge("taskmanager_containerd_up", "Whether containerd tells what tasks use.")
            .dataPoint(value(usages.isPresent() ? 1 : 0, Labels.EMPTY))
            .build());
    snapshots.add(byState(views));
    snapshots.add(states(views));
    snapshots.add(events());
    TaskFamily.ALL.forEach(family -> snapshots.add(snapshot(family, samples)));
    snapshots.addAll(DaemonProcess.snapshots());
    return new MetricSnapshots(snapshots);
  }

  /** What the tasks use; empty if containerd does not answer, which no scrape shall fail for. */
  private Optional<SortedMap<String, TaskUsage>> usages(List<TaskView> views) {
    SortedSet<String> ids = new TreeSet<>();
    views.stream().filter(view -> view.anchor().isPresent()).forEach(view -> ids.add(view.name()));
    try {
      return Optional.of(sources.metrics().usage(ids));
    } catch (TaskException e) {
      log.warn("a scrape goes without what tasks use: {}", e.first());
      return Optional.empty();
    }
  }

  private static GaugeSnapshot byState(List<TaskView> views) {
    SortedMap<TaskState, Integer> counts = new TreeMap<>();
    for (TaskState state : TaskState.values()) {
      counts.put(state, 0);
    }
    views.forEach(view -> counts.merge(view.state(), 1, Integer::sum));
    GaugeSnapshot.Builder snapshot = gauge("taskmanager_tasks", "Tasks in a state.");
    counts.forEach(
        (state, count) -> snapshot.dataPoint(value(count, Labels.of(STATE, state.name()))));
    return snapshot.build();
  }

  private static GaugeSnapshot states(List<TaskView> views) {
    GaugeSnapshot.Builder snapshot =
        gauge("taskmanager_task_state", "1 for the state that a task is in.");
    views.forEach(
        view ->
            snapshot.dataPoint(value(1, Labels.of(TASK, view.name(), STATE, view.state().name()))));
    return snapshot.build();
  }

  private CounterSnapshot events() {
    CounterSnapshot.Builder snapshot =
        CounterSnapshot.builder()
            .name("taskmanager_events")
            .help("Events of tasks since the daemon started.");
    events
        .now()
        .forEach(
            (type, count) ->
                snapshot.dataPoint(
                    CounterSnapshot.CounterDataPointSnapshot.builder()
                        .value(count)
                        .labels(
                            Labels.of(TYPE, type.name().toLowerCase(Locale.ROOT).replace('_', '-')))
                        .build()));
    return snapshot.build();
  }

  private static MetricSnapshot snapshot(TaskFamily family, List<TaskSample> samples) {
    GaugeSnapshot.Builder gauge = gauge(family.name(), family.help());
    CounterSnapshot.Builder counter =
        CounterSnapshot.builder()
            .name(family.name().replaceFirst("_total$", ""))
            .help(family.help());
    for (TaskSample sample : samples) {
      OptionalDouble value = family.value().apply(sample);
      if (value.isPresent()) {
        Labels labels = Labels.of(TASK, sample.view().name());
        gauge.dataPoint(value(value.getAsDouble(), labels));
        counter.dataPoint(
            CounterSnapshot.CounterDataPointSnapshot.builder()
                .value(value.getAsDouble())
                .labels(labels)
                .build());
      }
    }
    return family.counter() ? counter.build() : gauge.build();
  }

  static GaugeSnapshot.Builder gauge(String name, String help) {
    return GaugeSnapshot.builder().name(name).help(help);
  }

  static GaugeSnapshot.GaugeDataPointSnapshot value(double value, Labels labels) {
    return GaugeSnapshot.GaugeDataPointSnapshot.builder().value(value).labels(labels).build();
  }
}
