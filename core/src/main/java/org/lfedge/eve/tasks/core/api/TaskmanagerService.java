package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.api.v1.ApplyRequest;
import org.lfedge.eve.tasks.core.api.v1.ApplyResponse;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DeleteResponse;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsRequest;
import org.lfedge.eve.tasks.core.api.v1.ListExecutorsResponse;
import org.lfedge.eve.tasks.core.api.v1.ListImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListImagesResponse;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.ListResponse;
import org.lfedge.eve.tasks.core.api.v1.LogChunk;
import org.lfedge.eve.tasks.core.api.v1.LogsRequest;
import org.lfedge.eve.tasks.core.api.v1.NodeRequest;
import org.lfedge.eve.tasks.core.api.v1.NodeResponse;
import org.lfedge.eve.tasks.core.api.v1.RenderResponse;
import org.lfedge.eve.tasks.core.api.v1.SignalRequest;
import org.lfedge.eve.tasks.core.api.v1.SignalResponse;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;
import org.lfedge.eve.tasks.core.api.v1.ValidateResponse;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.Signal;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.StoredImage;

/** Answers the calls of the API with what the engine and the stores of the node say. */
public final class TaskmanagerService extends TaskmanagerGrpc.TaskmanagerImplBase
    implements AutoCloseable {

  private final TaskManager tasks;
  private final ExecutorCatalog executors;
  private final ImageStore images;
  private final NodeInfo node;
  private final LogStreams logs = new LogStreams();

  /** Imports take long and fill the disk: one at a time, and not on the threads of other calls. */
  private final ExecutorService imports;

  /** Serves what the parts of the daemon offer; closing it closes none of them. */
  public TaskmanagerService(
      TaskManager tasks, ExecutorCatalog executors, ImageStore images, NodeInfo node) {
    this.tasks = tasks;
    this.executors = executors;
    this.images = images;
    this.node = node;
    ThreadPoolExecutor single =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "image-import");
              thread.setDaemon(true);
              return thread;
            });
    single.allowCoreThreadTimeOut(true);
    imports = single;
  }

  @Override
  public void create(DocumentRequest request, StreamObserver<Task> client) {
    later(client, () -> tasks.create(document(request)), TaskMessages::task);
  }

  @Override
  public void start(TaskRequest request, StreamObserver<Task> client) {
    later(client, () -> tasks.start(request.getName(), false), TaskMessages::task);
  }

  @Override
  public void stop(StopRequest request, StreamObserver<Task> client) {
    later(client, () -> tasks.stop(request.getName(), request.getForce()), TaskMessages::task);
  }

  @Override
  public void delete(DeleteRequest request, StreamObserver<DeleteResponse> client) {
    later(
        client,
        () -> tasks.delete(request.getName(), request.getForce()),
        nothing -> DeleteResponse.getDefaultInstance());
  }

  @Override
  public void signal(SignalRequest request, StreamObserver<SignalResponse> client) {
    later(
        client,
        () -> tasks.signal(request.getName(), signal(request.getSignal())),
        nothing -> SignalResponse.getDefaultInstance());
  }

  @Override
  public void list(ListRequest request, StreamObserver<ListResponse> client) {
    now(
        client,
        () ->
            ListResponse.newBuilder()
                .addAllTasks(tasks.list().stream().map(TaskMessages::task).toList())
                .build());
  }

  @Override
  public void inspect(TaskRequest request, StreamObserver<InspectResponse> client) {
    now(client, () -> TaskMessages.detail(tasks.inspect(request.getName())));
  }

  @Override
  public void wait(TaskRequest request, StreamObserver<Task> client) {
    later(client, () -> tasks.awaitExit(request.getName()), TaskMessages::task);
  }

  @Override
  public void apply(ApplyRequest request, StreamObserver<ApplyResponse> client) {
    later(
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
    now(client, () -> TaskMessages.rendering(tasks.render(document(request))));
  }

  @Override
  public void validate(DocumentRequest request, StreamObserver<ValidateResponse> client) {
    now(
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
      OutputFiles files = tasks.inspect(request.getName()).logs();
      CompletableFuture<?> end =
          request.getFollow()
              ? tasks.awaitExit(request.getName())
              : CompletableFuture.completedFuture(request.getName());
      logs.send(files, end, stream);
    } catch (RuntimeException e) {
      stream.onError(ApiProblems.toStatus(e));
    }
  }

  @Override
  public void node(NodeRequest request, StreamObserver<NodeResponse> client) {
    now(client, () -> TaskMessages.node(node));
  }

  @Override
  public void listExecutors(
      ListExecutorsRequest request, StreamObserver<ListExecutorsResponse> client) {
    now(
        client,
        () -> {
          ListExecutorsResponse.Builder response = ListExecutorsResponse.newBuilder();
          executors.list().forEach(loaded -> response.addExecutors(TaskMessages.executor(loaded)));
          for (ExecutorCatalog.Rejected rejected : executors.rejected()) {
            response
                .addRejectedBuilder()
                .setFile(rejected.file())
                .setCode(rejected.code())
                .setReason(rejected.reason());
          }
          return response.build();
        });
  }

  @Override
  public void importImages(ImportImagesRequest request, StreamObserver<ListImagesResponse> client) {
    later(
        client,
        () -> {
          Path path = absolute(request.getPath());
          return CompletableFuture.supplyAsync(() -> images.importFrom(path), imports);
        },
        TaskmanagerService::imageList);
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> client) {
    now(client, () -> imageList(images.list()));
  }

  /** Ends what is under way for clients. */
  @Override
  public void close() {
    logs.close();
    imports.shutdownNow();
  }

  private static ListImagesResponse imageList(List<StoredImage> images) {
    return ListImagesResponse.newBuilder()
        .addAllImages(images.stream().map(TaskMessages::image).toList())
        .build();
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

  private static Path absolute(String text) {
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

  /** Answers with what the engine will have to say, and holds no thread meanwhile. */
  private static <T, R> void later(
      StreamObserver<R> client, Supplier<CompletableFuture<T>> call, Function<T, R> message) {
    tolerateLeaving(client);
    CompletableFuture<T> result;
    try {
      result = call.get();
    } catch (RuntimeException e) {
      result = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<R> unused =
        result
            .thenApply(message)
            .whenComplete(
                (value, failure) -> {
                  if (failure == null) {
                    client.onNext(value);
                    client.onCompleted();
                  } else {
                    client.onError(ApiProblems.toStatus(failure));
                  }
                });
  }

  private static <R> void now(StreamObserver<R> client, Supplier<R> call) {
    later(client, () -> CompletableFuture.completedFuture(call.get()), Function.identity());
  }

  /** A client may leave before the answer; what it asked for is done all the same. */
  private static void tolerateLeaving(StreamObserver<?> client) {
    ((ServerCallStreamObserver<?>) client).setOnCancelHandler(() -> {});
  }
}
