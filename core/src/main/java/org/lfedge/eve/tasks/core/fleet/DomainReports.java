package org.lfedge.eve.tasks.core.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.eve.DomainConfig;
import org.lfedge.eve.tasks.core.fleet.FleetReports.Sources;
import org.lfedge.eve.tasks.core.port.TaskUsage;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * Tells EVE how its domains are, whenever that changes, and what they use, now and then, as its own
 * manager of domains does.
 */
public final class DomainReports implements AutoCloseable {

  private static final String STATUS = "DomainStatus";
  private static final String METRIC = "DomainMetric";

  /** Whoever waits for a state is to see it. */
  private static final Duration GATHER = Duration.ZERO;

  private static final Duration RETRY = Duration.ofSeconds(5);

  private final Fleet fleet;
  private final Sources sources;
  private final Board board;
  private final ReportThread thread;
  private final Runnable listening;

  // Those of the thread alone.
  private final SortedMap<String, DomainConfig> known = new TreeMap<>();
  private final Map<String, ObjectNode> told = new HashMap<>();
  private final Map<String, Long> peaks = new HashMap<>();
  private Optional<SortedSet<String>> kept = Optional.empty();

  private volatile Optional<SortedMap<String, DomainConfig>> wanted = Optional.empty();

  /** Where everybody can read what is told. */
  public interface Board {

    /** Puts a value there, in place of the one with the same key. */
    void publish(String topic, String key, byte[] value);

    /** Removes the values of a topic with other keys. */
    void retain(String topic, SortedSet<String> keys);
  }

  private DomainReports(Fleet fleet, Sources sources, Board board) {
    this.fleet = fleet;
    this.sources = sources;
    this.board = board;
    thread = new ReportThread("domain-reports", GATHER, RETRY, this::tell);
    listening = sources.events().listen(thread::changed);
  }

  /**
   * Reports from now on.
   *
   * @param interval between metrics
   */
  public static DomainReports start(Fleet fleet, Sources sources, Board board, Duration interval) {
    DomainReports reports = new DomainReports(fleet, sources, board);
    fleet.listen(reports.thread::changed);
    reports.thread.every(() -> interval, reports::measure);
    return reports;
  }

  /**
   * Takes the domains that are wanted from now on, just before the fleet is told of them.
   *
   * @param domains by UUID
   */
  public void domains(SortedMap<String, DomainConfig> domains) {
    wanted = Optional.of(SortedCopies.mapOf(domains));
    thread.changed();
  }

  private void tell(Attempts attempts) {
    if (wanted.isEmpty()) {
      return;
    }
    SortedMap<String, DomainConfig> now = wanted.get();
    SortedMap<String, AppStatus> apps = apps();
    SortedMap<String, TaskView> tasks = sources.views();
    known.putAll(now);
    known.keySet().removeIf(id -> !now.containsKey(id) && !apps.containsKey(id));
    known.forEach(
        (id, domain) -> {
          AppStatus app = apps.get(id);
          if (app != null) {
            attempts.attempt(
                "how domain " + id + " is",
                () -> tell(domain, app, Optional.ofNullable(tasks.get(app.app().task()))));
          }
        });
    attempts.attempt("which domains are gone", () -> forget(apps.keySet()));
  }

  private SortedMap<String, AppStatus> apps() {
    return fleet.apps().stream()
        .collect(
            Collectors.toMap(
                status -> status.app().id(), status -> status, (a, b) -> a, TreeMap::new));
  }

  private void tell(DomainConfig domain, AppStatus app, Optional<TaskView> task) {
    ObjectNode status = DomainMessages.status(domain, app, task);
    if (!status.equals(told.get(domain.id()))) {
      board.publish(STATUS, domain.id(), bytes(status));
      told.put(domain.id(), status);
    }
  }

  private static byte[] bytes(ObjectNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** What was published of domains that are gone is removed, by an earlier daemon as well. */
  private void forget(Set<String> apps) {
    SortedSet<String> keys = new TreeSet<>(known.keySet());
    keys.addAll(apps);
    if (!kept.equals(Optional.of(keys))) {
      told.keySet().retainAll(keys);
      peaks.keySet().retainAll(keys);
      // Whoever sees that a domain is gone finds nothing more of it.
      board.retain(METRIC, keys);
      board.retain(STATUS, keys);
      kept = Optional.of(keys);
    }
  }

  private void measure(Attempts attempts) {
    if (known.isEmpty()) {
      return;
    }
    SortedMap<String, AppStatus> apps = apps();
    SortedMap<String, TaskView> tasks = sources.views();
    SortedMap<String, TaskUsage> usage = sources.usageOf(List.copyOf(apps.values()));
    Set<String> running = new HashSet<>();
    for (DomainConfig domain : known.values()) {
      AppStatus app = apps.get(domain.id());
      TaskView task = app == null ? null : tasks.get(app.app().task());
      if (app != null && task != null) {
        long peak = Math.max(peaks.getOrDefault(domain.id(), 0L), task.memory().usage().orElse(0));
        if (task.anchor().isPresent()) {
          running.add(domain.id());
          peaks.put(domain.id(), peak);
        }
        attempts.attempt(
            "what domain " + domain.id() + " uses",
            () -> {
              Optional<TaskUsage> used = Optional.ofNullable(usage.get(task.name()));
              ObjectNode metric =
                  DomainMessages.metric(
                      domain, app.app(), task, used, peak, sources.clock().instant());
              board.publish(METRIC, domain.id(), bytes(metric));
            });
      }
    }
    peaks.keySet().retainAll(running);
  }

  @Override
  public void close() {
    listening.run();
    thread.close();
  }
}
