package org.lfedge.eve.tasks.core.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.InterfaceConfig;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.EdgeConfigs;
import org.lfedge.eve.tasks.core.eve.HostAccess;
import org.lfedge.eve.tasks.core.eve.Wanted;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.AppRecord;
import org.lfedge.eve.tasks.core.port.AppRecords;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The apps of a controller on this node. Each is brought to what is wanted on its own: none waits
 * for another, and what fails is tried again. Tasks that people made are left alone.
 */
public final class Fleet implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Fleet.class);

  /** What takes its time, as a fetch or the end of a guest, no thread waits for. */
  private static final int AT_ONCE = 4;

  private static final Duration LOOK = Duration.ofMinutes(1);

  /** Volumes of controllers: a UUID and a generation. Nobody else gives a volume such a name. */
  private static final Pattern OF_CONTROLLER = Pattern.compile(EdgeConfigs.UUID + "\\.[0-9]+");

  private final Parts parts;
  private final ThreadPoolExecutor threads;
  private final ScheduledThreadPoolExecutor timers;
  private final SortedMap<String, AppWorker> workers = new ConcurrentSkipListMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private Optional<Wanted> wanted = Optional.empty();
  private boolean taken;

  /** What a fleet works with. */
  public record Parts(
      TaskManager tasks,
      Volumes volumes,
      AppRecords records,
      Surroundings surroundings,
      InstantSource clock) {}

  /** What apps need around them, beside tasks and volumes. */
  public interface Surroundings {

    /**
     * Has networks beside those of the node's config, in place of those of an earlier call.
     *
     * @param sections by name, each as the node's config describes networks
     * @return what is wrong with networks, by name; those are not there
     */
    SortedMap<String, List<Problem>> networks(SortedMap<String, JsonNode> sections);

    /** Has hosts spoken to in these ways, where the node's config says nothing of them. */
    void hosts(SortedMap<String, HostAccess> hosts);
  }

  /** Does nothing until something is wanted. */
  public Fleet(Parts parts) {
    this.parts = parts;
    threads =
        new ThreadPoolExecutor(
            AT_ONCE,
            AT_ONCE,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> daemonThread("app", work));
    threads.allowCoreThreadTimeOut(true);
    timers = new ScheduledThreadPoolExecutor(1, work -> daemonThread("app-timer", work));
    timers.setRemoveOnCancelPolicy(true);
  }

  private static Thread daemonThread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Takes what is wanted from now on, in place of what was wanted before. The work goes on by
   * itself; if it cannot be begun, as when the records of apps cannot be read, that is tried again.
   */
  public synchronized void want(Wanted now) {
    if (wanted.isEmpty()) {
      var unused =
          timers.scheduleWithFixedDelay(
              guarded(this::look), LOOK.toSeconds(), LOOK.toSeconds(), TimeUnit.SECONDS);
    }
    wanted = Optional.of(now);
    taken = false;
    take();
  }

  private void take() {
    try {
      begin(wanted.orElseThrow());
      taken = true;
    } catch (TaskException e) {
      log.error("what the controller wants cannot be done yet: {}", e.first());
    }
  }

  private void begin(Wanted now) {
    List<AppRecord> records = parts.records().all();
    log.info("the controller wants {} apps", now.apps().size());
    parts.surroundings().hosts(now.hosts());
    SortedMap<String, List<Problem>> unusable = parts.surroundings().networks(now.networks());
    SortedMap<String, App> apps = new TreeMap<>();
    now.apps().forEach(app -> apps.put(app.id(), refusedFor(unusable, app)));
    records.forEach(
        record -> workers.computeIfAbsent(record.id(), id -> worker(id, record.task())));
    apps.values().forEach(app -> workers.computeIfAbsent(app.id(), id -> worker(id, app.task())));
    workers.forEach((id, worker) -> worker.want(Optional.ofNullable(apps.get(id))));
  }

  private AppWorker worker(String id, String task) {
    return new AppWorker(id, task, parts, threads, timers, this::changed, this::removed);
  }

  /** An app on a network that cannot be is told why, not that the network is missing. */
  private static App refusedFor(SortedMap<String, List<Problem>> unusable, App app) {
    List<Problem> problems = new ArrayList<>();
    app.document().stream()
        .flatMap(document -> document.interfaces().stream())
        .map(InterfaceConfig::network)
        .distinct()
        .forEach(network -> problems.addAll(unusable.getOrDefault(network, List.of())));
    return problems.isEmpty() ? app : app.refused(problems);
  }

  /** How far all apps have come, by id. */
  public List<AppStatus> apps() {
    return workers.values().stream().flatMap(worker -> worker.status().stream()).toList();
  }

  /** Has an action run whenever an app has come further; it must be short. */
  public void listen(Runnable action) {
    listeners.add(action);
  }

  private void changed() {
    listeners.forEach(Runnable::run);
  }

  /** Unless it is wanted again meanwhile. */
  private synchronized void removed(AppWorker worker) {
    if (worker.isOver()) {
      workers.remove(worker.id());
      changed();
      threads.execute(guarded(this::sweep));
    }
  }

  /** Now and then: somebody may have removed a task, and volumes may be free by now. */
  private synchronized void look() {
    if (!taken) {
      take();
    }
    workers.values().forEach(AppWorker::look);
    threads.execute(guarded(this::sweep));
  }

  /** What fails once is done again with the next look. */
  private static Runnable guarded(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        log.error("the apps of the controller cannot be looked after", e);
      }
    };
  }

  /**
   * Removes the volumes that the controller had made and does not want any more. A task may be
   * stopped, or wait after a boot: its volumes are its own though they are mounted nowhere.
   */
  private synchronized void sweep() {
    if (wanted.isEmpty()) {
      return;
    }
    SortedSet<String> named = new TreeSet<>();
    parts.tasks().records().stream()
        .filter(record -> record.state() != TaskState.DELETED)
        .forEach(record -> named.addAll(record.document().storedVolumes()));
    for (StoredVolume volume : parts.volumes().list()) {
      if (OF_CONTROLLER.matcher(volume.name()).matches()
          && volume.usedBy().isEmpty()
          && !named.contains(volume.name())
          && !wanted.get().volumes().contains(volume.name())) {
        remove(volume.name());
      }
    }
  }

  private void remove(String volume) {
    try {
      parts.volumes().remove(volume);
      log.info("volume {}: removed, the controller wants it no more", volume);
    } catch (TaskException e) {
      // It is tried again with the next look.
      log.warn("volume {} is not wanted any more and cannot be removed: {}", volume, e.first());
    }
  }

  /** Lets go of the apps, whose tasks run on. */
  @Override
  public void close() {
    timers.shutdownNow();
    threads.shutdownNow();
  }
}
