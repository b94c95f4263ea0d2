package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.lfedge.eve.tasks.core.api.v1.ApplyRequest;
import org.lfedge.eve.tasks.core.api.v1.ApplyResponse;
import org.lfedge.eve.tasks.core.api.v1.AttachInput;
import org.lfedge.eve.tasks.core.api.v1.AttachOutput;
import org.lfedge.eve.tasks.core.api.v1.CreateVolumeRequest;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DeleteResponse;
import org.lfedge.eve.tasks.core.api.v1.DeleteVolumeResponse;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.EventsRequest;
import org.lfedge.eve.tasks.core.api.v1.ExecInput;
import org.lfedge.eve.tasks.core.api.v1.ExecOutput;
import org.lfedge.eve.tasks.core.api.v1.ExportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ImageRequest;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.InspectImageResponse;
import org.lfedge.eve.tasks.core.api.v1.InspectNetworkResponse;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsRequest;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsResponse;
import org.lfedge.eve.tasks.core.api.v1.ListImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListImagesResponse;
import org.lfedge.eve.tasks.core.api.v1.ListNetworksRequest;
import org.lfedge.eve.tasks.core.api.v1.ListNetworksResponse;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.ListResponse;
import org.lfedge.eve.tasks.core.api.v1.ListVolumesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListVolumesResponse;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.api.v1.LogsRequest;
import org.lfedge.eve.tasks.core.api.v1.NetworkRequest;
import org.lfedge.eve.tasks.core.api.v1.NodeRequest;
import org.lfedge.eve.tasks.core.api.v1.NodeResponse;
import org.lfedge.eve.tasks.core.api.v1.PruneImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.PruneImagesResponse;
import org.lfedge.eve.tasks.core.api.v1.PullImageRequest;
import org.lfedge.eve.tasks.core.api.v1.PullImageResponse;
import org.lfedge.eve.tasks.core.api.v1.RemoveImageRequest;
import org.lfedge.eve.tasks.core.api.v1.RemoveImageResponse;
import org.lfedge.eve.tasks.core.api.v1.RenderResponse;
import org.lfedge.eve.tasks.core.api.v1.SignalRequest;
import org.lfedge.eve.tasks.core.api.v1.SignalResponse;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.StatsRequest;
import org.lfedge.eve.tasks.core.api.v1.StatsResponse;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;
import org.lfedge.eve.tasks.core.api.v1.ValidateResponse;
import org.lfedge.eve.tasks.core.api.v1.VolumeEntry;
import org.lfedge.eve.tasks.core.api.v1.VolumeRequest;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.Networks;
import org.lfedge.eve.tasks.core.port.ObservedTax;
import org.lfedge.eve.tasks.core.port.OutputSelection;
import org.lfedge.eve.tasks.core.port.TaskMetrics;
import org.lfedge.eve.tasks.core.port.TaskOutput;
import org.lfedge.eve.tasks.core.port.Volumes;

/** Answers the calls of the API with what the engine and the stores of the node say. */
public final class TaskmanagerService extends TaskmanagerGrpc.TaskmanagerImplBase
    implements AutoCloseable {

  private final TaskManager tasks;
  private final ExecutorCatalog executors;
  private final ImageCalls imageCalls;
  private final VolumeCalls volumeCalls;
  private final NetworkCalls networkCalls;
  private final TaskOutput output;
  private final NodeInfo node;
  private final UsageMessages usage;
  private final StatsStreams stats;
  private final LogStreams logs = new LogStreams();
  private final EventStreams events;
  private final ExecStreams execs;
  private final AttachStreams attachments;

  /** Serves what the parts of the daemon offer; closing it closes none of them. */
  public TaskmanagerService(
      TaskManager tasks,
      EventLog events,
      TaskMetrics metrics,
      ObservedTax tax,
      ExecutorCatalog executors,
      ImageStore images,
      Volumes volumes,
      Networks networks,
      TaskOutput output,
      NodeInfo node,
      Interaction interaction) {
    this.tasks = tasks;
    this.events = new EventStreams(events);
    usage = new UsageMessages(tax);
    stats = new StatsStreams(tasks, metrics, tax, volumes);
    this.executors = executors;
    imageCalls = new ImageCalls(tasks, images);
    volumeCalls = new VolumeCalls(tasks, volumes);
    networkCalls = new NetworkCalls(networks);
    this.output = output;
    this.node = node;
    execs = new ExecStreams(tasks, interaction);
    attachments = new AttachStreams(tasks, interaction);
  }

  @Override
  public void create(DocumentRequest request, StreamObserver<Task> client) {
    Answers.later(client, () -> tasks.create(document(request)), TaskMessages::task);
  }

  @Override
  public void start(StartRequest request, StreamObserver<Task> client) {
    Answers.later(
        client, () -> tasks.start(request.getName(), request.getOnce()), TaskMessages::task);
  }

  @Override
  public void stop(StopRequest request, StreamObserver<Task> client) {
    Answers.later(
        client, () -> tasks.stop(request.getName(), request.getForce()), TaskMessages::task);
  }

  @Override
  public void delete(DeleteRequest request, StreamObserver<DeleteResponse> client) {
    Answers.later(
        client,
        () -> tasks.delete(request.getName(), request.getForce(), request.getPurge()),
        nothing -> DeleteResponse.getDefaultInstance());
  }

  @Override
  public void signal(SignalRequest request, StreamObserver<SignalResponse> client) {
    Answers.later(
        client,
        () -> tasks.signal(request.getName(), signal(request.getSignal())),
        nothing -> SignalResponse.getDefaultInstance());
  }

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> client) {
    Answers.now(
        client,
        () ->
            ListResponse.newBuilder()
                .addAllTasks(
                    tasks.list().parallelStream()
                        .map(TaskMessages::task)
                        .map(usage::withTax)
                        .toList())
                .build());
  }

  @Override
  public void inspect(TaskRequest request, StreamObserver<InspectResponse> client) {
    Answers.now(
        client,
        () -> {
          InspectResponse detail = TaskMessages.detail(tasks.inspect(request.getName()));
          return detail.toBuilder().setTask(usage.withTax(detail.getTask())).build();
        });
  }

  @Override
  public void wait(TaskRequest request, StreamObserver<Task> client) {
    Answers.later(client, () -> tasks.awaitExit(request.getName()), TaskMessages::task);
  }

  @Override
  public void apply(ApplyRequest request, StreamObserver<ApplyResponse> client) {
    Answers.later(
        client,
        () ->
            tasks.apply(
                documents(request.getDocuments().toByteArray(), request.getBaseDirectory()),
                request.getDryRun(),
                request.getPrune(),
                false),
        TaskMessages::changes);
  }

  @Override
  public void render(DocumentRequest request, StreamObserver<RenderResponse> client) {
    Answers.now(client, () -> TaskMessages.rendering(tasks.render(document(request))));
  }

  @Override
  public void validate(DocumentRequest request, StreamObserver<ValidateResponse> client) {
    Answers.now(
        client,
        () -> {
          List<TaskDocument> documents =
              documents(request.getDocument().toByteArray(), request.getBaseDirectory());
          check(documents);
          return ValidateResponse.newBuilder()
              .addAllTasks(documents.stream().map(TaskDocument::name).toList())
              .build();
        });
  }

  @Override
  public void logs(LogsRequest request, StreamObserver<LogChunk> client) {
    ServerCallStreamObserver<LogChunk> stream = (ServerCallStreamObserver<LogChunk>) client;
    try {
      String name = tasks.inspect(request.getName()).view().name();
      CompletableFuture<?> end =
          request.getFollow() ? tasks.awaitExit(name) : CompletableFuture.completedFuture(name);
      logs.send(output.read(name, selection(request)), end, request.getTimestamps(), stream);
    } catch (RuntimeException e) {
      stream.onError(ApiProblems.toStatus(e));
    }
  }

  private static OutputSelection selection(LogsRequest request) {
    return new OutputSelection(
        request.hasSince()
            ? Instant.ofEpochSecond(request.getSince().getSeconds(), request.getSince().getNanos())
            : Instant.MIN,
        request.hasTail()
            ? OptionalLong.of(Integer.toUnsignedLong(request.getTail()))
            : OptionalLong.empty());
  }

  @Override
  public void stats(StatsRequest request, StreamObserver<StatsResponse> client) {
    stats.send(request, (ServerCallStreamObserver<StatsResponse>) client);
  }

  @Override
  public void node(NodeRequest request, StreamObserver<NodeResponse> client) {
    Answers.now(client, () -> TaskMessages.node(node, networkCalls.entries()));
  }

  @Override
  public void listExecutors(
      ListExecutorsRequest request, StreamObserver<ListExecutorsResponse> client) {
    Answers.now(
        client,
        () -> {
          ListExecutorsResponse.Builder response = ListExecutorsResponse.newBuilder();
          executors.list().forEach(loaded -> response.addExecutors(TaskMessages.executor(loaded)));
          executors
              .rejected()
              .forEach(rejected -> response.addRejected(TaskMessages.rejected(rejected)));
          return response.build();
        });
  }

  @Override
  public void importImages(ImportImagesRequest request, StreamObserver<ListImagesResponse> client) {
    imageCalls.importFrom(request.getPath(), request.getPlatform(), client);
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> client) {
    imageCalls.list(client);
  }

  @Override
  public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> client) {
    imageCalls.pull(
        request.getReference(),
        request.getPlatform(),
        (ServerCallStreamObserver<PullImageResponse>) client);
  }

  @Override
  public void inspectImage(ImageRequest request, StreamObserver<InspectImageResponse> client) {
    imageCalls.inspect(request.getReference(), client);
  }

  @Override
  public void exportImages(ExportImagesRequest request, StreamObserver<ListImagesResponse> client) {
    imageCalls.export(request.getReferencesList(), request.getPath(), client);
  }

  @Override
  public void removeImage(RemoveImageRequest request, StreamObserver<RemoveImageResponse> client) {
    imageCalls.remove(request.getReference(), request.getForce(), client);
  }

  @Override
  public void pruneImages(PruneImagesRequest request, StreamObserver<PruneImagesResponse> client) {
    imageCalls.prune(request.getDryRun(), client);
  }

  @Override
  public void listVolumes(ListVolumesRequest request, StreamObserver<ListVolumesResponse> client) {
    volumeCalls.list(client);
  }

  @Override
  public void createVolume(CreateVolumeRequest request, StreamObserver<VolumeEntry> client) {
    volumeCalls.create(request, client);
  }

  @Override
  public void inspectVolume(VolumeRequest request, StreamObserver<VolumeEntry> client) {
    volumeCalls.inspect(request.getName(), client);
  }

  @Override
  public void deleteVolume(VolumeRequest request, StreamObserver<DeleteVolumeResponse> client) {
    volumeCalls.delete(request.getName(), client);
  }

  @Override
  public void listNetworks(
      ListNetworksRequest request, StreamObserver<ListNetworksResponse> client) {
    networkCalls.list(client);
  }

  @Override
  public void inspectNetwork(
      NetworkRequest request, StreamObserver<InspectNetworkResponse> client) {
    networkCalls.inspect(request.getName(), client);
  }

  @Override
  public void events(EventsRequest request, StreamObserver<Event> client) {
    events.send(request, (ServerCallStreamObserver<Event>) client);
  }

  @Override
  public StreamObserver<ExecInput> exec(StreamObserver<ExecOutput> client) {
    return execs.open(client);
  }

  @Override
  public StreamObserver<AttachInput> attach(StreamObserver<AttachOutput> client) {
    return attachments.open(client);
  }

  /** Ends what is under way for clients. */
  @Override
  public void close() {
    logs.close();
    events.close();
    stats.close();
    imageCalls.close();
    volumeCalls.close();
  }

  private static TaskDocument document(DocumentRequest request) {
    List<TaskDocument> documents =
        documents(request.getDocument().toByteArray(), request.getBaseDirectory());
    if (documents.size() != 1) {
      throw TaskException.failed(
          Problem.user(
              "NOT_ONE_DOCUMENT",
              "expected one task document and got "
                  + documents.size()
                  + "; several at once are for apply and validate"));
    }
    return documents.get(0);
  }

  private static List<TaskDocument> documents(byte[] text, String baseDirectory) {
    return TaskDocuments.parse(text, absolute(baseDirectory));
  }

  private void check(List<TaskDocument> documents) {
    List<Problem> problems = new ArrayList<>();
    for (TaskDocument document : documents) {
      try {
        tasks.check(document);
      } catch (TaskException e) {
        problems.addAll(e.problems());
      }
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  static Path absolute(String text) {
    try {
      Path path = Path.of(text);
      if (path.isAbsolute()) {
        return path;
      }
    } catch (InvalidPathException e) {
      // Falls through to the same problem: it is no path of this system.
    }
    throw TaskException.failed(
        Problem.inDocument("NOT_ABSOLUTE", "", text, "must be an absolute path: " + text));
  }

  private static Signal signal(String text) {
    return Signal.parse(text)
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.user(
                        "UNKNOWN_SIGNAL",
                        "no signal is called "
                            + text
                            + "; use a name such as SIGHUP or a number from 1 to 64")));
  }
}
