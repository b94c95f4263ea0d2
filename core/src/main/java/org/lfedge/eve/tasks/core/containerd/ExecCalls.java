package org.lfedge.eve.tasks.core.containerd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import org.lfedge.eve.tasks.core.containerd.api.containers.ContainersGrpc;
import org.lfedge.eve.tasks.core.containerd.api.containers.GetContainerRequest;
import org.lfedge.eve.tasks.core.containerd.api.containers.GetContainerResponse;
import org.lfedge.eve.tasks.core.containerd.api.tasks.CloseIORequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.DeleteProcessRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.DeleteResponse;
import org.lfedge.eve.tasks.core.containerd.api.tasks.ExecProcessRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.GetRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.GetResponse;
import org.lfedge.eve.tasks.core.containerd.api.tasks.KillRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.ResizePtyRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.StartRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.StartResponse;
import org.lfedge.eve.tasks.core.containerd.api.tasks.TasksGrpc;
import org.lfedge.eve.tasks.core.containerd.api.tasks.WaitRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.WaitResponse;
import org.lfedge.eve.tasks.core.containerd.api.types.Process;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.InsideProcess;
import org.lfedge.eve.tasks.core.port.TerminalSize;

/**
 * containerd's calls about further processes of a task, none of which waits: each gives a future.
 */
final class ExecCalls {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PROCESS_TYPE =
      "types.containerd.io/opencontainers/runtime-spec/1/Process";
  private static final int SIGKILL = 9;
  private static final int SIGSTOP = 19;

  private final ContainerdClient client;

  ExecCalls(ContainerdClient client) {
    this.client = client;
  }

  /**
   * Where the streams of a process go: paths of FIFOs or files, empty for {@code /dev/null}.
   *
   * @param terminal whether it gets a terminal; then there is no stderr
   */
  record Streams(String stdin, String stdout, String stderr, boolean terminal) {
    static final Streams NONE = new Streams("", "", "", false);
  }

  /**
   * The process object of the spec of a container whose task runs.
   *
   * @return completes exceptionally with TASK_NOT_RUNNING if it does not run
   */
  CompletableFuture<ObjectNode> anchor(String id) {
    return this.<GetResponse>tasks(
            ContainerdClient.QUICK,
            "look at the task of " + id,
            (stub, answer) -> stub.get(GetRequest.newBuilder().setContainerId(id).build(), answer))
        .thenCompose(
            answer -> {
              if (answer.isEmpty()
                  || answer.get().getProcess().getStatus()
                      != org.lfedge.eve.tasks.core.containerd.api.types.Status.RUNNING) {
                throw notRunning(id);
              }
              AsyncCall<GetContainerResponse> call = call("look at the container " + id);
              client
                  .quick(ContainersGrpc::newStub)
                  .get(GetContainerRequest.newBuilder().setId(id).build(), call);
              return call.answer();
            })
        .thenApply(
            answer ->
                process(
                    answer.orElseThrow(() -> notRunning(id)).getContainer().getSpec().getValue()));
  }

  /** The process object of a spec on record. */
  static ObjectNode process(ByteString specJson) {
    try {
      JsonNode process = JSON.readTree(specJson.toStringUtf8()).get("process");
      if (process instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw unreadable(e.getOriginalMessage());
    }
    throw unreadable("it has no process");
  }

  private static TaskException unreadable(String why) {
    return TaskException.failed(
        Problem.internal("SPEC_UNREADABLE", "the spec on record cannot be used: " + why));
  }

  private static TaskException notRunning(String id) {
    return TaskException.refused(
        Problem.user("TASK_NOT_RUNNING", "task " + id + " does not run; start it first"));
  }

  /**
   * Prepares a process; its program does not run yet. One of the same id that an earlier run of
   * this program has left is ended and removed.
   */
  CompletableFuture<Void> add(InsideProcess key, ObjectNode process, Streams streams) {
    return addOnce(key, process, streams)
        .exceptionallyCompose(
            failure ->
                isThereAlready(failure)
                    ? remove(key).thenCompose(removed -> addOnce(key, process, streams))
                    : CompletableFuture.failedFuture(cause(failure)));
  }

  private CompletableFuture<Void> addOnce(InsideProcess key, ObjectNode process, Streams streams) {
    ExecProcessRequest request =
        ExecProcessRequest.newBuilder()
            .setContainerId(key.task())
            .setExecId(key.id())
            .setStdin(streams.stdin())
            .setStdout(streams.stdout())
            .setStderr(streams.stderr())
            .setTerminal(streams.terminal())
            .setSpec(
                Any.newBuilder()
                    .setTypeUrl(PROCESS_TYPE)
                    .setValue(ByteString.copyFromUtf8(process.toString())))
            .build();
    return this.<Empty>tasks(
            ContainerdClient.SLOW, "prepare " + key, (stub, answer) -> stub.exec(request, answer))
        .thenAccept(
            answer -> {
              if (answer.isEmpty()) {
                throw notRunning(key.task());
              }
            });
  }

  private static boolean isThereAlready(Throwable failure) {
    Throwable cause = cause(failure);
    return cause.getCause() instanceof StatusRuntimeException status
        && status.getStatus().getCode() == Status.Code.ALREADY_EXISTS;
  }

  /** Lets the program of a process run; gives its PID in the node's PID namespace. */
  CompletableFuture<Integer> start(InsideProcess key, String program) {
    return this.<StartResponse>tasks(
            ContainerdClient.SLOW,
            "run " + program + " in " + key.task(),
            (stub, answer) ->
                stub.start(
                    StartRequest.newBuilder()
                        .setContainerId(key.task())
                        .setExecId(key.id())
                        .build(),
                    answer))
        .thenApply(answer -> answer.orElseThrow(() -> notRunning(key.task())).getPid());
  }

  /** The exit code of a process that was started, when it has ended. */
  CompletableFuture<Integer> exit(InsideProcess key) {
    AsyncCall<WaitResponse> wait = call("wait for the end of " + key);
    TasksGrpc.newStub(client.channel())
        .wait(
            WaitRequest.newBuilder().setContainerId(key.task()).setExecId(key.id()).build(), wait);
    return wait.answer()
        .thenApply(
            answer ->
                answer
                    .orElseThrow(
                        () ->
                            TaskException.failed(
                                Problem.host(
                                    "EXIT_LOST",
                                    "how " + key + " ended is not known: the task ended with it")))
                    .getExitStatus());
  }

  /** Sends a signal to the one process; reaching nobody is no failure. */
  CompletableFuture<Void> kill(InsideProcess key, int signal) {
    return this.<Empty>tasks(
            ContainerdClient.QUICK,
            "send signal " + signal + " to " + key,
            (stub, answer) ->
                stub.kill(
                    KillRequest.newBuilder()
                        .setContainerId(key.task())
                        .setExecId(key.id())
                        .setSignal(signal)
                        .build(),
                    answer))
        .thenAccept(answer -> {});
  }

  /** Closes containerd's own end of the input; a process without one has none to close. */
  CompletableFuture<Void> closeInput(InsideProcess key) {
    return this.<Empty>tasks(
            ContainerdClient.QUICK,
            "close the input of " + key,
            (stub, answer) ->
                stub.closeIO(
                    CloseIORequest.newBuilder()
                        .setContainerId(key.task())
                        .setExecId(key.id())
                        .setStdin(true)
                        .build(),
                    answer))
        .thenAccept(answer -> {});
  }

  /** Sets the size of a terminal. */
  CompletableFuture<Void> resize(InsideProcess key, TerminalSize size) {
    return this.<Empty>tasks(
            ContainerdClient.QUICK,
            "resize the terminal of " + key,
            (stub, answer) ->
                stub.resizePty(
                    ResizePtyRequest.newBuilder()
                        .setContainerId(key.task())
                        .setExecId(key.id())
                        .setWidth(size.columns())
                        .setHeight(size.rows())
                        .build(),
                    answer))
        .thenAccept(answer -> {});
  }

  /** Removes a process that has ended or was never started; succeeds if it is not there. */
  CompletableFuture<Void> delete(InsideProcess key) {
    return this.<DeleteResponse>tasks(
            ContainerdClient.SLOW,
            "remove " + key,
            (stub, answer) ->
                stub.deleteProcess(
                    DeleteProcessRequest.newBuilder()
                        .setContainerId(key.task())
                        .setExecId(key.id())
                        .build(),
                    answer))
        .thenAccept(answer -> {});
  }

  /** Ends a process in whatever state it is, with all that it has started, and removes it. */
  CompletableFuture<Void> remove(InsideProcess key) {
    return this.<GetResponse>tasks(
            ContainerdClient.QUICK,
            "look at " + key,
            (stub, answer) ->
                stub.get(
                    GetRequest.newBuilder().setContainerId(key.task()).setExecId(key.id()).build(),
                    answer))
        .thenCompose(
            answer ->
                answer
                    .map(GetResponse::getProcess)
                    .filter(ExecCalls::runs)
                    .map(process -> end(key, process.getPid()))
                    .orElseGet(() -> CompletableFuture.completedFuture(null)))
        .thenCompose(ended -> delete(key));
  }

  private CompletableFuture<Void> end(InsideProcess key, int pid) {
    return killSession(key, pid).thenCompose(killed -> exit(key)).thenAccept(code -> {});
  }

  private static boolean runs(Process process) {
    return process.getStatus() == org.lfedge.eve.tasks.core.containerd.api.types.Status.RUNNING;
  }

  /**
   * SIGKILL to a process and to all that it has started and that did not leave its session.
   *
   * @param pid of the process in the node's PID namespace
   */
  CompletableFuture<Void> killSession(InsideProcess key, int pid) {
    // While it is stopped, it starts nothing more, and its PID is that of no other session.
    return kill(key, SIGSTOP)
        .thenAcceptAsync(stopped -> ProcessSession.killMembers(pid), client.callbacks())
        .thenCompose(killed -> kill(key, SIGKILL));
  }

  private <T> CompletableFuture<Optional<T>> tasks(
      Duration limit, String what, BiConsumer<TasksGrpc.TasksStub, StreamObserver<T>> method) {
    AsyncCall<T> call = call(what);
    method.accept(client.within(limit, TasksGrpc::newStub), call);
    return call.answer();
  }

  private <T> AsyncCall<T> call(String what) {
    return new AsyncCall<>(client.socket(), what);
  }

  /** What a failed future says, without what the composition of futures puts around it. */
  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
