package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.FactSource;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.task.Root;

/** Finds the designated root of a task and what is known of it. */
final class RootLookup {

  /** What the root of a bundle is when its config does not say. */
  private static final String BUNDLE_ROOT = "rootfs";

  private final ImageStore images;
  private final FactSource facts;
  private final Policy policy;

  RootLookup(ImageStore images, FactSource facts, Policy policy) {
    this.images = images;
    this.facts = facts;
    this.policy = policy;
  }

  /**
   * A root that was found.
   *
   * @param root as the executor sees it
   * @param filesystem what the runtime mounts
   * @param image what its image says, if it is one
   * @param accounts its passwd and group files
   * @param imported the name of an image that was not on the node before
   */
  record Found(
      Root root,
      RootFilesystem filesystem,
      Optional<ImageDetails> image,
      AccountFiles accounts,
      Optional<String> imported) {}

  /** The kind of root that a document asks for. */
  static Root.Kind kind(TaskDocument document) {
    RootSource source = document.root();
    if (source instanceof RootSource.Directory) {
      return Root.Kind.DIRECTORY;
    }
    if (source instanceof RootSource.Bundle) {
      return Root.Kind.BUNDLE;
    }
    return source instanceof RootSource.Host ? Root.Kind.HOST : Root.Kind.IMAGE;
  }

  /**
   * Looks at the root and changes nothing: an image in a layout is read there, and its layers are
   * not unpacked.
   */
  Found examine(TaskDocument document) {
    RootSource source = document.root();
    boolean readOnly = document.readOnlyRoot();
    if (source instanceof RootSource.Layout layout) {
      return imageRoot(
          layout.path(), readOnly, reading(layout, images::examineLayout), Optional.empty());
    }
    if (source instanceof RootSource.Image image) {
      StoredImage stored = find(image);
      return imageRoot(stored.name(), readOnly, images.examine(stored), Optional.empty());
    }
    return local(source, readOnly);
  }

  /** Makes the root ready to be mounted, bringing in and unpacking its image. */
  Found prepare(TaskDocument document) {
    RootSource source = document.root();
    boolean readOnly = document.readOnlyRoot();
    if (source instanceof RootSource.Layout layout) {
      return imported(layout, readOnly);
    }
    if (source instanceof RootSource.Image image) {
      StoredImage stored = find(image);
      return imageRoot(stored.name(), readOnly, images.unpack(stored), Optional.empty());
    }
    return local(source, readOnly);
  }

  /** Removes an image that was brought in for a task which then could not be made. */
  void forget(String imported) {
    images.find(imported).ifPresent(images::remove);
  }

  private StoredImage find(RootSource.Image image) {
    return images
        .find(image.reference())
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.inDocument(
                        "IMAGE_NOT_FOUND",
                        "root.image",
                        image.reference(),
                        "this image is not on the node; import it with taskctl images import, and"
                            + " see taskctl images list for what is there")));
  }

  /** A layout that is not there is a fault of the document; the task itself is not looked for. */
  private static <T> T reading(RootSource.Layout layout, Function<Path, T> read) {
    try {
      return read.apply(Path.of(layout.path()));
    } catch (TaskException e) {
      if (e.outcome() != TaskException.Outcome.NOT_FOUND) {
        throw e;
      }
      Problem problem = e.first();
      throw TaskException.failed(
          Problem.inDocument(problem.code(), "root.layout", layout.path(), problem.message()), e);
    }
  }

  private Found imported(RootSource.Layout layout, boolean readOnly) {
    List<String> before = images.list().stream().map(StoredImage::name).toList();
    List<StoredImage> found = reading(layout, images::importFrom);
    List<String> fresh =
        found.stream().map(StoredImage::name).filter(name -> !before.contains(name)).toList();
    try {
      if (found.size() != 1) {
        throw TaskException.failed(
            Problem.inDocument(
                "NOT_ONE_IMAGE",
                "root.layout",
                layout.path(),
                "a task needs a layout with exactly one image, this one has "
                    + found.size()
                    + "; import it with taskctl images import and name the image under"
                    + " root.image"));
      }
      return imageRoot(
          found.get(0).name(), readOnly, images.unpack(found.get(0)), fresh.stream().findFirst());
    } catch (TaskException e) {
      fresh.forEach(this::forget);
      throw e;
    }
  }

  private static Found imageRoot(
      String reference, boolean readOnly, ImageDetails details, Optional<String> imported) {
    return new Found(
        new Root.Image(reference, readOnly),
        new RootFilesystem.Layers(details.chainId()),
        Optional.of(details),
        details.accounts(),
        imported);
  }

  private Found local(RootSource source, boolean readOnly) {
    if (source instanceof RootSource.Directory directory) {
      return onDisk(new Root.Directory(directory.path(), readOnly), directory.path(), readOnly);
    }
    if (source instanceof RootSource.Bundle bundle) {
      Root.Bundle root = new Root.Bundle(bundle.path(), readOnly);
      Fact config = facts.answer(new FactQuery.JsonFile("config.json"), root);
      String path = config.value("/root/path").orElse(BUNDLE_ROOT);
      boolean bundleReadOnly = config.value("/root/readonly").map(Boolean::valueOf).orElse(false);
      return onDisk(
          root,
          Path.of(bundle.path()).resolve(path).normalize().toString(),
          readOnly || bundleReadOnly);
    }
    return new Found(
        new Root.Host(readOnly),
        new RootFilesystem.Host(),
        Optional.empty(),
        facts.accounts("/"),
        Optional.empty());
  }

  /** Under a layer of its own if it is read-only, since the runtime must make mount targets. */
  private Found onDisk(Root root, String path, boolean readOnly) {
    String real = realDirectory(path).toString();
    if (!policy.allowsSource(real)) {
      throw TaskException.failed(
          Problem.inDocument(
              "SOURCE_NOT_ALLOWED",
              "root",
              path,
              "it leads to "
                  + real
                  + ", which is outside of policy.directories in the node's config"));
    }
    return new Found(
        root,
        readOnly ? new RootFilesystem.LayeredDirectory(real) : new RootFilesystem.Directory(real),
        Optional.empty(),
        facts.accounts(real),
        Optional.empty());
  }

  private Path realDirectory(String path) {
    return facts
        .realDirectory(path)
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.inDocument(
                        "ROOT_NOT_FOUND", "root", path, "this is not a directory of the node")));
  }
}
