package org.lfedge.eve.tasks.core.engine;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.admission.Admission;
import org.lfedge.eve.tasks.core.admission.TaskCharge;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.engine.Planner.NodeLayout;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.NetworkNamespaces;
import org.lfedge.eve.tasks.core.port.Processes;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskStore;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of this node: takes commands by name and gives each to the worker of its task.
 *
 * <p>A command's future completes when its goal is reached, or exceptionally with a {@link
 * TaskException}. All methods may be called by several threads at once.
 */
public final class TaskManager implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TaskManager.class);

  /** Steps of tasks that run at once; most of a step is waiting for containerd or the disk. */
  private static final int STEPS_AT_ONCE = 16;

  /** Stands in a rendered spec for the UUID that a task gets when it is created. */
  private static final UUID UNKNOWN = new UUID(0, 0);

  private static final List<String> AT_CREATE = List.of("/annotations/org.lfedge.eve.tasks.uuid");

  private final Ports ports;
  private final NodeLayout layout;
  private final TaskEffects effects;
  private final TaskWorker.Shared shared;
  private final ThreadPoolExecutor threads;
  private final ScheduledThreadPoolExecutor timers;
  private final ConcurrentSkipListMap<String, TaskWorker> workers = new ConcurrentSkipListMap<>();

  /** The world of the engine. */
  public record Ports(
      TaskStore store,
      ContainerRuntime runtime,
      NetworkNamespaces namespaces,
      TaskFiles files,
      Processes processes,
      InstantSource clock) {}

  /** Manages nothing until {@link #recover} was called. */
  public TaskManager(Ports ports, Planner planner, NodeLayout layout, Admission.Node capacity) {
    this.ports = ports;
    this.layout = layout;
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
    effects =
        new TaskEffects(ports.runtime(), ports.namespaces(), ports.files(), ports.processes());
    shared =
        new TaskWorker.Shared(
            ports.store(),
            ports.runtime(),
            effects,
            planner,
            new Reservations(capacity),
            ports.clock(),
            timers,
            threads);
  }

  private static Thread daemonThread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Takes up the tasks on record, brings each together with what the runtime has, and removes what
   * belongs to no task. To be called once, before any command.
   */
  public void recover() {
    TaskStore.Contents contents = ports.store().load();
    List<CompletableFuture<TaskRecord>> recoveries = new ArrayList<>();
    for (TaskRecord record : contents.records()) {
      shared.reservations().restore(charge(record));
      TaskWorker worker = newWorker(record);
      workers.put(record.name(), worker);
      recoveries.add(
          worker
              .recover()
              .whenComplete(
                  (done, error) -> {
                    if (error != null) {
                      log.error(
                          "task {}: cannot be recovered: {}", record.name(), error.toString());
                    }
                  }));
    }
    recoveries.forEach(recovery -> recovery.exceptionally(error -> null).join());
    SortedSet<String> known = new TreeSet<>();
    contents.records().forEach(record -> known.add(record.name()));
    for (TaskStore.Unreadable unreadable : contents.unreadable()) {
      log.error("task {}: {}; it is left as it is", unreadable.name(), unreadable.problem());
      known.add(unreadable.name());
    }
    removeOrphans(known);
  }

  private void removeOrphans(Collection<String> known) {
    SortedSet<String> orphans = new TreeSet<>();
    orphans.addAll(ports.runtime().containers());
    orphans.addAll(ports.runtime().roots());
    orphans.addAll(ports.namespaces().pinned());
    orphans.addAll(ports.files().tasks());
    orphans.removeAll(known);
    for (String orphan : orphans) {
      try {
        effects.remove(orphan);
        log.warn("task {}: it is on no record; what was left of it is removed", orphan);
      } catch (TaskException e) {
        log.error("task {}: what is left of it cannot be removed: {}", orphan, e.first());
      }
    }
  }

  /** Makes a task, up to the state CREATED; if a step fails, nothing is left of it. */
  public CompletableFuture<TaskView> create(TaskDocument document) {
    String name = document.name();
    TaskWorker worker =
        newWorker(TaskRecord.of(UUID.randomUUID(), document, ports.clock().instant()));
    if (workers.putIfAbsent(name, worker) != null) {
      return CompletableFuture.failedFuture(
          TaskException.refused(
              Problem.inDocument(
                  "ALREADY_EXISTS",
                  "name",
                  name,
                  "a task of this name exists; delete it first, or change it with taskctl"
                      + " apply")));
    }
    return worker.create().thenApply(this::view);
  }

  private TaskWorker newWorker(TaskRecord record) {
    TaskWorker[] self = new TaskWorker[1];
    self[0] = new TaskWorker(shared, record, () -> workers.remove(record.name(), self[0]));
    return self[0];
  }

  /** Lets the program of a task run; from STOPPED or FAILED, after making a new anchor. */
  public CompletableFuture<TaskView> start(String name) {
    return with(name, TaskWorker::start);
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
   */
  public CompletableFuture<TaskView> delete(String name, boolean force) {
    return with(name, worker -> worker.delete(force));
  }

  /** Sends a signal to the anchor of a running task. */
  public CompletableFuture<TaskView> signal(String name, Signal signal) {
    return with(name, worker -> worker.signal(signal));
  }

  /** Completes when the present anchor of a task has ended, at once if it has none. */
  public CompletableFuture<TaskView> awaitExit(String name) {
    return with(name, TaskWorker::awaitExit);
  }

  /** All tasks, by name. */
  public List<TaskView> list() {
    return workers.values().stream().map(worker -> view(worker.record())).toList();
  }

  /** Everything about one task. */
  public TaskDetail inspect(String name) {
    TaskRecord record = worker(name).record();
    var cgroup = record.anchor().flatMap(anchor -> ports.processes().cgroup(anchor.pid()));
    return new TaskDetail(
        view(record),
        record,
        cgroup,
        cgroup.map(path -> ports.processes().limits(path)).orElseGet(TreeMap::new),
        ports.files().output(name));
  }

  /** Checks a document, the options of its executor included, as far as that needs no root. */
  public void check(TaskDocument document) {
    shared.planner().check(document);
  }

  /** What creating a task would give; leaves no trace. */
  public Rendering render(TaskDocument document) {
    Planner.Plan plan = shared.planner().render(UNKNOWN, document);
    shared.reservations().check(plan.charge());
    return new Rendering(
        plan.blueprint().executor(),
        plan.blueprint().specJson(),
        plan.spec().withheld(),
        AT_CREATE);
  }

  /**
   * Brings tasks to what documents say.
   *
   * @param dryRun plans, and changes nothing
   * @param prune stops and deletes the tasks that no document names
   * @return a change for each task concerned, by name
   */
  public CompletableFuture<List<Change>> apply(
      List<TaskDocument> documents, boolean dryRun, boolean prune) {
    return new Application(this, documents, prune).run(dryRun);
  }

  /** The task of a document as it is now. */
  Optional<TaskRecord> record(String name) {
    return Optional.ofNullable(workers.get(name)).map(TaskWorker::record);
  }

  private CompletableFuture<TaskView> with(
      String name, Function<TaskWorker, CompletableFuture<TaskRecord>> command) {
    try {
      return command.apply(worker(name)).thenApply(this::view);
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

  private static TaskCharge charge(TaskRecord record) {
    AnchorTax tax =
        record.blueprint().map(blueprint -> blueprint.seed().tax()).orElse(AnchorTax.NONE);
    return Planner.charge(record.document(), tax);
  }

  private TaskView view(TaskRecord record) {
    TaskCharge charge = charge(record);
    OptionalLong usage =
        record.state().hasAnchor()
            ? ports.processes().memoryUsage(layout.cgroup(record.name()))
            : OptionalLong.empty();
    return new TaskView(
        record.name(),
        record.document().displayName(),
        record.blueprint().map(TaskRecord.Blueprint::executor).orElse(""),
        record.state(),
        record.desired(),
        record.anchor(),
        record.exit(),
        record.failure().filter(failure -> record.state() == TaskState.FAILED),
        record.createdAt(),
        record.startedAt(),
        new TaskView.Memory(charge.askedBytes(), charge.taxBytes(), charge.limitBytes(), usage));
  }

  /** Lets go of the tasks, which run on. */
  @Override
  public void close() {
    timers.shutdownNow();
    threads.shutdown();
  }
}
