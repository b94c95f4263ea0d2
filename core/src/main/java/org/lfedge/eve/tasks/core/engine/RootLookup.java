package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.FactSource;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.ImageDetails;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.NoMatchingPlatform;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.task.Root;

/** Finds the designated root of a task and what is known of it. */
final class RootLookup {

  /** What the root of a bundle is when its config does not say. */
  private static final String BUNDLE_ROOT = "rootfs";

  private final ImageStore images;
  private final FetchedFiles files;
  private final FactSource facts;
  private final Volumes volumes;
  private final Policy policy;

  RootLookup(
      ImageStore images, FetchedFiles files, FactSource facts, Volumes volumes, Policy policy) {
    this.images = images;
    this.files = files;
    this.facts = facts;
    this.volumes = volumes;
    this.policy = policy;
  }

  /**
   * A root that was found.
   *
   * @param root as the executor sees it
   * @param filesystem what the runtime mounts if the anchor runs in it; empty if it is none
   * @param image what its image says, if it is one
   * @param trust why that image, or what was fetched, may be used
   * @param accounts its passwd and group files
   * @param fetched what it is, if it is a file that was fetched
   */
  record Found(
      Root root,
      Optional<RootFilesystem> filesystem,
      Optional<ImageDetails> image,
      Optional<TrustVerdict> trust,
      AccountFiles accounts,
      Optional<TaskRecord.Fetched> fetched) {

    /** A document that says which file its root is, if it is one that was fetched. */
    TaskDocument resolved(TaskDocument document) {
      return fetched.isPresent() && document.root() instanceof RootSource.Fetched root
          ? document.withRoot(root.as(fetched.get().digest()))
          : document;
    }

    /** What its image is for, if it is one. */
    Optional<Platform> platform() {
      return image
          .map(ImageDetails::config)
          .map(
              config -> new Platform(config.os(), config.architecture(), config.variant()).plain());
    }
  }

  /**
   * Looks at the root and changes nothing: an image in a layout is read there, and its layers are
   * not unpacked.
   *
   * @param choice of the platforms that an image has
   * @throws NoMatchingPlatform if it has none that is wanted; so does every method here
   */
  Found examine(TaskDocument document, PlatformChoice choice) {
    RootSource source = document.root();
    boolean readOnly = document.readOnlyRoot();
    if (source instanceof RootSource.Layout layout) {
      // Whether it is trusted is seen when it is imported, with the signatures that come with it.
      return imageRoot(
          layout.path(),
          readOnly,
          reading(layout, path -> images.examineLayout(path, choice)),
          Optional.empty());
    }
    if (source instanceof RootSource.Image image) {
      StoredImage stored = find(image, choice);
      TrustVerdict trust = images.judge(stored, image.reference(), ImagePurpose.IMAGE);
      return imageRoot(stored.name(), readOnly, images.examine(stored), Optional.of(trust));
    }
    return local(document);
  }

  /** Makes the root ready to be mounted, bringing in and unpacking its image. */
  Found prepare(UUID task, TaskDocument document, PlatformChoice choice) {
    RootSource source = document.root();
    boolean readOnly = document.readOnlyRoot();
    if (source instanceof RootSource.Layout layout) {
      return imported(task, layout, readOnly, choice);
    }
    if (source instanceof RootSource.Image image) {
      StoredImage stored = find(image, choice);
      TrustVerdict trust = images.judge(stored, image.reference(), ImagePurpose.IMAGE);
      return imageRoot(stored.name(), readOnly, images.unpack(stored), Optional.of(trust));
    }
    return local(document);
  }

  /** Whether the image or file of a task has to be fetched before {@link #prepare}. */
  boolean wantsFetch(TaskDocument document, PlatformChoice choice) {
    if (document.root() instanceof RootSource.Fetched file) {
      return switch (file.from().pull()) {
        case ALWAYS -> true;
        case MISSING -> find(file).isEmpty();
        case NEVER -> false;
      };
    }
    return document.root() instanceof RootSource.Image image
        && switch (image.pull()) {
          case ALWAYS -> true;
          case MISSING -> images.find(image.reference(), choice).isEmpty();
          case NEVER -> false;
        };
  }

  private Optional<FetchedFiles.Kept> find(RootSource.Fetched file) {
    return of(file, () -> files.find(file.from(), file.format()));
  }

  /** Names the place of the document that is to blame. */
  private static <T> T of(RootSource.Fetched file, Supplier<T> step) {
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
                          "root." + file.key(),
                          file.from().shown(),
                          problem.message()))
              .toList());
    }
  }

  /** Fetches the image or file of a task, unless it is here and need not be. */
  void fetch(TaskDocument document, PlatformChoice choice) {
    if (!wantsFetch(document, choice)) {
      return;
    }
    if (document.root() instanceof RootSource.Fetched file) {
      var unused = of(file, () -> files.fetch(file.from(), file.format(), PullProgress.NONE));
    } else if (document.root() instanceof RootSource.Image image) {
      try {
        images.pull(image.reference(), choice, ImagePurpose.IMAGE, PullProgress.NONE);
      } catch (NoMatchingPlatform e) {
        throw e;
      } catch (TaskException e) {
        Problem problem = e.first();
        throw TaskException.failed(
            new Problem(
                problem.code(), problem.kind(), "root.image", image.reference(), problem.message()),
            e);
      }
    }
  }

  /** What the image of a task is for, if it has one and that is here. */
  Optional<Platform> platform(TaskDocument document, PlatformChoice choice) {
    if (document.root() instanceof RootSource.Layout layout) {
      return Optional.of(reading(layout, path -> images.layoutPlatform(path, choice)));
    }
    return document.root() instanceof RootSource.Image image
        ? images.find(image.reference(), choice).flatMap(StoredImage::platform)
        : Optional.empty();
  }

  /** Whether {@link #prepare} brings in an image for the task. */
  static boolean bringsImage(TaskDocument document) {
    return document.root() instanceof RootSource.Layout;
  }

  /** Removes an image that was brought in for a task which then was not made. */
  void forget(UUID task) {
    images.removeImportedFor(task);
  }

  private StoredImage find(RootSource.Image image, PlatformChoice choice) {
    return images
        .find(image.reference(), choice)
        .orElseThrow(
            () ->
                TaskException.failed(
                    Problem.inDocument(
                        "IMAGE_NOT_FOUND",
                        "root.image",
                        image.reference(),
                        "this image is not on the node; bring it with taskctl images pull or"
                            + " import, and see taskctl images list for what is there")));
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

  private Found imported(
      UUID task, RootSource.Layout layout, boolean readOnly, PlatformChoice choice) {
    List<StoredImage> found = reading(layout, path -> images.importFor(task, path, choice));
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
    StoredImage stored = found.get(0);
    TrustVerdict trust = images.judge(stored, stored.name(), ImagePurpose.IMAGE);
    return imageRoot(stored.name(), readOnly, images.unpack(stored), Optional.of(trust));
  }

  private static Found imageRoot(
      String reference, boolean readOnly, ImageDetails details, Optional<TrustVerdict> trust) {
    return new Found(
        new Root.Image(reference, readOnly),
        Optional.of(new RootFilesystem.Layers(details.chainId())),
        Optional.of(details),
        trust,
        details.accounts(),
        Optional.empty());
  }

  private Found fetched(RootSource.Fetched file) {
    FetchedFiles.Kept kept =
        find(file)
            .orElseThrow(
                () ->
                    TaskException.failed(
                        Problem.inDocument(
                            "FILE_NOT_FOUND",
                            "root." + file.key(),
                            file.from().shown(),
                            "this file is not on the node; it is fetched when a task with it is"
                                + " created, unless pull: never forbids that")));
    return new Found(
        new Root.File(kept.path().toString(), file.format().word(), true),
        Optional.empty(),
        Optional.empty(),
        Optional.of(kept.trust()),
        AccountFiles.NONE,
        Optional.of(new TaskRecord.Fetched(kept.digest(), file.from().shown(), kept.manifest())));
  }

  private Found local(TaskDocument document) {
    RootSource source = document.root();
    boolean readOnly = document.readOnlyRoot();
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
    if (source instanceof RootSource.File file) {
      // Nobody can write to a medium of ISO 9660.
      boolean never = readOnly || file.format() == Format.ISO;
      return noFilesystem(new Root.File(file.path(), file.format().word(), never));
    }
    if (source instanceof RootSource.Fetched file) {
      return fetched(file);
    }
    if (source instanceof RootSource.Volume) {
      // Where the daemon keeps it is nobody else's business; there it is for the task.
      String path = volumes.path(document.name(), Volumes.ROOT).toString();
      return noFilesystem(new Root.File(path, Format.RAW.word(), readOnly));
    }
    if (source instanceof RootSource.Unsaid) {
      return noFilesystem(new Root.None());
    }
    return new Found(
        new Root.Host(readOnly),
        Optional.of(new RootFilesystem.Host()),
        Optional.empty(),
        Optional.empty(),
        facts.accounts("/"),
        Optional.empty());
  }

  private static Found noFilesystem(Root root) {
    return new Found(
        root,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        AccountFiles.NONE,
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
        Optional.of(
            readOnly
                ? new RootFilesystem.LayeredDirectory(real)
                : new RootFilesystem.Directory(real)),
        Optional.empty(),
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
