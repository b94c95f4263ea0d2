package org.lfedge.eve.tasks.core.engine;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * Finds the tools of a task: the image that its anchor may run in. A document names it, or the
 * node's config has one for its executor.
 */
final class ToolsLookup {

  static final String DEFAULT_EXECUTOR = "native-container";

  private final ExecutorCatalog executors;
  private final ImageStore images;
  private final ArtifactExecutors artifacts;
  private final SortedMap<String, String> byExecutor;

  /**
   * Looks among the executors and the images of the node.
   *
   * @param byExecutor the names of images by the executors that use them where documents name none
   */
  ToolsLookup(
      ExecutorCatalog executors,
      ImageStore images,
      ArtifactExecutors artifacts,
      Map<String, String> byExecutor) {
    this.executors = executors;
    this.images = images;
    this.artifacts = artifacts;
    this.byExecutor = SortedCopies.mapOf(byExecutor);
  }

  /**
   * Tools that were found.
   *
   * @param trust why they may be used
   */
  record Tools(ImageDetails image, TrustVerdict trust) {}

  /** The names of images that the node's config has. */
  SortedSet<String> ofNode() {
    return SortedCopies.setOf(byExecutor.values());
  }

  private Optional<String> reference(TaskDocument document) {
    return document
        .tools()
        .or(() -> document.executor().flatMap(name -> Optional.ofNullable(byExecutor.get(name))));
  }

  /**
   * A document that says what its root is: what has no tools and names no root has the one of the
   * node.
   */
  TaskDocument rooted(TaskDocument document) {
    return document.root() instanceof RootSource.Unsaid && reference(document).isEmpty()
        ? document.withRoot(new RootSource.Host())
        : document;
  }

  /** Whether the tools of a task have to be fetched. */
  boolean wantsFetch(TaskDocument document) {
    return reference(document)
        .filter(name -> images.find(name, PlatformChoice.usual()).isEmpty())
        .isPresent();
  }

  /** Fetches the tools of a task. */
  void fetch(TaskDocument document) {
    reference(document)
        .ifPresent(
            name ->
                of(
                    document,
                    () ->
                        images.pull(
                            name, PlatformChoice.usual(), ImagePurpose.TOOLS, PullProgress.NONE)));
  }

  /** Looks at the tools of a task and changes nothing. */
  Optional<Tools> examine(TaskDocument document) {
    return judged(document, images::examine);
  }

  /** The same, and makes them ready to be mounted. */
  Optional<Tools> prepare(TaskDocument document) {
    return judged(document, images::unpack);
  }

  private Optional<Tools> judged(
      TaskDocument document, Function<StoredImage, ImageDetails> details) {
    return reference(document)
        .map(
            name ->
                of(
                    document,
                    () -> {
                      StoredImage found = find(name);
                      TrustVerdict trust = images.judge(found, name, ImagePurpose.TOOLS);
                      return new Tools(details.apply(found), trust);
                    }));
  }

  /**
   * The executor of a task: the one that its tools bring along, else that of the node which the
   * document or the tools name.
   *
   * @return empty while the tools, which tell, are not here
   * @throws TaskException if they do not tell, are for another executor or bring none that can be
   *     used, or if there is no executor of that name
   */
  Optional<LoadedExecutor> executor(TaskDocument document) {
    Optional<String> tools = reference(document);
    if (tools.isEmpty()) {
      return Optional.of(ofNode(document.executor().orElse(DEFAULT_EXECUTOR)));
    }
    Optional<StoredImage> found = images.find(tools.get(), PlatformChoice.usual());
    if (found.isEmpty()) {
      return document.executor().flatMap(executors::find);
    }
    SortedMap<String, String> labels =
        of(
            document,
            () -> {
              var unused = images.judge(found.get(), tools.get(), ImagePurpose.TOOLS);
              return images.contents(found.get()).config().labels();
            });
    String name =
        require(document, tools.get(), Optional.ofNullable(labels.get(ArtifactLabels.EXECUTOR)));
    if (!ArtifactLabels.bring(labels)) {
      return Optional.of(ofNode(name));
    }
    executors
        .find(name)
        .filter(known -> known.origin() == Origin.BUNDLED)
        .ifPresent(
            known -> {
              throw TaskException.failed(
                  Problem.inDocument(
                      "NAME_RESERVED",
                      key(document),
                      tools.get(),
                      "these tools bring an executor "
                          + name
                          + " along, and a bundled one has that name; its vendor has to give it"
                          + " another"));
            });
    return Optional.of(of(document, () -> artifacts.load(found.get(), labels)));
  }

  private LoadedExecutor ofNode(String name) {
    return executors
        .find(name)
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.inDocument(
                        "EXECUTOR_NOT_FOUND",
                        "executor",
                        name,
                        "this node has "
                            + executors.list().stream()
                                .map(known -> known.executor().info().name())
                                .toList()
                            + "; taskctl executors list tells which plugins were rejected, and"
                            + " why")));
  }

  private static String require(TaskDocument document, String tools, Optional<String> label) {
    Optional<String> asked = document.executor();
    if (asked.isPresent() && label.isPresent() && !label.equals(asked)) {
      throw TaskException.failed(
          Problem.inDocument(
              "TOOLS_MISMATCH",
              key(document),
              tools,
              "these tools are for executor "
                  + label.get()
                  + ", and the task has executor "
                  + asked.get()
                  + "; name other tools or the other executor"));
    }
    return asked
        .or(() -> label)
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.inDocument(
                        "EXECUTOR_NOT_NAMED",
                        "executor",
                        "",
                        "the tools "
                            + tools
                            + " do not say which executor they are for (label "
                            + ArtifactLabels.EXECUTOR
                            + "); name it")));
  }

  /**
   * Refuses tools that a document names for nothing.
   *
   * @throws TaskException if it names any
   */
  static void refuseUnused(TaskDocument document, String executor) {
    document
        .tools()
        .ifPresent(
            name -> {
              throw TaskException.failed(
                  Problem.inDocument(
                      "TOOLS_NOT_USED",
                      "tools",
                      name,
                      "executor "
                          + executor
                          + " does not run this task in them; remove them, or name the executor"
                          + " that does"));
            });
  }

  private StoredImage find(String name) {
    return images
        .find(name, PlatformChoice.usual())
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.user(
                        "IMAGE_NOT_FOUND",
                        "this image of tools is not on the node; bring it with taskctl images pull"
                            + " or import, and see taskctl images list for what is there")));
  }

  /** Names the place of the document that is to blame in the problems of a step. */
  private <T> T of(TaskDocument document, Supplier<T> step) {
    try {
      return step.get();
    } catch (TaskException e) {
      throw TaskException.failed(
          e.problems().stream()
              .map(
                  problem ->
                      new Problem(
                          problem.code(),
                          problem.kind(),
                          key(document),
                          reference(document).orElse(""),
                          problem.message()))
              .toList());
    }
  }

  /** Tools that no document names come with the executor. */
  private static String key(TaskDocument document) {
    return document.tools().isPresent() ? "tools" : "executor";
  }
}
