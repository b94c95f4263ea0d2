package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.api.v1.InspectImageResponse;
import org.lfedge.eve.tasks.core.api.v1.ListImagesResponse;
import org.lfedge.eve.tasks.core.api.v1.PruneImagesResponse;
import org.lfedge.eve.tasks.core.api.v1.PullImageResponse;
import org.lfedge.eve.tasks.core.api.v1.RemoveImageResponse;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/** The calls about images. */
final class ImageCalls implements AutoCloseable {

  private final TaskManager tasks;
  private final ImageStore images;
  private final PullStreams pulls;

  /** These take long and fill the disk: one at a time, and not on the threads of other calls. */
  private final ExecutorService archives = StreamThreads.one("image-archive");

  ImageCalls(TaskManager tasks, ImageStore images) {
    this.tasks = tasks;
    this.images = images;
    this.pulls = new PullStreams(images);
  }

  void list(StreamObserver<ListImagesResponse> client) {
    Answers.now(client, () -> message(images.list()));
  }

  void importFrom(String path, String platform, StreamObserver<ListImagesResponse> client) {
    Answers.later(
        client,
        () -> {
          Path archive = TaskmanagerService.absolute(path);
          PlatformChoice choice = choice(platform);
          return CompletableFuture.supplyAsync(() -> images.importFrom(archive, choice), archives);
        },
        ImageCalls::message);
  }

  void export(List<String> references, String path, StreamObserver<ListImagesResponse> client) {
    Answers.later(
        client,
        () -> {
          Path archive = TaskmanagerService.absolute(path);
          List<StoredImage> found =
              references.stream().flatMap(one -> all(find(one)).stream()).distinct().toList();
          if (found.isEmpty()) {
            throw TaskException.failed(
                Problem.user("NO_IMAGE_NAMED", "name at least one image to export"));
          }
          return CompletableFuture.supplyAsync(
              () -> {
                images.exportTo(archive, found);
                return found;
              },
              archives);
        },
        ImageCalls::message);
  }

  void pull(String reference, String platform, ServerCallStreamObserver<PullImageResponse> client) {
    pulls.open(reference, platform, client);
  }

  /** What people ask for by a platform, or by none. */
  static PlatformChoice choice(String platform) {
    return platform.isEmpty()
        ? PlatformChoice.usual()
        : PlatformChoice.only(
            Platform.parse(platform)
                .orElseThrow(
                    () ->
                        TaskException.failed(
                            Problem.user(
                                "BAD_PLATFORM",
                                "'"
                                    + platform
                                    + "' is no platform of images; give one such as arm64, arm/v7"
                                    + " or linux/riscv64"))));
  }

  /** What is here of the name of an image. */
  private List<StoredImage> all(StoredImage image) {
    return images.list().stream().filter(one -> one.name().equals(image.name())).toList();
  }

  void inspect(String reference, StreamObserver<InspectImageResponse> client) {
    Answers.now(
        client,
        () -> {
          StoredImage image = find(reference);
          List<StoredImage> all = all(image);
          return ImageMessages.contents(all, images.contents(image), users().apply(all));
        });
  }

  void remove(String reference, boolean force, StreamObserver<RemoveImageResponse> client) {
    Answers.now(
        client,
        () -> {
          StoredImage image = find(reference);
          List<StoredImage> all = all(image);
          List<String> users = users().apply(all);
          if (!users.isEmpty() && !force) {
            throw TaskException.refused(
                Problem.user(
                    "IMAGE_IN_USE",
                    "image "
                        + image.name()
                        + " is needed by the tasks "
                        + users
                        + "; delete them first, or remove it by force"));
          }
          images.remove(image);
          return RemoveImageResponse.newBuilder().setImage(ImageMessages.entry(all)).build();
        });
  }

  void prune(boolean dryRun, StreamObserver<PruneImagesResponse> client) {
    Answers.now(
        client,
        () -> {
          Function<List<StoredImage>, List<String>> users = users();
          List<String> tools =
              tasks.toolsOfNode().stream()
                  .flatMap(name -> images.find(name).stream())
                  .map(StoredImage::name)
                  .toList();
          List<List<StoredImage>> unused =
              ImageMessages.byName(images.list()).stream()
                  .filter(image -> users.apply(image).isEmpty())
                  .filter(image -> !tools.contains(image.get(0).name()))
                  .toList();
          if (!dryRun) {
            images.dropUnfinished();
            unused.forEach(image -> images.remove(image.get(0)));
          }
          return PruneImagesResponse.newBuilder()
              .addAllImages(unused.stream().map(ImageMessages::entry).toList())
              .build();
        });
  }

  private StoredImage find(String reference) {
    return images
        .find(reference)
        .orElseThrow(
            () ->
                TaskException.notFound(
                    Problem.user(
                        "IMAGE_NOT_FOUND",
                        "image "
                            + reference
                            + " is not on the node; see taskctl images list for what is there")));
  }

  /**
   * Which tasks need an image: those that were made from it, and those whose document names it,
   * from which they are made when they change.
   */
  private Function<List<StoredImage>, List<String>> users() {
    List<TaskRecord> records = tasks.records();
    Map<String, Optional<StoredImage>> named = new HashMap<>();
    for (TaskRecord record : records) {
      references(record.document())
          .forEach(reference -> named.computeIfAbsent(reference, images::find));
    }
    return image -> {
      List<String> users = new ArrayList<>();
      for (TaskRecord record : records) {
        boolean made =
            digests(record)
                .anyMatch(
                    digest -> image.stream().anyMatch(one -> one.manifestDigest().equals(digest)));
        boolean names =
            references(record.document())
                .flatMap(reference -> named.getOrDefault(reference, Optional.empty()).stream())
                .anyMatch(found -> found.name().equals(image.get(0).name()));
        if (made || names) {
          users.add(record.name());
        }
      }
      return users;
    };
  }

  /** The images that a document names for its root and its tools. */
  private static Stream<String> references(TaskDocument document) {
    Stream<String> root =
        document.root() instanceof RootSource.Image image
            ? Stream.of(image.reference())
            : Stream.empty();
    return Stream.concat(root, document.tools().stream());
  }

  /** The manifests of the images that a task was made from. */
  private static Stream<String> digests(TaskRecord record) {
    return record.blueprint().stream()
        .flatMap(
            made ->
                Stream.concat(
                    made.imageDigest().stream(),
                    made.tools().map(TaskRecord.Tools::digest).stream()));
  }

  private static ListImagesResponse message(List<StoredImage> images) {
    return ListImagesResponse.newBuilder().addAllImages(ImageMessages.entries(images)).build();
  }

  @Override
  public void close() {
    pulls.close();
    archives.shutdownNow();
  }
}
