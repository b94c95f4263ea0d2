package org.lfedge.eve.tasks.core.fleet;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.api.DeviceMemoryMetric;
import org.lfedge.eve.tasks.core.eve.api.ZDeviceState;
import org.lfedge.eve.tasks.core.eve.api.ZInfoApp;
import org.lfedge.eve.tasks.core.eve.api.ZInfoAppInstance;
import org.lfedge.eve.tasks.core.eve.api.ZInfoDevice;
import org.lfedge.eve.tasks.core.eve.api.ZInfoMsg;
import org.lfedge.eve.tasks.core.eve.api.ZInfoTypes;
import org.lfedge.eve.tasks.core.eve.api.ZMetricMsg;
import org.lfedge.eve.tasks.core.eve.api.deviceMetric;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.InterfaceCounters;
import org.lfedge.eve.tasks.core.port.InterfaceMetrics;
import org.lfedge.eve.tasks.core.port.OutputPlace;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.TaskMetrics;
import org.lfedge.eve.tasks.core.port.TaskOutput;
import org.lfedge.eve.tasks.core.port.TaskUsage;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.spi.task.HostFacts;

/**
 * Tells a controller how apps are, whenever that changes, and what they use, now and then. One
 * thread does both; what is told goes into a queue that lasts, so nothing here waits for anybody.
 */
public final class FleetReports implements AutoCloseable {

  /**
   * Of one app, each time that logs are read: one that writes without end keeps nothing else from
   * being told.
   */
  private static final int BUNDLES_AT_ONCE = 8;

  private final Fleet fleet;
  private final Sources sources;
  private final Outbox outbox;
  private final ReportThread thread;
  private final Map<String, ZInfoApp> told = new HashMap<>();
  private final Map<String, AppLogs> logs = new HashMap<>();
  private Optional<ZInfoDevice> toldNode = Optional.empty();

  /** As which node it was told: a controller knows nothing of one that it takes in anew. */
  private Optional<String> toldDevice = Optional.empty();

  private final Runnable listening;

  /**
   * How long is waited.
   *
   * @param gather changes that follow one another so soon are told as one
   * @param retry after a failure, and between looks who the node is
   * @param logs between the times that logs are read
   */
  public record Pace(Duration gather, Duration retry, Duration logs) {

    /** For a node. */
    public static final Pace USUAL =
        new Pace(Duration.ofMillis(200), Duration.ofSeconds(5), Duration.ofSeconds(10));
  }

  /** Where what is told comes from. */
  public record Sources(
      TaskManager tasks,
      EventLog events,
      TaskMetrics usage,
      InterfaceMetrics interfaces,
      TaskOutput output,
      LogMarks marks,
      Volumes volumes,
      HostFacts host,
      String hostName,
      InstantSource clock) {

    /** The tasks of the node, by name. */
    SortedMap<String, TaskView> views() {
      return tasks.list().stream()
          .collect(Collectors.toMap(TaskView::name, view -> view, (a, b) -> a, TreeMap::new));
    }

    /** What the tasks of apps use, by their names. */
    SortedMap<String, TaskUsage> usageOf(List<AppStatus> apps) {
      return usage.usage(
          apps.stream()
              .map(status -> status.app().task())
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  /** Takes messages, and keeps them until they are sent. */
  public interface Outbox {

    /** The UUID of this node at its controller, once it is known. */
    Optional<String> device();

    /**
     * An info message, in place of one with the same key that was not sent yet.
     *
     * @param key what it is about
     */
    void info(String key, byte[] message);

    /** A metrics message. */
    void metrics(byte[] message);

    /** A bundle of an app's log. */
    void log(String app, byte[] bundle);
  }

  private FleetReports(Fleet fleet, Sources sources, Outbox outbox, Pace pace) {
    this.fleet = fleet;
    this.sources = sources;
    this.outbox = outbox;
    thread = new ReportThread("app-reports", pace.gather(), pace.retry(), this::tell);
    listening = sources.events().listen(thread::changed);
  }

  /**
   * Reports from now on.
   *
   * @param interval between metrics, asked for each time
   */
  public static FleetReports start(
      Fleet fleet, Sources sources, Outbox outbox, Supplier<Duration> interval, Pace pace) {
    FleetReports reports = new FleetReports(fleet, sources, outbox, pace);
    fleet.listen(reports.thread::changed);
    reports.thread.changed();
    reports.thread.every(pace::retry, attempts -> reports.lookWhoTheNodeIs());
    reports.thread.every(interval, reports::measure);
    reports.thread.every(pace::logs, reports::readLogs);
    return reports;
  }

  /** A task that was made anew has another log. */
  private void readLogs(Attempts attempts) {
    SortedMap<String, TaskView> tasks = sources.views();
    Set<String> present = new HashSet<>();
    for (AppStatus status : fleet.apps()) {
      App app = status.app();
      TaskView task = tasks.get(app.task());
      if (task != null) {
        String key = app.id() + " " + task.createdAt();
        present.add(key);
        attempts.attempt(
            "what app " + app.id() + " writes",
            () -> hand(app.id(), task, logs.computeIfAbsent(key, made -> log(app, task))));
      }
    }
    logs.keySet().retainAll(present);
  }

  private AppLogs log(App app, TaskView task) {
    OutputPlace begin =
        sources
            .marks()
            .find(app.id())
            .filter(mark -> mark.created().equals(task.createdAt()))
            .map(LogMarks.Mark::place)
            .orElse(OutputPlace.BEGINNING);
    return new AppLogs(app.id(), app.displayName(), sources.output().readOn(app.task(), begin));
  }

  private void hand(String app, TaskView task, AppLogs log) {
    Instant begun = task.anchor().isEmpty() ? Instant.MAX : task.startedAt().orElse(Instant.MIN);
    for (int i = 0; i < BUNDLES_AT_ONCE; i++) {
      Optional<byte[]> bundle = log.next(begun);
      if (bundle.isEmpty()) {
        return;
      }
      outbox.log(app, bundle.get());
      boolean more = log.handed();
      sources.marks().save(app, new LogMarks.Mark(task.createdAt(), log.place()));
      if (!more) {
        return;
      }
    }
  }

  private void lookWhoTheNodeIs() {
    if (!outbox.device().equals(toldDevice)) {
      thread.changed();
    }
  }

  private void tell(Attempts attempts) {
    Optional<String> device = outbox.device();
    if (device.isEmpty()) {
      return;
    }
    if (!device.equals(toldDevice)) {
      told.clear();
      toldNode = Optional.empty();
      toldDevice = device;
    }
    List<AppStatus> apps = fleet.apps();
    SortedMap<String, TaskView> tasks = sources.views();
    told.keySet().retainAll(apps.stream().map(status -> status.app().id()).toList());
    for (AppStatus status : apps) {
      attempts.attempt(
          "how app " + status.app().id() + " is",
          () -> tell(device.get(), status, Optional.ofNullable(tasks.get(status.app().task()))));
    }
    attempts.attempt("how the node is", () -> tellOfNode(device.get(), apps));
  }

  private void tell(String device, AppStatus status, Optional<TaskView> task) {
    String id = status.app().id();
    ZInfoApp info = AppMessages.info(status, task);
    if (!info.equals(told.get(id))) {
      Instant now = sources.clock().instant();
      outbox.info("app:" + id, AppMessages.message(device, now, info).toByteArray());
      told.put(id, info);
    }
  }

  private void tellOfNode(String device, List<AppStatus> apps) {
    Optional<ZInfoDevice> node = Optional.of(node(apps));
    if (!node.equals(toldNode)) {
      ZInfoMsg message =
          ZInfoMsg.newBuilder()
              .setZtype(ZInfoTypes.ZiDevice)
              .setDevId(device)
              .setDinfo(node.get())
              .setAtTimeStamp(AppMessages.timestamp(sources.clock().instant()))
              .build();
      outbox.info("device", message.toByteArray());
      toldNode = node;
    }
  }

  private ZInfoDevice node(List<AppStatus> apps) {
    HostFacts host = sources.host();
    ZInfoDevice.Builder info =
        ZInfoDevice.newBuilder()
            .setMachineArch(host.architecture())
            .setCpuArch(host.architecture())
            .setNcpu(host.cpus())
            .setMemory(host.memoryBytes() >> 20)
            .setHostName(sources.hostName())
            .setState(ZDeviceState.ZDEVICE_STATE_ONLINE);
    apps.forEach(
        status ->
            info.addAppInstances(
                ZInfoAppInstance.newBuilder()
                    .setUuid(status.app().id())
                    .setName(status.app().displayName())
                    .setDomainName(status.app().task())));
    return info.build();
  }

  private void measure(Attempts attempts) {
    Optional<String> device = outbox.device();
    if (device.isEmpty()) {
      return;
    }
    List<AppStatus> apps = fleet.apps();
    SortedMap<String, TaskView> tasks = sources.views();
    SortedMap<String, TaskUsage> usage = sources.usageOf(apps);
    List<StoredVolume> volumes = sources.volumes().list();
    ZMetricMsg.Builder message =
        ZMetricMsg.newBuilder()
            .setDevID(device.get())
            .setAtTimeStamp(AppMessages.timestamp(sources.clock().instant()));
    long allocated = 0;
    for (AppStatus status : apps) {
      TaskView task = tasks.get(status.app().task());
      if (task != null) {
        allocated += task.memory().limit();
        attempts.attempt(
            "what app " + status.app().id() + " uses",
            () ->
                message.addAm(
                    AppMessages.metric(
                        status.app(),
                        task,
                        Optional.ofNullable(usage.get(task.name())),
                        interfaces(task),
                        volumes)));
      }
    }
    message.setDm(
        deviceMetric
            .newBuilder()
            .setDeviceMemory(
                DeviceMemoryMetric.newBuilder()
                    .setMemoryMB((int) (sources.host().memoryBytes() >> 20))
                    .setAllocatedAppsMB((int) (allocated >> 20))));
    outbox.metrics(message.build().toByteArray());
  }

  private SortedMap<String, InterfaceCounters> interfaces(TaskView task) {
    return task.anchor()
        .map(anchor -> sources.interfaces().counters(anchor.pid()))
        .orElseGet(TreeMap::new);
  }

  @Override
  public void close() {
    listening.run();
    thread.close();
  }
}
