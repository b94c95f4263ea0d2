package org.lfedge.eve.tasks.core.image;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;

/**
 * What of the images in a content store is there: of an index often one platform, sometimes some.
 * An index keeps what it has by labels, so those tell; that a blob exists does not, since it may be
 * there for another image alone and go with that.
 */
final class StoredPlatforms {

  /** How deep indexes may lie in one another. */
  private static final int MAX_DEPTH = 4;

  private final ContentStore content;
  private final Blobs stored;
  private final Platform node;

  /** By target and manifest, and by target and what was wanted. */
  private final DigestCache<PlatformImage> known = new DigestCache<>();

  StoredPlatforms(ContentStore content, Platform node) {
    this.content = content;
    this.stored = new StoredBlobs(content);
    this.node = node;
  }

  /** What a choice means on this node. */
  Wanted wanted(PlatformChoice choice) {
    return Wanted.of(choice, node);
  }

  /** What a name leads to and is there: the node's platform first, the others by their names. */
  List<PlatformImage> of(ContentStore.Image image) {
    List<PlatformImage> found = new ArrayList<>();
    collect(image, image.target(), 0, found);
    Wanted own = wanted(PlatformChoice.usual());
    found.sort(
        Comparator.<PlatformImage>comparingInt(one -> -own.rank(platform(one)).orElse(0))
            .thenComparing(one -> platform(one).toString()));
    return found;
  }

  private static Platform platform(PlatformImage image) {
    return image.config().platform();
  }

  private void collect(
      ContentStore.Image image, Descriptor document, int depth, List<PlatformImage> found) {
    try {
      Optional<PlatformImage> manifest =
          MediaTypes.isIndex(document.mediaType())
              ? Optional.empty()
              : withManifest(image.target(), document.digest(), image.name());
      if (manifest.isPresent()) {
        found.add(manifest.get());
        return;
      }
    } catch (TaskException e) {
      // What cannot be read is nothing that is there; others beside it may be.
      return;
    }
    if (depth < MAX_DEPTH) {
      kept(document.digest())
          .forEach(child -> collect(image, new Descriptor("", child, 0), depth + 1, found));
    }
  }

  /** The documents that an index keeps. */
  private List<String> kept(String index) {
    return content.blobLabels(index).entrySet().stream()
        .filter(label -> label.getKey().startsWith(ImageWriter.REFERENCE))
        .filter(label -> !label.getKey().startsWith(Signatures.LABEL))
        .map(Map.Entry::getValue)
        .distinct()
        .toList();
  }

  /**
   * What is wanted of an image.
   *
   * @return empty if it is not there
   * @throws org.lfedge.eve.tasks.core.port.NoMatchingPlatform if the image has no such platform
   */
  Optional<PlatformImage> find(ContentStore.Image image, PlatformChoice choice) {
    Wanted wanted = wanted(choice);
    String key = image.target().digest() + " for " + wanted.key();
    Optional<PlatformImage> before = known.find(key);
    Optional<PlatformImage> found =
        before.isPresent()
            ? before
            : new PlatformSearch(stored, wanted, image.name()).findHere(image.target());
    if (before.isEmpty()) {
      found.ifPresent(
          read -> {
            keep(key, read);
            keep(key(image.target().digest(), read.manifestBlob().digest()), read);
          });
    }
    return found.filter(this::isKept);
  }

  /** Whether all indexes on the way to a manifest keep what they lead to. */
  private boolean isKept(PlatformImage image) {
    List<Descriptor> way = new ArrayList<>(image.indexes());
    way.add(image.manifestBlob());
    for (int i = 0; i + 1 < way.size(); i++) {
      if (!kept(way.get(i).digest()).contains(way.get(i + 1).digest())) {
        return false;
      }
    }
    return true;
  }

  /** An image that was read lately; whether it is still there is not looked at. */
  Optional<PlatformImage> known(StoredImage image) {
    return known.find(key(image.digest(), image.manifestDigest()));
  }

  /**
   * An image that was found earlier.
   *
   * @throws TaskException if it is gone, or cannot be read
   */
  PlatformImage read(StoredImage image) {
    Descriptor target =
        content
            .blobSize(image.digest())
            .map(size -> new Descriptor("", image.digest(), size))
            .orElseThrow(() -> notFound(image));
    return withManifest(target, image.manifestDigest(), image.name())
        // One that was listed though it cannot be read; this says why.
        .or(() -> find(new ContentStore.Image(image.name(), target), PlatformChoice.usual()))
        .orElseThrow(() -> notFound(image));
  }

  private Optional<PlatformImage> withManifest(Descriptor target, String manifest, String name) {
    String key = key(target.digest(), manifest);
    return known
        .find(key)
        .or(
            () -> {
              Wanted any = wanted(PlatformChoice.usual());
              Optional<PlatformImage> read =
                  new PlatformSearch(stored, any, name).withManifest(target, manifest);
              read.ifPresent(image -> keep(key, image));
              return read;
            });
  }

  private void keep(String key, PlatformImage image) {
    known.keep(key, image, image.documentBytes());
  }

  private static String key(String target, String manifest) {
    return target + " " + manifest;
  }

  private static TaskException notFound(StoredImage image) {
    return TaskException.notFound(
        Problem.user(
            "IMAGE_NOT_FOUND",
            "image "
                + image.name()
                + " ("
                + image.digest()
                + ") is not on this node; pull or import it first"));
  }
}
