package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ImageContents;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageStore;
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

  private static final StoredImage WEB =
      new StoredImage(
          "docker.io/library/web:latest",
          "sha256:" + "1".repeat(64),
          "sha256:" + "1".repeat(64),
          1);

  private static final StoredImage NAMES =
      new StoredImage(
          "localhost/names:latest", "sha256:" + "3".repeat(64), "sha256:" + "3".repeat(64), 1);

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
    return new StoredImage(tools, digest, digest, 1);
  }

  @Override
  public List<StoredImage> importFrom(Path layout) {
    return List.of(WEB);
  }

  @Override
  public List<StoredImage> importFor(UUID task, Path layout) {
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
  public StoredImage pull(String reference, ImagePurpose purpose, PullProgress progress) {
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
            image.equals(NAMES),
            SortedCopies.mapOf(tools.getOrDefault(image.name(), Map.of()))),
        Optional.empty(),
        AccountFiles.NONE);
  }

  @Override
  public ImageDetails examineLayout(Path layout) {
    return examine(NAMES);
  }

  @Override
  public ImageDetails unpack(StoredImage image) {
    return examine(image);
  }

  @Override
  public Optional<byte[]> readFile(StoredImage image, String path, int maxBytes) {
    return Optional.ofNullable(files.get(path)).filter(bytes -> bytes.length <= maxBytes);
  }

  private record SomeConfig(String digest, boolean namesProgram, SortedMap<String, String> labels)
      implements ResolvedImage {
    @Override
    public String os() {
      return "linux";
    }

    @Override
    public String architecture() {
      return "amd64";
    }

    @Override
    public Optional<String> variant() {
      return Optional.empty();
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
