package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.lfedge.eve.tasks.core.api.ApiProblems;
import org.lfedge.eve.tasks.core.api.v1.ApplyRequest;
import org.lfedge.eve.tasks.core.api.v1.ApplyResponse;
import org.lfedge.eve.tasks.core.api.v1.Change;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DeleteResponse;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.ExecutorEntry;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsRequest;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsResponse;
import org.lfedge.eve.tasks.core.api.v1.ListImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListImagesResponse;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.ListResponse;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.api.v1.LogsRequest;
import org.lfedge.eve.tasks.core.api.v1.Memory;
import org.lfedge.eve.tasks.core.api.v1.NodeRequest;
import org.lfedge.eve.tasks.core.api.v1.NodeResponse;
import org.lfedge.eve.tasks.core.api.v1.RejectedPlugin;
import org.lfedge.eve.tasks.core.api.v1.RenderResponse;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;
import org.lfedge.eve.tasks.core.api.v1.TaxPart;
import org.lfedge.eve.tasks.core.api.v1.ValidateResponse;
import org.lfedge.eve.tasks.core.api.v1.Withheld;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * A daemon with one running task, {@code web}. A task that is started by {@code run} writes a line
 * to each stream and ends with code 7, or, if its document speaks of {@code forever}, when it is
 * stopped. Tasks of other names are not there; {@code stuck} refuses everything.
 */
final class FakeDaemon extends TaskmanagerGrpc.TaskmanagerImplBase {

  static final Task WEB =
      Task.newBuilder()
          .setName("web")
          .setExecutor("native-container")
          .setState("RUNNING")
          .setDesired("running")
          .setPid(4711)
          .setPidStartTime(123_456)
          .setCreatedAt(Timestamp.newBuilder().setSeconds(1_800_000_000))
          .setStartedAt(Timestamp.newBuilder().setSeconds(1_800_000_001))
          .setMemory(
              Memory.newBuilder()
                  .setAskedBytes(256 << 20)
                  .setTaxBytes(2 << 20)
                  .setLimitBytes(258 << 20)
                  .setUsageBytes(1536 << 10))
          .build();

  static final Task DONE =
      Task.newBuilder(WEB)
          .setName("once")
          .setState("STOPPED")
          .setDesired("stopped")
          .clearPid()
          .clearPidStartTime()
          .setExitCode(137)
          .setExitSignal(9)
          .setOomKilled(true)
          .setExitedAt(Timestamp.newBuilder().setSeconds(1_800_000_009))
          .build();

  /** What was asked, in order, as {@code method argument}. */
  final List<String> calls = Collections.synchronizedList(new ArrayList<>());

  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile boolean forever;

  @Override
  public void create(DocumentRequest request, StreamObserver<Task> client) {
    forever = request.getDocument().toStringUtf8().contains("forever");
    calls.add("create in " + request.getBaseDirectory());
    answer(client, Task.newBuilder(WEB).setState("CREATED").build());
  }

  @Override
  public void start(TaskRequest request, StreamObserver<Task> client) {
    named("start", request.getName(), client);
  }

  @Override
  public void stop(StopRequest request, StreamObserver<Task> client) {
    stopped.countDown();
    named("stop" + (request.getForce() ? " by force" : ""), request.getName(), client);
  }

  @Override
  public void delete(DeleteRequest request, StreamObserver<DeleteResponse> client) {
    calls.add("delete " + request.getName());
    answer(client, DeleteResponse.getDefaultInstance());
  }

  @Override
  public void wait(TaskRequest request, StreamObserver<Task> client) {
    answer(client, Task.newBuilder(WEB).setState("STOPPED").clearPid().setExitCode(7).build());
  }

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> client) {
    answer(client, ListResponse.newBuilder().addTasks(DONE).addTasks(WEB).build());
  }

  @Override
  public void inspect(TaskRequest request, StreamObserver<InspectResponse> client) {
    answer(
        client,
        InspectResponse.newBuilder()
            .setTask(WEB)
            .setConfigJson("{\"name\":\"web\"}")
            .setExecutorVersion("1.2.3")
            .setExecutorDigest("sha256:ab")
            .setTrust("bundled")
            .setSeedJson("{\"base\":\"root\"}")
            .setSpecJson("{\"ociVersion\":\"1.0.2\"}")
            .setCgroup("/taskmanager/web")
            .putLimits("memory.max", "270532608")
            .addTax(
                TaxPart.newBuilder()
                    .setName("init")
                    .setPool("cgroup")
                    .setBytes(2 << 20)
                    .setWhy("the tiny init"))
            .setStdoutPath("/logs/web/stdout")
            .setStderrPath("/logs/web/stderr")
            .build());
  }

  @Override
  public void logs(LogsRequest request, StreamObserver<LogChunk> client) {
    client.onNext(chunk(LogChunk.Stream.STREAM_STDOUT, "to out\n"));
    client.onNext(chunk(LogChunk.Stream.STREAM_STDERR, "to err\n"));
    if (forever) {
      try {
        stopped.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      client.onNext(chunk(LogChunk.Stream.STREAM_STDOUT, "bye\n"));
    }
    client.onCompleted();
  }

  @Override
  public void apply(ApplyRequest request, StreamObserver<ApplyResponse> client) {
    calls.add("apply " + request.getDocuments().toStringUtf8());
    answer(
        client,
        ApplyResponse.newBuilder()
            .addChanges(Change.newBuilder().setTask("db").setAction("none"))
            .addChanges(
                Change.newBuilder()
                    .setTask("web")
                    .setAction("replace")
                    .addFields("resources.memory"))
            .build());
  }

  @Override
  public void render(DocumentRequest request, StreamObserver<RenderResponse> client) {
    answer(
        client,
        RenderResponse.newBuilder()
            .setExecutor("native-container")
            .setSpecJson("{\"ociVersion\":\"1.0.2\"}")
            .addWithheld(Withheld.newBuilder().setWhat("capability CAP_X").setWhy("not granted"))
            .addAtCreate("/linux/x")
            .build());
  }

  @Override
  public void validate(DocumentRequest request, StreamObserver<ValidateResponse> client) {
    calls.add("validate");
    answer(client, ValidateResponse.getDefaultInstance());
  }

  @Override
  public void node(NodeRequest request, StreamObserver<NodeResponse> client) {
    answer(
        client,
        NodeResponse.newBuilder()
            .setVersion("9.9")
            .setMemoryBytes(8L << 30)
            .putAccelerators("kvm", "no such device")
            .setPluginsDirectory("/plugins")
            .build());
  }

  @Override
  public void listExecutors(
      ListExecutorsRequest request, StreamObserver<ListExecutorsResponse> client) {
    answer(
        client,
        ListExecutorsResponse.newBuilder()
            .addExecutors(
                ExecutorEntry.newBuilder()
                    .setName("native-container")
                    .setVersion("1.2.3")
                    .setTrust("bundled"))
            .addRejected(
                RejectedPlugin.newBuilder()
                    .setFile("bad.jar")
                    .setCode("NOT_TRUSTED")
                    .setReason("no policy names its digest"))
            .build());
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> client) {
    answer(
        client,
        ListImagesResponse.newBuilder()
            .addImages(
                ImageEntry.newBuilder()
                    .setName("docker.io/library/busybox:latest")
                    .setDigest("sha256:cd")
                    .setSizeBytes(4_500_000))
            .build());
  }

  private void named(String call, String name, StreamObserver<Task> client) {
    calls.add(call + " " + name);
    switch (name) {
      case "web" -> answer(client, WEB);
      case "stuck" ->
          client.onError(ApiProblems.toStatus(TaskException.refused(problem("REFUSED"))));
      default ->
          client.onError(ApiProblems.toStatus(TaskException.notFound(problem("TASK_NOT_FOUND"))));
    }
  }

  private static Problem problem(String code) {
    return Problem.inDocument(code, "name", "a value", "what is wrong");
  }

  private static <T> void answer(StreamObserver<T> client, T message) {
    client.onNext(message);
    client.onCompleted();
  }

  private static LogChunk chunk(LogChunk.Stream stream, String text) {
    return LogChunk.newBuilder().setStream(stream).setData(ByteString.copyFromUtf8(text)).build();
  }
}
