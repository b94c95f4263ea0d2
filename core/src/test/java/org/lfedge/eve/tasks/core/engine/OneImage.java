package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
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

/** A node with the image {@code web}, and one in a layout that names its own program. */
final class OneImage implements ImageStore {
  private static final StoredImage WEB =
      new StoredImage(
          "docker.io/library/web:latest",
          "sha256:" + "1".repeat(64),
          "sha256:" + "1".repeat(64),
          1);

  private static final StoredImage NAMES =
      new StoredImage(
          "localhost/names:latest", "sha256:" + "3".repeat(64), "sha256:" + "3".repeat(64), 1);

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
    return reference.equals("web") ? Optional.of(WEB) : Optional.empty();
  }

  @Override
  public StoredImage pull(String reference, ImagePurpose purpose, PullProgress progress) {
    throw TaskException.failed(Problem.host("REGISTRY_UNREACHABLE", "this node has no network"));
  }

  @Override
  public TrustVerdict judge(StoredImage image, String reference, ImagePurpose purpose) {
    return new TrustVerdict("accept", Optional.empty(), image.digest(), Optional.empty());
  }

  @Override
  public ImageContents contents(StoredImage image) {
    throw new UnsupportedOperationException();
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
        "sha256:" + "2".repeat(64),
        new SomeConfig(image.equals(NAMES)),
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

  private record SomeConfig(boolean namesProgram) implements ResolvedImage {
    @Override
    public String digest() {
      return "sha256:" + "1".repeat(64);
    }

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

    @Override
    public SortedMap<String, String> labels() {
      return SortedCopies.mapOf(new TreeMap<String, String>());
    }
  }
}
