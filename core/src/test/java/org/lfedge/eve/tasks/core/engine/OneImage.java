package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ImageContents;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.NoMatchingPlatform;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * A node with the image {@code web}, images of tools, and one in a layout that names its own
 * program. The name of tools says whom they are for; a registry has more of them.
 */
final class OneImage implements ImageStore {
  private static final String EXECUTOR = "org.lfedge.eve.tasks.executor";

  private static final Platform AMD64 = Platform.linux("amd64");

  private static final StoredImage WEB =
      new StoredImage(
          "docker.io/library/web:latest",
          "sha256:" + "1".repeat(64),
          "sha256:" + "1".repeat(64),
          Optional.of(AMD64),
          1);

  private static final StoredImage NAMES =
      new StoredImage(
          "localhost/names:latest",
          "sha256:" + "3".repeat(64),
          "sha256:" + "3".repeat(64),
          Optional.of(AMD64),
          1);

  /** What the image {@code foreign} is for, which is none of the node's. */
  static final List<Platform> FOREIGN =
      List.of(Platform.linux("riscv64"), Platform.linux("arm64"), Platform.linux("mips64"));

  /** The platforms of {@code foreign} that were pulled. */
  final List<String> pulled = new CopyOnWriteArrayList<>();

  /** The files in images of tools, by their paths. */
  final ConcurrentSkipListMap<String, byte[]> files = new ConcurrentSkipListMap<>();

  /** By name, the labels of the tools that are on the node. */
  final ConcurrentSkipListMap<String, Map<String, String>> tools =
      new ConcurrentSkipListMap<>(
          Map.of(
              "tools", Map.of(EXECUTOR, "emulator"),
              "others", Map.of(EXECUTOR, "simulator"),
              "silent", Map.of()));

  private static StoredImage stored(String tools) {
    String digest = "sha256:" + String.valueOf(tools.charAt(0)).repeat(64);
    return new StoredImage(tools, digest, digest, Optional.of(AMD64), 1);
  }

  @Override
  public List<StoredImage> importFrom(Path layout, PlatformChoice choice) {
    return List.of(WEB);
  }

  @Override
  public List<StoredImage> importFor(UUID task, Path layout, PlatformChoice choice) {
    if (layout.toString().equals("/foreign")) {
      return List.of(foreign("foreign", choice).orElseThrow());
    }
    if (!layout.toString().equals("/names")) {
      throw TaskException.failed(Problem.user("NO_LAYOUT", layout + " is no image"));
    }
    return List.of(NAMES);
  }

  @Override
  public void removeImportedFor(UUID task) {}

  @Override
  public Optional<StoredImage> find(String reference) {
    if (tools.containsKey(reference)) {
      return Optional.of(stored(reference));
    }
    return reference.equals("web") ? Optional.of(WEB) : Optional.empty();
  }

  @Override
  public Optional<StoredImage> find(String reference, PlatformChoice choice) {
    return foreign(reference, choice)
        .filter(image -> pulled.contains(image.platform().orElseThrow().toString()))
        .or(() -> find(reference));
  }

  /** Of the image {@code foreign} in the registry, what is chosen. */
  private Optional<StoredImage> foreign(String reference, PlatformChoice choice) {
    if (!reference.equals("foreign")) {
      return Optional.empty();
    }
    Platform chosen =
        choice.inOrder().stream()
            .filter(FOREIGN::contains)
            .findFirst()
            .orElseThrow(
                () ->
                    new NoMatchingPlatform(
                        Problem.user("NO_MATCHING_PLATFORM", "it has others"), FOREIGN));
    return Optional.of(
        new StoredImage(
            "docker.io/library/foreign:latest",
            "sha256:" + "4".repeat(64),
            "sha256:" + chosen.architecture(),
            Optional.of(chosen),
            1));
  }

  @Override
  public StoredImage pull(
      String reference, PlatformChoice choice, ImagePurpose purpose, PullProgress progress) {
    Optional<StoredImage> foreign = foreign(reference, choice);
    if (foreign.isPresent()) {
      pulled.add(foreign.get().platform().orElseThrow().toString());
      return foreign.get();
    }
    if (reference.equals("tools-of-emulation") && purpose == ImagePurpose.TOOLS) {
      tools.put(reference, Map.of(EXECUTOR, "cross-arch"));
      return stored(reference);
    }
    if (reference.equals("newer-tools") && purpose == ImagePurpose.TOOLS) {
      tools.put(reference, Map.of(EXECUTOR, "emulator"));
      return stored(reference);
    }
    throw TaskException.failed(Problem.host("REGISTRY_UNREACHABLE", "this node has no network"));
  }

  @Override
  public TrustVerdict judge(StoredImage image, String reference, ImagePurpose purpose) {
    if (purpose == ImagePurpose.TOOLS && !tools.containsKey(image.name())) {
      throw TaskException.failed(Problem.user("DIGEST_REQUIRED", image.name() + " are no tools"));
    }
    return new TrustVerdict("accept", Optional.empty(), image.digest(), Optional.empty());
  }

  @Override
  public ImageContents contents(StoredImage image) {
    return new ImageContents(
        image, "linux/amd64", examine(image).config(), "", List.of(), OptionalLong.empty(), 0);
  }

  @Override
  public void exportTo(Path archive, List<StoredImage> images) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void remove(StoredImage image) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void dropUnfinished() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<StoredImage> list() {
    return List.of(WEB);
  }

  @Override
  public ImageDetails examine(StoredImage image) {
    return new ImageDetails(
        image.equals(WEB) ? "sha256:" + "2".repeat(64) : "chain of " + image.name(),
        new SomeConfig(
            image.manifestDigest(),
            image.platform().orElseThrow(),
            image.equals(NAMES),
            SortedCopies.mapOf(tools.getOrDefault(image.name(), Map.of()))),
        Optional.empty(),
        AccountFiles.NONE);
  }

  @Override
  public ImageDetails examineLayout(Path layout, PlatformChoice choice) {
    return examine(
        layout.toString().equals("/foreign") ? foreign("foreign", choice).orElseThrow() : NAMES);
  }

  @Override
  public Platform layoutPlatform(Path layout, PlatformChoice choice) {
    ImageDetails details = examineLayout(layout, choice);
    return Platform.linux(details.config().architecture());
  }

  @Override
  public ImageDetails unpack(StoredImage image) {
    return examine(image);
  }

  @Override
  public Optional<byte[]> readFile(StoredImage image, String path, int maxBytes) {
    return Optional.ofNullable(files.get(path)).filter(bytes -> bytes.length <= maxBytes);
  }

  private record SomeConfig(
      String digest, Platform platform, boolean namesProgram, SortedMap<String, String> labels)
      implements ResolvedImage {
    @Override
    public String os() {
      return "linux";
    }

    @Override
    public String architecture() {
      return platform.architecture();
    }

    @Override
    public Optional<String> variant() {
      return platform.variant();
    }

    @Override
    public List<String> entrypoint() {
      return List.of();
    }

    @Override
    public List<String> command() {
      return namesProgram ? List.of("answer") : List.of();
    }

    @Override
    public List<String> env() {
      return List.of();
    }

    @Override
    public String workingDir() {
      return "/";
    }

    @Override
    public Optional<String> stopSignal() {
      return Optional.empty();
    }
  }
}
