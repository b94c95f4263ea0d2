package org.lfedge.eve.tasks.dist.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.lfedge.eve.tasks.core.api.ApiProblems;
import org.lfedge.eve.tasks.core.api.v1.AnchorExit;
import org.lfedge.eve.tasks.core.api.v1.ApplyRequest;
import org.lfedge.eve.tasks.core.api.v1.ApplyResponse;
import org.lfedge.eve.tasks.core.api.v1.AttachInput;
import org.lfedge.eve.tasks.core.api.v1.AttachOutput;
import org.lfedge.eve.tasks.core.api.v1.Attached;
import org.lfedge.eve.tasks.core.api.v1.Change;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DeleteResponse;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.ExecInput;
import org.lfedge.eve.tasks.core.api.v1.ExecOutput;
import org.lfedge.eve.tasks.core.api.v1.ExecStart;
import org.lfedge.eve.tasks.core.api.v1.ExecStarted;
import org.lfedge.eve.tasks.core.api.v1.ExecutorEntry;
import org.lfedge.eve.tasks.core.api.v1.ExecutorOption;
import org.lfedge.eve.tasks.core.api.v1.FieldChange;
import org.lfedge.eve.tasks.core.api.v1.Hypervisor;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.ImageTrust;
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
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.StatsRequest;
import org.lfedge.eve.tasks.core.api.v1.StatsResponse;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskStats;
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

  static final Task GUEST =
      Task.newBuilder(WEB)
          .setMemory(
              Memory.newBuilder()
                  .setAskedBytes(512 << 20)
                  .setTaxBytes(40 << 20)
                  .setLimitBytes(40 << 20)
                  .setHypervisorBytes(514 << 20))
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
  public void start(StartRequest request, StreamObserver<Task> client) {
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
            .setTask(request.getName().equals("guest") ? GUEST : WEB)
            .setConfigJson(
                "{\"name\":\"web\",\"terminal\":" + request.getName().equals("shell") + "}")
            .setExecutorVersion("1.2.3")
            .setExecutorDigest("sha256:ab")
            .setTrust("bundled")
            .setImageDigest("sha256:cd")
            .setImageTrust(
                ImageTrust.newBuilder()
                    .setRequirement("signature")
                    .setRule("*/vendor/*")
                    .setDigest("sha256:ef")
                    .setKey("vendor.pub SHA256:k"))
            .setSeedJson(
                request.getName().equals("web")
                    ? "{\"base\":\"root\",\"console\":[\"join\"]}"
                    : "{\"base\":\"root\"}")
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
  public void stats(StatsRequest request, StreamObserver<StatsResponse> client) {
    calls.add("stats " + request.getNamesList() + " every " + request.getIntervalMillis());
    StatsResponse sample =
        StatsResponse.newBuilder()
            .addTasks(TaskStats.newBuilder().setName("once").setState("STOPPED"))
            .addTasks(
                TaskStats.newBuilder()
                    .setName("web")
                    .setState("RUNNING")
                    .setMemory(
                        WEB.getMemory().toBuilder()
                            .setTaxObservedBytes(64 << 20)
                            .setTaxAdvice("set more"))
                    .setCacheBytes(512 << 10)
                    .setCpuNanos(1_000_000)
                    .setCpuPercent(12.3456)
                    .setPids(3)
                    .setOomKills(1)
                    .setIoReadBytes(4096)
                    .setIoWrittenBytes(0))
            .build();
    client.onNext(sample);
    if (request.getWatch()) {
      client.onNext(sample);
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
                    .addFields(
                        FieldChange.newBuilder()
                            .setPath("resources.memory")
                            .setBefore("\"64MiB\"")
                            .setAfter("\"128MiB\"")))
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
            .setHypervisor(
                Hypervisor.newBuilder()
                    .setName("xen")
                    .setVersion("4.17.7")
                    .addAllCapabilities(List.of("hap", "hvm", "pv"))
                    .setMemoryBytes(3071L << 20)
                    .setFreeBytes(1502L << 20))
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
                    .setTrust("bundled")
                    .setFile("native-container.jar")
                    .setDigest("sha256:ab")
                    .addRootKinds("image")
                    .addOptions(
                        ExecutorOption.newBuilder().setName("gc").setType("string").setDoc("How.")))
            .addRejected(
                RejectedPlugin.newBuilder()
                    .setFile("bad.jar")
                    .setCode("NOT_TRUSTED")
                    .setReason("no policy names its digest"))
            .addRejected(
                RejectedPlugin.newBuilder()
                    .setFile("old.jar")
                    .setCode("SUPERSEDED")
                    .setReason("it is superseded by 1.2.3 in native-container.jar")
                    .setExecutor("native-container")
                    .setVersion("1.0.0")
                    .setDigest("sha256:cd"))
            .addRejected(
                RejectedPlugin.newBuilder()
                    .setFile("twice.jar")
                    .setCode("VERSION_CONFLICT")
                    .setReason("it is in other.jar as well")
                    .setExecutor("twice")
                    .setVersion("1.0.0"))
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
                    .addPlatforms("linux/amd64")
                    .addPlatforms("linux/arm64")
                    .setSizeBytes(4_500_000))
            .build());
  }

  /** Echoes its input; ends with code 3 at the end of it. {@code web} alone is there. */
  @Override
  public StreamObserver<ExecInput> exec(StreamObserver<ExecOutput> client) {
    return new StreamObserver<>() {
      @Override
      public void onNext(ExecInput message) {
        switch (message.getInputCase()) {
          case START -> {
            ExecStart start = message.getStart();
            calls.add("exec " + start.toString().replaceAll("\\s+", " ").strip());
            if (start.getName().equals("web")) {
              client.onNext(
                  ExecOutput.newBuilder().setStarted(ExecStarted.getDefaultInstance()).build());
              client.onNext(
                  ExecOutput.newBuilder().setStderr(ByteString.copyFromUtf8("to err\n")).build());
            } else {
              client.onError(
                  ApiProblems.toStatus(TaskException.notFound(problem("TASK_NOT_FOUND"))));
            }
            if (!start.getStdin() && start.getName().equals("web")) {
              end();
            }
          }
          case STDIN ->
              client.onNext(ExecOutput.newBuilder().setStdout(message.getStdin()).build());
          case RESIZE -> calls.add("resize " + message.getResize().getColumns());
          default -> end();
        }
      }

      private void end() {
        client.onNext(ExecOutput.newBuilder().setExitCode(3).build());
        client.onCompleted();
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {}
    };
  }

  /** A terminal that echoes; {@code q} ends its task with code 4. */
  @Override
  public StreamObserver<AttachInput> attach(StreamObserver<AttachOutput> client) {
    return new StreamObserver<>() {
      @Override
      public void onNext(AttachInput message) {
        if (message.hasStart()) {
          calls.add("attach " + message.getStart().getName());
          client.onNext(
              AttachOutput.newBuilder().setAttached(Attached.getDefaultInstance()).build());
        } else if (message.getTyped().toStringUtf8().contains("q")) {
          client.onNext(
              AttachOutput.newBuilder().setExit(AnchorExit.newBuilder().setCode(4)).build());
          client.onCompleted();
        } else {
          client.onNext(AttachOutput.newBuilder().setShown(message.getTyped()).build());
        }
      }

      @Override
      public void onError(Throwable failure) {
        calls.add("left");
      }

      @Override
      public void onCompleted() {}
    };
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
