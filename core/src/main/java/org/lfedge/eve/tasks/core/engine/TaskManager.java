package org.lfedge.eve.tasks.core.engine;

import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.admission.CpuSet;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.engine.Planner.NodeLayout;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.AppRecord;
import org.lfedge.eve.tasks.core.port.AppRecords;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.Devices;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.HypervisorMemory;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.NetworkProbes;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.core.port.Processes;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskOutput;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskStore;
import org.lfedge.eve.tasks.core.port.Volumes;

/**
 * The tasks of this node: takes commands by name and gives each to the worker of its task.
 *
 * <p>A command's future completes when its goal is reached, or exceptionally with a {@link
 * TaskException}. All methods may be called by several threads at once.
 */
public final class TaskManager implements AutoCloseable {

  /** Steps of tasks that run at once; most of a step is waiting for containerd or the disk. */
  private static final int STEPS_AT_ONCE = 16;

  /** Stands in a rendered spec for the UUID that a task gets when it is created. */
  private static final UUID UNKNOWN = new UUID(0, 0);

  private static final List<String> AT_CREATE = List.of("/annotations/org.lfedge.eve.tasks.uuid");

  private final Ports ports;
  private final TaskEffects effects;
  private final EngineParts shared;
  private final ThreadPoolExecutor threads;
  private final ImageFetches fetches;
  private final DiskVolumes disks;
  private final NameServices names;
  private final TaskViews views;
  private final Upkeep upkeep;
  private final ScheduledThreadPoolExecutor timers;
  private final ConcurrentSkipListMap<String, TaskWorker> workers = new ConcurrentSkipListMap<>();

  /**
   * The world of the engine.
   *
   * @param apps of the node's controller, if it has one
   * @param chance from 0 to 1, for the jitter of restarts
   * @param bootId of the present boot, by which processes of an earlier one are known to be gone
   */
  public record Ports(
      TaskStore store,
      Optional<AppRecords> apps,
      EventLog events,
      ContainerRuntime runtime,
      NetworkNamespaces namespaces,
      Networks networks,
      NetworkProbes probes,
      BinaryFormats binaryFormats,
      Volumes volumes,
      FetchedFiles fetched,
      Devices devices,
      TaskFiles files,
      Processes processes,
      HypervisorMemory hypervisor,
      TaskOutput output,
      InstantSource clock,
      DoubleSupplier chance,
      String bootId) {}

  /**
   * Manages nothing until {@link #recover} was called.
   *
   * @param nameService the root of tasks that serve the names of networks, if they are wanted
   */
  public TaskManager(
      Ports ports,
      Planner planner,
      NodeLayout layout,
      Admission.Node capacity,
      CpuSet cpus,
      Optional<RootSource> nameService) {
    names = new NameServices(this, ports.networks(), nameService);
    this.ports = ports;
    fetches = new ImageFetches(planner);
    threads =
        new ThreadPoolExecutor(
            STEPS_AT_ONCE,
            STEPS_AT_ONCE,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> daemonThread("task-step", work));
    threads.allowCoreThreadTimeOut(true);
    timers = new ScheduledThreadPoolExecutor(1, work -> daemonThread("task-timer", work));
    timers.setRemoveOnCancelPolicy(true);
    CpuSharing sharing = new CpuSharing(cpus, workers, ports.processes(), layout);
    effects =
        new TaskEffects(ports, sharing::inSpec, work -> daemonThread("task-helper", work).start());
    shared =
        new EngineParts(
            ports.store(),
            ports.events(),
            ports.runtime(),
            ports.probes(),
            effects,
            planner,
            new Reservations(capacity, ports.hypervisor(), this::hasGuest),
            new DeviceClaims(ports.devices()),
            sharing,
            new RootFiles(ports.fetched(), this::records),
            new StartOrder(workers),
            ports.clock(),
            ports.chance(),
            ports.bootId(),
            timers,
            threads);
    views = new TaskViews(ports, layout, shared.neighbours());
    upkeep = new Upkeep(ports, shared, workers, names, layout);
    disks = new DiskVolumes(ports.volumes(), ports.fetched(), shared.rootFiles(), fetches);
  }

  /** Whether a task that takes something from a hypervisor has it: its program makes the guest. */
  private boolean hasGuest(String name) {
    return record(name)
        .map(TaskRecord::state)
        .filter(state -> state == TaskState.RUNNING || state == TaskState.STOPPING)
        .isPresent();
  }

  private static Thread daemonThread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Takes up the tasks on record, brings each together with what the runtime has, and removes what
   * belongs to no task. Tasks that are to be started are started afterwards. To be called once,
   * before any command.
   */
  public void recover() {
    new Recovery(ports, shared, effects, workers).run(this::newWorker);
    shared.cpus().settle();
    names.refresh();
    upkeep.start();
  }

  /** Compares all tasks with what the runtime has at once, as happens now and then anyway. */
  void reconcile() {
    upkeep.reconcile();
  }

  /**
   * Brings what a task is to be made of to the node, ahead of its creation; within {@link #keeping}
   * both.
   *
   * @return completes when it is here; who cancels it breaks the fetch off
   */
  public CompletableFuture<Void> fetch(TaskDocument document) {
    return fetches.bring(document);
  }

  /** Does something that fetches what a task is to be made of; that stays until it is done. */
  public <T> CompletableFuture<T> keeping(
      TaskDocument document, Supplier<CompletableFuture<T>> work) {
    return shared.rootFiles().during(document, work);
  }

  /** Makes a task, up to the state CREATED; if a step fails, nothing is left of it. */
  public CompletableFuture<TaskView> create(TaskDocument document) {
    names.requireOther(document);
    return create(document, Desired.STOPPED);
  }

  /** Makes a task and starts it; after a crash in the middle of that it is gone on with. */
  CompletableFuture<TaskView> createAndStart(TaskDocument document) {
    return create(document, Desired.RUNNING).thenCompose(created -> ensureStarted(created.name()));
  }

  private CompletableFuture<TaskView> create(TaskDocument document, Desired desired) {
    refuseCircles(List.of(document));
    if (workers.containsKey(document.name())) {
      return CompletableFuture.failedFuture(Refusals.alreadyExists(document.name()));
    }
    return names.served(
        document,
        () ->
            shared
                .rootFiles()
                .during(
                    document,
                    () -> fetches.bring(document).thenCompose(there -> make(document, desired))));
  }

  private CompletableFuture<TaskView> make(TaskDocument document, Desired desired) {
    TaskWorker worker =
        newWorker(TaskRecord.of(UUID.randomUUID(), document, desired, ports.clock().instant()));
    return workers.putIfAbsent(document.name(), worker) == null
        ? worker.create().thenApply(done -> views.of(worker))
        : CompletableFuture.failedFuture(Refusals.alreadyExists(document.name()));
  }

  private TaskWorker newWorker(TaskRecord record) {
    TaskWorker[] self = new TaskWorker[1];
    self[0] = new TaskWorker(shared, record, () -> workers.remove(record.name(), self[0]));
    return self[0];
  }

  /**
   * Lets the program of a task run; from STOPPED or FAILED, after making a new anchor. Completes
   * without that if the task has to wait for others, and starts it when they have come far enough.
   *
   * @param once whether its end is not to be followed by a restart, whatever its policy says
   */
  public CompletableFuture<TaskView> start(String name, boolean once) {
    return with(name, worker -> worker.start(once));
  }

  /** As {@link #start}, and content with a task that runs. */
  CompletableFuture<TaskView> ensureStarted(String name) {
    return with(name, TaskWorker::ensureStarted);
  }

  /** Takes over another document of a task, with the same anchor if that is possible. */
  CompletableFuture<TaskView> revise(TaskDocument document) {
    names.requireOther(document);
    return replace(document);
  }

  CompletableFuture<TaskView> replace(TaskDocument document) {
    return names.served(
        document,
        () ->
            shared
                .rootFiles()
                .during(
                    document,
                    () ->
                        fetches
                            .bring(document)
                            .thenCompose(
                                there -> with(document.name(), worker -> worker.revise(document))))
                .whenComplete((done, failed) -> names.settle(document)));
  }

  /** Whether the anchor of a task can stay when it gets another document. */
  boolean staysWith(TaskRecord record, TaskDocument document) {
    check(document);
    Revision revision;
    try {
      revision = Revision.of(record, document, shared.planner());
    } catch (TaskException e) {
      if (isToCome(e) && shared.planner().wantsFetch(document)) {
        // Another root than the present one, which is here.
        return false;
      }
      throw e;
    }
    shared.reservations().check(revision.charge());
    return revision.inPlace();
  }

  private static boolean isToCome(TaskException failure) {
    String code = failure.first().code();
    return code.equals("IMAGE_NOT_FOUND") || code.equals("FILE_NOT_FOUND");
  }

  /**
   * Ends a task; completes when its anchor has ended.
   *
   * @param force SIGKILL at once instead of the stop plan
   */
  public CompletableFuture<TaskView> stop(String name, boolean force) {
    return with(name, worker -> worker.stop(force));
  }

  /**
   * Removes a task and all that was made for it.
   *
   * @param force ends it first, by SIGKILL
   * @param purge also removes the volumes that were made with it
   */
  public CompletableFuture<TaskView> delete(String name, boolean force, boolean purge) {
    names.requireUnused(name);
    Optional<TaskDocument> document = record(name).map(TaskRecord::document);
    return with(name, worker -> worker.delete(force, purge))
        .whenComplete((done, failed) -> document.ifPresent(names::settle));
  }

  /** Ends and removes a task. */
  CompletableFuture<TaskView> remove(String name) {
    return with(name, worker -> worker.delete(true, false));
  }

  /** Sends a signal to the anchor of a running task. */
  public CompletableFuture<TaskView> signal(String name, Signal signal) {
    return with(name, worker -> worker.signal(signal));
  }

  /** Completes when the present anchor of a task has ended, at once if it has none. */
  public CompletableFuture<TaskView> awaitExit(String name) {
    return with(name, TaskWorker::awaitExit);
  }

  /** All tasks, by name. Most of the time goes into reading what memory each of them uses. */
  public List<TaskView> list() {
    return workers.values().parallelStream().map(views::of).toList();
  }

  /**
   * The names of tasks that somebody made here, neither the node by itself nor its controller.
   *
   * @throws TaskException if it cannot be known which ones a controller has
   */
  List<String> names() {
    Set<String> apps =
        ports.apps().map(AppRecords::all).orElse(List.of()).stream()
            .map(AppRecord::task)
            .collect(Collectors.toSet());
    return workers.keySet().stream()
        .filter(name -> !names.isOne(name) && !apps.contains(name))
        .toList();
  }

  /** The records of all tasks, by name; nothing is read from the node for them. */
  public List<TaskRecord> records() {
    return workers.values().stream().map(TaskWorker::record).toList();
  }

  /**
   * The names of the images of tools that the node's config has for executors: they are to stay,
   * whether a task uses them now or not.
   */
  public SortedSet<String> toolsOfNode() {
    return shared.planner().toolsOfNode();
  }

  /** Everything about one task. */
  public TaskDetail inspect(String name) {
    return views.detail(worker(name));
  }

  /** Checks a document, the options of its executor included, as far as that needs no root. */
  public void check(TaskDocument document) {
    names.requireOther(document);
    shared.planner().check(document);
    shared.devices().check(document);
  }

  /** What creating a task would give; leaves no trace. */
  public Rendering render(TaskDocument document) {
    shared.devices().check(document);
    Planner.Plan plan = shared.planner().render(UNKNOWN, document);
    shared.reservations().check(plan.charge());
    return new Rendering(
        plan.blueprint().executor(),
        plan.blueprint().specJson(),
        plan.spec().withheld(),
        AT_CREATE);
  }

  /**
   * Brings tasks to what documents say, and declares them as wanted running.
   *
   * @param dryRun plans, and changes nothing
   * @param prune stops and deletes the tasks that no document names, but for apps of a controller
   * @param keepStopped leaves a task alone that somebody stopped, until its document changes
   * @return a change for each task concerned, by name
   * @throws TaskException if the tasks would come after one another in a circle
   */
  public CompletableFuture<List<Change>> apply(
      List<TaskDocument> documents, boolean dryRun, boolean prune, boolean keepStopped) {
    return new Application(this, documents, Application.Mode.of(prune, keepStopped)).run(dryRun);
  }

  /** Refuses documents by which tasks would wait for one another for ever. */
  void refuseCircles(Collection<TaskDocument> documents) {
    SortedMap<String, TaskDocument> all = new TreeMap<>();
    workers.forEach((name, worker) -> all.put(name, worker.record().document()));
    documents.forEach(document -> all.put(document.name(), document));
    StartOrder.refuseCircles(all, documents);
  }

  /**
   * Makes a volume of the node, a raw disk with the content of a file that is fetched for that and
   * not kept.
   *
   * @param bytes how large it is at least; 0 for as large as the content
   * @return refused with VOLUME_EXISTS if there is one
   */
  public CompletableFuture<StoredVolume> createDisk(
      String name, FileOrigin.Url from, Format format, long bytes) {
    return disks.create(name, from, format, bytes);
  }

  /**
   * As {@link #createDisk(String, FileOrigin.Url, Format, long)}, with the content of a file of the
   * node.
   *
   * @param path within {@code policy.directories}
   * @param digest what the file must have, {@code sha256:} and 64 hex digits; anything if empty
   */
  public CompletableFuture<StoredVolume> createDisk(
      String name, String path, Optional<String> digest, Format format, long bytes) {
    return disks.create(name, path, digest, format, bytes);
  }

  /** The anchor of a task, if there is such a task and it has one. */
  public Optional<Anchor> anchor(String name) {
    return record(name).flatMap(TaskRecord::anchor);
  }

  /** The record of a task as it is now, if there is such a task. */
  public Optional<TaskRecord> record(String name) {
    return Optional.ofNullable(workers.get(name)).map(TaskWorker::record);
  }

  private CompletableFuture<TaskView> with(
      String name, Function<TaskWorker, CompletableFuture<TaskRecord>> command) {
    try {
      TaskWorker worker = worker(name);
      return command.apply(worker).thenApply(done -> views.of(worker));
    } catch (TaskException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private TaskWorker worker(String name) {
    TaskWorker worker = workers.get(name);
    if (worker == null) {
      throw TaskException.notFound(
          Problem.user(
              "TASK_NOT_FOUND",
              "no task is named " + name + "; see taskctl list for those there are"));
    }
    return worker;
  }

  /** Lets go of the tasks, which run on. */
  @Override
  public void close() {
    timers.shutdownNow();
    fetches.close();
    disks.close();
    threads.shutdown();
  }
}
