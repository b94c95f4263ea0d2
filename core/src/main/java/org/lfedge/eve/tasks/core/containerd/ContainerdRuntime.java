package org.lfedge.eve.tasks.core.containerd;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.Status;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import org.lfedge.eve.tasks.core.containerd.api.containers.Container;
import org.lfedge.eve.tasks.core.containerd.api.containers.ContainersGrpc;
import org.lfedge.eve.tasks.core.containerd.api.containers.CreateContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.DeleteContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.GetContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.GetContainerResponse;
import org.lfedge.eve.tasks.core.containerd.api.containers.ListContainersRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.Runtime;
import org.lfedge.eve.tasks.core.containerd.api.containers.UpdateContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.runc.Options;
import org.lfedge.eve.tasks.core.containerd.api.tasks.CreateTaskRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.DeleteTaskRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.GetRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.GetResponse;
import org.lfedge.eve.tasks.core.containerd.api.tasks.KillRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.StartRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.TasksGrpc;
import org.lfedge.eve.tasks.core.containerd.api.tasks.WaitRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.WaitResponse;
import org.lfedge.eve.tasks.core.containerd.api.types.Process;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.RuntimeTask;

/**
 * Runs tasks by containerd and its shim for runc. The stages of the OCI lifecycle are kept
 * strictly: where containerd itself is lenient, a call that comes out of turn is refused here.
 */
public final class ContainerdRuntime implements ContainerRuntime {

  private static final String SHIM = "io.containerd.runc.v2";
  private static final String OPTIONS_TYPE = "containerd.runc.v1.Options";
  private static final String SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

  private static final Optional<RuntimeTask.Status> STOPPED =
      Optional.of(RuntimeTask.Status.STOPPED);

  private final ContainerdClient client;
  private final RootSnapshots roots;
  private final CgroupKills kills = new CgroupKills(Path.of("/sys/fs/cgroup"));

  /** Runs tasks in the client's namespace. */
  public ContainerdRuntime(ContainerdClient client) {
    this.client = client;
    roots = new RootSnapshots(client);
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
        Container.newBuilder()
            .setId(id)
            .putAllLabels(labels)
            .setRuntime(Runtime.newBuilder().setName(SHIM).setOptions(runcOptions()))
            .setSpec(
                Any.newBuilder().setTypeUrl(SPEC_TYPE).setValue(ByteString.copyFromUtf8(specJson)))
            // Set even without a key: containerd lets nobody change it later.
            .setSnapshotter(client.snapshotter())
            .setSnapshotKey(RootSnapshots.key(id, root).orElse(""))
            .build();
    String what = "record the container " + id;
    boolean created =
        client
            .callUnless(
                Status.Code.ALREADY_EXISTS,
                what,
                () ->
                    client
                        .quick(ContainersGrpc::newBlockingStub)
                        .create(
                            CreateContainerRequest.newBuilder().setContainer(container).build()))
            .isPresent();
    if (!created) {
      refuseIfTask(id);
      client.call(
          what,
          () ->
              client
                  .quick(ContainersGrpc::newBlockingStub)
                  .update(UpdateContainerRequest.newBuilder().setContainer(container).build()));
    }
  }

  /**
   * Lets runc keep its state beside containerd's socket. For the node's own containerd that is
   * where it would be anyway; a private one that used that place as well could not run a task of
   * the same name, and would leave something there when all its processes were killed.
   */
  private Any runcOptions() {
    Options options =
        Options.newBuilder().setRoot(client.socket().resolveSibling("runc").toString()).build();
    return Any.newBuilder().setTypeUrl(OPTIONS_TYPE).setValue(options.toByteString()).build();
  }

  @Override
  public int createTask(String id, RootFilesystem root, OutputFiles output) {
    if (container(id).isEmpty()) {
      throw TaskException.refused(
          Problem.internal("CONTAINER_NOT_FOUND", "no container is on record for " + id));
    }
    CreateTaskRequest request =
        CreateTaskRequest.newBuilder()
            .setContainerId(id)
            .addAllRootfs(roots.mounts(id, root))
            .setStdout(output.stdout().toString())
            .setStderr(output.stderr().toString())
            .build();
    try {
      return client
          .callUnless(
              Status.Code.ALREADY_EXISTS,
              "create the anchor of " + id,
              () ->
                  client.within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub).create(request))
          .orElseThrow(() -> taskExists(id))
          .getPid();
    } catch (TaskException e) {
      if (e.outcome() == TaskException.Outcome.FAILED && task(id).isEmpty()) {
        releaseRoot(id).forEach(StateMount::removeBundle);
      }
      throw e;
    }
  }

  @Override
  public void startTask(String id) {
    requireStatus(id, RuntimeTask.Status.CREATED, "TASK_NOT_CREATED", "start");
    client.call(
        "start the anchor of " + id,
        () ->
            client
                .within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub)
                .start(StartRequest.newBuilder().setContainerId(id).build()));
  }

  @Override
  public boolean signalTask(String id, int signal, boolean everyProcess) {
    if (everyProcess && task(id).map(RuntimeTask::status).equals(STOPPED)) {
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
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "look at the task of " + id,
            () ->
                client
                    .quick(TasksGrpc::newBlockingStub)
                    .get(GetRequest.newBuilder().setContainerId(id).build()))
        .map(GetResponse::getProcess)
        .map(process -> runtimeTask(id, process));
  }

  private RuntimeTask runtimeTask(String id, Process process) {
    int pid = process.getPid();
    return switch (process.getStatus()) {
      case CREATED -> new RuntimeTask(RuntimeTask.Status.CREATED, pid, Optional.empty());
      case RUNNING -> new RuntimeTask(RuntimeTask.Status.RUNNING, pid, Optional.empty());
      case PAUSED, PAUSING -> new RuntimeTask(RuntimeTask.Status.PAUSED, pid, Optional.empty());
      case STOPPED ->
          new RuntimeTask(
              RuntimeTask.Status.STOPPED,
              pid,
              Optional.of(
                  exit(
                      process.getExitStatus(),
                      process.getExitedAt(),
                      container(id).map(this::killed).orElse(false))));
      // The shim does not answer: whatever it knew of an exit is lost.
      case UNKNOWN, UNRECOGNIZED ->
          new RuntimeTask(RuntimeTask.Status.STOPPED, pid, Optional.empty());
    };
  }

  @Override
  public CompletableFuture<ExitStatus> awaitExit(String id) {
    AsyncCall<WaitResponse> wait = new AsyncCall<>(client.socket(), "wait for the end of " + id);
    TasksGrpc.newStub(client.channel())
        .wait(WaitRequest.newBuilder().setContainerId(id).build(), wait);
    return wait.answer()
        .thenCompose(
            answer ->
                answer.isEmpty()
                    ? CompletableFuture.completedFuture(ExitStatus.unknown(Instant.now()))
                    : containerAsync(id)
                        .thenApply(
                            container ->
                                exit(
                                    answer.get().getExitStatus(),
                                    answer.get().getExitedAt(),
                                    container.map(this::killed).orElse(false))));
  }

  private CompletableFuture<Optional<Container>> containerAsync(String id) {
    AsyncCall<GetContainerResponse> get =
        new AsyncCall<>(client.socket(), "look at the container " + id);
    client
        .quick(ContainersGrpc::newStub)
        .get(GetContainerRequest.newBuilder().setId(id).build(), get);
    return get.answer().thenApply(answer -> answer.map(GetContainerResponse::getContainer));
  }

  private boolean killed(Container container) {
    return kills.any(container.getSpec().getValue().toStringUtf8());
  }

  private static ExitStatus exit(int code, Timestamp at, boolean oomKilled) {
    return new ExitStatus(
        OptionalInt.of(code), Instant.ofEpochSecond(at.getSeconds(), at.getNanos()), oomKilled);
  }

  @Override
  public void deleteTask(String id) {
    if (task(id).isEmpty()) {
      return;
    }
    requireStatus(id, RuntimeTask.Status.STOPPED, "TASK_NOT_STOPPED", "delete");
    releaseRoot(id);
    client.callUnless(
        Status.Code.NOT_FOUND,
        "delete the task of " + id,
        () ->
            client
                .within(ContainerdClient.SLOW, TasksGrpc::newBlockingStub)
                .delete(DeleteTaskRequest.newBuilder().setContainerId(id).build()));
  }

  /** Only a root without a snapshot can have brought mounts of the node along. */
  private List<Path> releaseRoot(String id) {
    return container(id).map(Container::getSnapshotKey).orElse("").isEmpty()
        ? StateMount.releaseRoot(client.socket(), client.namespace(), id)
        : List.of();
  }

  @Override
  public void deleteContainer(String id) {
    refuseIfTask(id);
    client.callUnless(
        Status.Code.NOT_FOUND,
        "delete the container " + id,
        () ->
            client
                .quick(ContainersGrpc::newBlockingStub)
                .delete(DeleteContainerRequest.newBuilder().setId(id).build()));
  }

  @Override
  public void removeRoot(String id) {
    if (container(id).isPresent()) {
      throw TaskException.refused(
          Problem.internal(
              "ROOT_IN_USE", "the writable layer of " + id + " belongs to a container on record"));
    }
    roots.remove(id);
  }

  @Override
  public List<String> containers() {
    return client
        .call(
            "list the containers",
            () ->
                client
                    .quick(ContainersGrpc::newBlockingStub)
                    .list(ListContainersRequest.getDefaultInstance()))
        .getContainersList()
        .stream()
        .map(Container::getId)
        .sorted()
        .toList();
  }

  @Override
  public List<String> roots() {
    return roots.list();
  }

  private Optional<Container> container(String id) {
    return client
        .callUnless(
            Status.Code.NOT_FOUND,
            "look at the container " + id,
            () ->
                client
                    .quick(ContainersGrpc::newBlockingStub)
                    .get(GetContainerRequest.newBuilder().setId(id).build()))
        .map(GetContainerResponse::getContainer);
  }

  private void requireStatus(String id, RuntimeTask.Status required, String code, String verb) {
    RuntimeTask task =
        task(id)
            .orElseThrow(
                () ->
                    TaskException.notFound(
                        Problem.internal("TASK_NOT_FOUND", "there is no task of " + id)));
    if (task.status() != required) {
      throw TaskException.refused(
          Problem.internal(
              code, "cannot " + verb + " the task of " + id + " while it is " + task.status()));
    }
  }

  private void refuseIfTask(String id) {
    if (task(id).isPresent()) {
      throw taskExists(id);
    }
  }

  private static TaskException taskExists(String id) {
    return TaskException.refused(
        Problem.internal("TASK_EXISTS", "there is a task of " + id + "; delete it first"));
  }
}
