package org.lfedge.eve.tasks.core.containerd;

import com.google.protobuf.Timestamp;
import io.grpc.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.lfedge.eve.tasks.core.containerd.api.containers.Container;
import org.lfedge.eve.tasks.core.containerd.api.tasks.CreateTaskRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.DeleteTaskRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.GetRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.GetResponse;
import org.lfedge.eve.tasks.core.containerd.api.tasks.KillRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.ListTasksRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.StartRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.TasksGrpc;
import org.lfedge.eve.tasks.core.containerd.api.tasks.WaitRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.WaitResponse;
import org.lfedge.eve.tasks.core.containerd.api.types.Mount;
import org.lfedge.eve.tasks.core.containerd.api.types.Process;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.RuntimeTask;
import org.lfedge.eve.tasks.core.port.Terminals;

/**
 * Runs tasks by containerd and its shim for runc. The stages of the OCI lifecycle are kept
 * strictly: where containerd itself is lenient, a call that comes out of turn is refused here.
 */
public final class ContainerdRuntime implements ContainerRuntime {

  private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

  private static final Optional<RuntimeTask.Status> STOPPED =
      Optional.of(RuntimeTask.Status.STOPPED);

  private final ContainerdClient client;
  private final ContainerRecords records;
  private final RootSnapshots roots;
  private final CgroupKills kills = new CgroupKills(CGROUPS);
  private final LimitChange limits;
  private final ContainerdExec exec;
  private final AnchorStreams streams;
  private final ShimProcesses shims;

  /** Runs tasks in the client's namespace, none of which may ask for a terminal. */
  public ContainerdRuntime(ContainerdClient client) {
    this(client, new NoTerminals());
  }

  /**
   * Runs tasks in the client's namespace.
   *
   * @param terminals for those whose spec asks for one
   */
  public ContainerdRuntime(ContainerdClient client, Terminals terminals) {
    this.client = client;
    records = new ContainerRecords(client);
    streams = new AnchorStreams(terminals);
    roots = new RootSnapshots(client);
    limits = new LimitChange(client, new LiveCgroups(CGROUPS));
    exec = new ContainerdExec(client);
    shims = new ShimProcesses(client.socket(), client.namespace());
  }

  @Override
  public void prepareRoot(String id, RootFilesystem root) {
    roots.prepare(id, root);
  }

  @Override
  public void createContainer(
      String id, RootFilesystem root, String specJson, SortedMap<String, String> labels) {
    if (RootSnapshots.key(id, root).isPresent() && !roots.exists(id)) {
      throw TaskException.refused(
          Problem.internal("ROOT_NOT_PREPARED", "the writable layer of " + id + " is not there"));
    }
    Container container =
        records.describe(id, specJson, labels, RootSnapshots.key(id, root).orElse(""));
    if (!records.create(container)) {
      refuseIfTask(id);
      records.replace(container);
    }
  }

  @Override
  public int createTask(String id, RootFilesystem root, OutputFiles output) {
    CreateTaskRequest.Builder request =
        CreateTaskRequest.newBuilder().setContainerId(id).addAllRootfs(mounts(id, root));
    streams.connect(
        request,
        output,
        records.traits(id).orElseThrow(() -> containerNotFound(id)).terminal(),
        () -> refuseIfTask(id));
    try {
      return client
          .callUnless(
              Status.Code.ALREADY_EXISTS,
              "create the anchor of " + id,
              () ->
                  client
                      .within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub)
                      .create(request.build()))
          .orElseThrow(() -> taskExists(id))
          .getPid();
    } catch (TaskException e) {
      if (e.outcome() == TaskException.Outcome.FAILED && status(id).isEmpty()) {
        releaseRoot(id).forEach(StateMount::removeBundle);
        streams.close(id);
      }
      throw orContainerNotFound(id, e);
    }
  }

  private List<Mount> mounts(String id, RootFilesystem root) {
    try {
      return roots.mounts(id, root);
    } catch (TaskException e) {
      throw orContainerNotFound(id, e);
    }
  }

  /**
   * The reason behind a refusal, looked for only now: a start that succeeds does not wait for it.
   */
  private TaskException orContainerNotFound(String id, TaskException e) {
    return e.outcome() != TaskException.Outcome.FAILED && records.find(id).isEmpty()
        ? containerNotFound(id)
        : e;
  }

  @Override
  public void startTask(String id) {
    try {
      client.call(
          "start the anchor of " + id,
          () ->
              client
                  .within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub)
                  .start(StartRequest.newBuilder().setContainerId(id).build()));
    } catch (TaskException e) {
      // The shim refuses whatever is not just created; why is looked for only then.
      RuntimeTask.Status status =
          status(id)
              .orElseThrow(
                  () ->
                      TaskException.notFound(
                          Problem.internal("TASK_NOT_FOUND", "there is no task of " + id)));
      require(id, status, RuntimeTask.Status.CREATED, "TASK_NOT_CREATED", "start");
      throw e;
    }
  }

  @Override
  public boolean signalTask(String id, int signal, boolean everyProcess) {
    if (everyProcess && status(id).equals(STOPPED)) {
      // runc takes this for success, though the last process of a task goes with its anchor.
      return false;
    }
    KillRequest request =
        KillRequest.newBuilder().setContainerId(id).setSignal(signal).setAll(everyProcess).build();
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "send signal " + signal + " to " + id,
            () -> client.within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub).kill(request))
        .isPresent();
  }

  @Override
  public Optional<RuntimeTask> task(String id) {
    return process(id).map(process -> runtimeTask(id, process));
  }

  /** What matters for most decisions; of a task that has ended, the rest takes another call. */
  private Optional<RuntimeTask.Status> status(String id) {
    return process(id).map(ContainerdRuntime::status);
  }

  private Optional<Process> process(String id) {
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "look at the task of " + id,
            () ->
                client
                    .quick(TasksGrpc::newBlockingStub)
                    .get(GetRequest.newBuilder().setContainerId(id).build()))
        .map(GetResponse::getProcess);
  }

  @Override
  public SortedMap<String, RuntimeTask> tasks() {
    SortedMap<String, RuntimeTask> tasks = new TreeMap<>();
    client
        .call(
            "list the tasks",
            () ->
                client
                    .within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub)
                    .list(ListTasksRequest.getDefaultInstance()))
        .getTasksList()
        .forEach(process -> tasks.put(process.getId(), runtimeTask(process.getId(), process)));
    return Collections.unmodifiableSortedMap(tasks);
  }

  @Override
  public void updateResources(String id, String specJson) {
    Container container = records.find(id).orElseThrow(() -> containerNotFound(id));
    limits.change(container, ContainerRecords.spec(specJson), () -> isLive(id));
  }

  private boolean isLive(String id) {
    return status(id).filter(status -> status != RuntimeTask.Status.STOPPED).isPresent();
  }

  private static RuntimeTask.Status status(Process process) {
    return switch (process.getStatus()) {
      case CREATED -> RuntimeTask.Status.CREATED;
      case RUNNING -> RuntimeTask.Status.RUNNING;
      case PAUSED, PAUSING -> RuntimeTask.Status.PAUSED;
      // Unknown: the shim does not answer, and whatever it knew of an exit is lost.
      case STOPPED, UNKNOWN, UNRECOGNIZED -> RuntimeTask.Status.STOPPED;
    };
  }

  private RuntimeTask runtimeTask(String id, Process process) {
    int code = process.getExitStatus();
    Optional<ExitStatus> exit =
        process.getStatus() == org.lfedge.eve.tasks.core.containerd.api.types.Status.STOPPED
            ? Optional.of(
                exit(code, process.getExitedAt(), isSigkill(code) && killed(records.traits(id))))
            : Optional.empty();
    return new RuntimeTask(status(process), process.getPid(), exit);
  }

  @Override
  public CompletableFuture<ExitStatus> awaitExit(String id) {
    AsyncCall<WaitResponse> wait = new AsyncCall<>(client.socket(), "wait for the end of " + id);
    TasksGrpc.newStub(client.channel())
        .wait(WaitRequest.newBuilder().setContainerId(id).build(), wait);
    return wait.answer()
        .thenCompose(
            answer ->
                answer
                    .map(end -> ended(id, end))
                    .orElseGet(
                        () ->
                            CompletableFuture.completedFuture(ExitStatus.unknown(Instant.now()))));
  }

  private CompletableFuture<ExitStatus> ended(String id, WaitResponse end) {
    int code = end.getExitStatus();
    return isSigkill(code)
        ? records.traitsLater(id).thenApply(traits -> exit(code, end.getExitedAt(), killed(traits)))
        : CompletableFuture.completedFuture(exit(code, end.getExitedAt(), false));
  }

  /** An anchor that ended in another way had at most a child killed for want of memory. */
  private static boolean isSigkill(int code) {
    return code == ExitStatus.SIGKILLED;
  }

  private boolean killed(Optional<ContainerTraits> traits) {
    return traits.filter(known -> kills.any(known.cgroup())).isPresent();
  }

  private static ExitStatus exit(int code, Timestamp at, boolean oomKilled) {
    return new ExitStatus(
        OptionalInt.of(code), Instant.ofEpochSecond(at.getSeconds(), at.getNanos()), oomKilled);
  }

  @Override
  public CompletableFuture<OptionalInt> runInside(String id, List<String> args, Duration limit) {
    return exec.run(id, args, limit);
  }

  @Override
  public void deleteTask(String id) {
    Optional<RuntimeTask.Status> status = status(id);
    if (status.isEmpty()) {
      streams.close(id);
      return;
    }
    require(id, status.get(), RuntimeTask.Status.STOPPED, "TASK_NOT_STOPPED", "delete");
    // Before, and not after: the shim waits for us to read what is left.
    streams.close(id);
    releaseRoot(id);
    client.callUnless(
        Status.Code.NOT_FOUND,
        "delete the task of " + id,
        () ->
            client
                .within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub)
                .delete(DeleteTaskRequest.newBuilder().setContainerId(id).build()));
  }

  @Override
  public List<String> endStrays(SortedSet<String> alive) {
    List<String> strays = new ArrayList<>();
    shims
        .running()
        .forEach(
            (id, shim) -> {
              if (!alive.contains(id) && process(id).isEmpty()) {
                ShimProcesses.end(shim);
                strays.add(id);
              }
            });
    return strays;
  }

  /** Only a root without a snapshot can have brought mounts of the node along. */
  private List<Path> releaseRoot(String id) {
    return records.traits(id).filter(ContainerTraits::snapshot).isPresent()
        ? List.of()
        : StateMount.releaseRoot(client.socket(), client.namespace(), id);
  }

  @Override
  public void deleteContainer(String id) {
    refuseIfTask(id);
    streams.close(id);
    records.delete(id);
  }

  @Override
  public void removeRoot(String id) {
    if (records.find(id).isPresent()) {
      throw TaskException.refused(
          Problem.internal(
              "ROOT_IN_USE", "the writable layer of " + id + " belongs to a container on record"));
    }
    roots.remove(id);
  }

  @Override
  public List<String> containers() {
    return containersBesides(Collections.emptySortedSet());
  }

  @Override
  public List<String> containersBesides(SortedSet<String> known) {
    return records.idsBesides(known);
  }

  @Override
  public List<String> roots() {
    return roots.list();
  }

  private static void require(
      String id, RuntimeTask.Status status, RuntimeTask.Status required, String code, String verb) {
    if (status != required) {
      throw TaskException.refused(
          Problem.internal(
              code, "cannot " + verb + " the task of " + id + " while it is " + status));
    }
  }

  private void refuseIfTask(String id) {
    if (status(id).isPresent()) {
      throw taskExists(id);
    }
  }

  private static TaskException containerNotFound(String id) {
    return TaskException.refused(
        Problem.internal("CONTAINER_NOT_FOUND", "no container is on record for " + id));
  }

  private static TaskException taskExists(String id) {
    return TaskException.refused(
        Problem.internal("TASK_EXISTS", "there is a task of " + id + "; delete it first"));
  }
}
