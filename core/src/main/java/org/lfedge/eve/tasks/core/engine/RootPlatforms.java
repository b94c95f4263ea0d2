package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.NoMatchingPlatform;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.TaskRecord.Emulation;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.Root;

/**
 * For which platform the image of a task's root is taken, and who runs one that is not for the
 * node: nobody, or the executor that emulates, where the node's config lets it be chosen.
 */
final class RootPlatforms {

  /** Runs what is for other platforms, if the node has it. */
  private static final String EMULATOR = "cross-arch";

  /** What is taken of an image that has nothing for the node, the first of these that it has. */
  private static final List<Platform> EMULATED =
      Stream.of("arm64", "amd64", "arm/v7", "riscv64", "ppc64le", "s390x", "386")
          .flatMap(word -> Platform.parse(word).stream())
          .toList();

  /** What the kernel of an architecture runs besides that. */
  private static final Map<String, String> ALSO_RUNS = Map.of("amd64", "386", "arm64", "arm");

  private final ExecutorCatalog executors;
  private final Platform node;
  private final List<Platform> ofNode;
  private final boolean emulates;

  /**
   * @param architecture of the node
   * @param emulates whether the emulator is chosen for tasks that name no executor
   */
  RootPlatforms(ExecutorCatalog executors, String architecture, boolean emulates) {
    this.executors = executors;
    this.node = Platform.linux(architecture);
    this.ofNode =
        Stream.concat(
                Stream.of(node),
                Optional.ofNullable(ALSO_RUNS.get(node.architecture()))
                    .map(Platform::linux)
                    .stream())
            .toList();
    this.emulates = emulates;
  }

  /**
   * Which image is taken where there is a choice.
   *
   * @param info of the executor of the task; empty while that is not known
   */
  PlatformChoice choice(TaskDocument document, Optional<ExecutorInfo> info) {
    Optional<Platform> asked =
        info.flatMap(RootPlatforms::option)
            .map(name -> document.options().path(name).asText(""))
            .flatMap(Platform::parse);
    if (asked.isPresent()) {
      return PlatformChoice.only(asked.get());
    }
    if (!info.map(RootPlatforms::isNative).orElse(false)) {
      return PlatformChoice.usual();
    }
    List<Platform> inOrder = new ArrayList<>(ofNode);
    if (isLeftToNode(document) && emulator().isPresent()) {
      inOrder.addAll(EMULATED);
    }
    return PlatformChoice.firstOf(inOrder.stream().distinct().toList());
  }

  /** The option by which documents choose a platform, if an executor has one. */
  private static Optional<String> option(ExecutorInfo info) {
    return info.options().stream()
        .filter(option -> option.type() == Option.Type.PLATFORM)
        .map(Option::name)
        .findFirst();
  }

  private static boolean isNative(ExecutorInfo info) {
    return info.name().equals(ToolsLookup.DEFAULT_EXECUTOR);
  }

  /** Whether the node may choose the executor of a task by the image of its root. */
  boolean isLeftToNode(TaskDocument document) {
    return emulates && document.executor().isEmpty() && document.tools().isEmpty();
  }

  private Optional<ExecutorInfo> emulator() {
    return executors
        .find(EMULATOR)
        .map(LoadedExecutor::executor)
        .map(executor -> executor.info())
        .filter(info -> info.rootKinds().contains(Root.Kind.IMAGE) && option(info).isPresent());
  }

  /**
   * A document with the executor that runs its image. It is the same unless the node chose one.
   *
   * @param image what the image of its root is for, if it has one and that is known
   */
  TaskDocument decided(TaskDocument document, Optional<Platform> image) {
    return emulation(document, image)
        .map(chosen -> document.withExecutor(EMULATOR, chosen.option(), chosen.platform()))
        .orElse(document);
  }

  /** The choice that the node makes for a document, if it does. */
  Optional<Emulation> emulation(TaskDocument document, Optional<Platform> image) {
    return image
        .filter(platform -> isLeftToNode(document) && !runs(platform))
        .flatMap(
            platform ->
                emulator()
                    .flatMap(RootPlatforms::option)
                    .map(option -> new Emulation(option, platform.toString())));
  }

  private boolean runs(Platform image) {
    return ofNode.stream().anyMatch(one -> isAlike(one, image));
  }

  private static boolean isAlike(Platform one, Platform other) {
    return one.os().equals(other.os()) && one.architecture().equals(other.architecture());
  }

  /**
   * Does what looks at the image of a root, and says what can be done where that is for other
   * platforms.
   */
  <T> T of(TaskDocument document, Optional<ExecutorInfo> info, Supplier<T> step) {
    try {
      return step.get();
    } catch (NoMatchingPlatform e) {
      String option =
          info.flatMap(RootPlatforms::option).map(name -> " by options." + name).orElse("");
      throw TaskException.failed(
          info.filter(RootPlatforms::isNative).isPresent()
              ? refusal(document, e.offered())
              : inDocument(document, e.first().code(), e.first().message() + option),
          e);
    }
  }

  private Problem refusal(TaskDocument document, List<Platform> offered) {
    Optional<Platform> best =
        EMULATED.stream()
            .flatMap(one -> offered.stream().filter(other -> isAlike(one, other)))
            .findFirst()
            .filter(platform -> emulator().isPresent());
    String next =
        best.map(platform -> offer(document, platform))
            .orElse("use an image that is built for the node's platform");
    return inDocument(
        document,
        "IMAGE_FOR_OTHER_PLATFORM",
        "this image is for "
            + offered.stream().map(Platform::toString).collect(Collectors.joining(", "))
            + " and the node is "
            + node
            + "; "
            + next);
  }

  private String offer(TaskDocument document, Platform platform) {
    String option = emulator().flatMap(RootPlatforms::option).orElseThrow();
    return "to have it emulated, write executor: "
        + EMULATOR
        + " and options: {"
        + option
        + ": "
        + platform
        + "}"
        + (document.executor().isEmpty() && !emulates
            ? ", or emulation: allow in the node's config, for all tasks that name no executor"
            : "");
  }

  private static Problem inDocument(TaskDocument document, String code, String message) {
    return document.root() instanceof RootSource.Layout layout
        ? Problem.inDocument(code, "root.layout", layout.path(), message)
        : Problem.inDocument(
            code,
            "root.image",
            document.root() instanceof RootSource.Image image ? image.reference() : "",
            message);
  }
}
