package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.NoMatchingPlatform;

/**
 * Reads the documents of an image from what its name points to, and chooses where an index gives a
 * choice. For one image, and once.
 *
 * <p>Every method throws {@link org.lfedge.eve.tasks.core.error.TaskException}: {@code BAD_LAYOUT},
 * {@code DIGEST_MISMATCH}, {@code UNSUPPORTED_MEDIA_TYPE}, {@code BAD_IMAGE_CONFIG}.
 */
final class PlatformSearch {

  /** How deep indexes may lie in one another; what tools make has two at most. */
  private static final int MAX_DEPTH = 4;

  /** How many documents may be read until the right one is found. */
  private static final int MAX_DOCUMENTS = 512;

  private final Blobs blobs;
  private final Wanted wanted;
  private final String image;
  private final Set<Platform> offered = new LinkedHashSet<>();
  private int documents;
  private long bytes;

  /**
   * @param image its name, for what may be wrong
   */
  PlatformSearch(Blobs blobs, Wanted wanted, String image) {
    this.blobs = blobs;
    this.wanted = wanted;
    this.image = image;
  }

  /**
   * The image that a name points to. One that is no choice of an index is for what its config says.
   *
   * @throws NoMatchingPlatform if it is not for what is wanted
   */
  PlatformImage find(Descriptor target) {
    return whole(findHere(target));
  }

  /**
   * The same in a store that need not have all that an index refers to.
   *
   * @return empty if the manifest is not there
   */
  Optional<PlatformImage> findHere(Descriptor target) {
    return image(find(List.of(), target));
  }

  /**
   * The same where a name stands for several images: the best match is what it points to.
   *
   * @throws NoMatchingPlatform if none is for what is wanted
   */
  PlatformImage choose(List<Manifests.Entry> candidates) {
    return candidates.size() == 1
        ? find(candidates.get(0).descriptor())
        : whole(image(choose(List.of(), candidates)));
  }

  /** The image whose manifest has a digest, if the target leads to that and it is there. */
  Optional<PlatformImage> withManifest(Descriptor target, String digest) {
    return withManifest(List.of(), target, digest);
  }

  /**
   * An image that was chosen by its digest.
   *
   * @return the same
   * @throws NoMatchingPlatform if it is not for what is wanted
   */
  PlatformImage requireSuitable(PlatformImage found) {
    Platform platform = found.config().platform();
    offer(platform);
    if (!wanted.takes(platform)) {
      throw noMatch();
    }
    return found;
  }

  private PlatformImage whole(Optional<PlatformImage> found) {
    return found.orElseThrow(
        () -> ImageProblems.badLayout(image, "its manifest for " + wanted.words() + " is missing"));
  }

  /** What suits, of which one that is no choice of an index needs less. */
  private Optional<PlatformImage> image(Optional<Choice> found) {
    boolean suits =
        found
            .filter(
                choice ->
                    choice.rank().isPresent()
                        || choice.image().filter(one -> isTaken(one)).isPresent())
            .isPresent();
    if (!suits) {
      throw noMatch();
    }
    return found.flatMap(Choice::image);
  }

  private boolean isTaken(PlatformImage single) {
    return single.indexes().isEmpty() && wanted.takes(single.config().platform());
  }

  private NoMatchingPlatform noMatch() {
    String known = offered.stream().map(Platform::toString).collect(Collectors.joining(", "));
    return new NoMatchingPlatform(
        Problem.user(
            "NO_MATCHING_PLATFORM",
            "image "
                + image
                + ": it has no manifest for "
                + wanted.words()
                + (known.isEmpty() ? "" : ", but for " + known)
                + "; use an image that is built for this platform, or ask for one that it has"),
        List.copyOf(offered));
  }

  /**
   * An image and how well it suits; without one if its manifest is not there.
   *
   * @param rank by what its index says, or its config where that says nothing; empty if it does not
   *     suit
   */
  private record Choice(Optional<PlatformImage> image, OptionalInt rank) {}

  private Optional<Choice> find(List<Descriptor> above, Descriptor blob) {
    if (!above.isEmpty() && !isHere(blob)) {
      return Optional.of(new Choice(Optional.empty(), OptionalInt.empty()));
    }
    ObjectNode document = next(above, blob);
    if (!Manifests.isIndex(document, blob.mediaType(), image)) {
      PlatformImage found = read(above, blob, document);
      offer(found.config().platform());
      return Optional.of(new Choice(Optional.of(found), wanted.rank(found.config().platform())));
    }
    return choose(below(above, blob), Manifests.entries(document, image));
  }

  private Optional<PlatformImage> withManifest(
      List<Descriptor> above, Descriptor blob, String digest) {
    if (!isHere(blob)) {
      return Optional.empty();
    }
    ObjectNode document = next(above, blob);
    if (!Manifests.isIndex(document, blob.mediaType(), image)) {
      return blob.digest().equals(digest)
          ? Optional.of(read(above, blob, document))
          : Optional.empty();
    }
    List<Descriptor> path = below(above, blob);
    for (Manifests.Entry entry : Manifests.entries(document, image)) {
      Descriptor descriptor = entry.descriptor();
      if (descriptor.digest().equals(digest) || MediaTypes.isIndex(descriptor.mediaType())) {
        Optional<PlatformImage> found = withManifest(path, descriptor, digest);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  private static List<Descriptor> below(List<Descriptor> above, Descriptor index) {
    List<Descriptor> path = new ArrayList<>(above);
    path.add(index);
    return path;
  }

  private ObjectNode next(List<Descriptor> above, Descriptor blob) {
    if (above.size() > MAX_DEPTH || ++documents > MAX_DOCUMENTS) {
      throw ImageProblems.badLayout(image, "its indexes are nested too deep");
    }
    return document(blob);
  }

  private ObjectNode document(Descriptor blob) {
    bytes += blob.size();
    if (bytes > Manifests.MAX_ALL_DOCUMENTS) {
      throw ImageProblems.badLayout(
          image,
          "its indexes, manifests and configs have more than "
              + Manifests.MAX_ALL_DOCUMENTS
              + " bytes");
    }
    return Manifests.document(blobs, blob, image);
  }

  private boolean isHere(Descriptor blob) {
    try {
      return blobs.size(blob).isPresent();
    } catch (IOException e) {
      throw ImageProblems.unreadable(image, e);
    }
  }

  private void offer(Platform platform) {
    if (Wanted.isReal(platform)) {
      offered.add(platform.plain());
    }
  }

  /** The best match; of equally good ones the first. What an index says needs no reading. */
  private Optional<Choice> choose(List<Descriptor> path, List<Manifests.Entry> entries) {
    Optional<Choice> best = Optional.empty();
    Optional<Descriptor> bestUnread = Optional.empty();
    int bestRank = -1;
    for (Manifests.Entry entry : entries) {
      String mediaType = entry.descriptor().mediaType();
      if (!MediaTypes.isIndex(mediaType) && !MediaTypes.isManifest(mediaType)) {
        continue;
      }
      entry.platform().ifPresent(this::offer);
      Optional<Choice> read =
          entry.platform().isPresent() ? Optional.empty() : find(path, entry.descriptor());
      OptionalInt rank =
          entry
              .platform()
              .map(wanted::rank)
              .orElseGet(() -> read.map(Choice::rank).orElse(OptionalInt.empty()));
      if (rank.isPresent() && rank.getAsInt() > bestRank) {
        bestRank = rank.getAsInt();
        best = read;
        bestUnread = read.isPresent() ? Optional.empty() : Optional.of(entry.descriptor());
      }
    }
    if (bestUnread.isPresent()) {
      OptionalInt rank = OptionalInt.of(bestRank);
      return find(path, bestUnread.get()).map(found -> new Choice(found.image(), rank));
    }
    return best;
  }

  private PlatformImage read(List<Descriptor> above, Descriptor blob, ObjectNode document) {
    Manifests.Manifest manifest = Manifests.manifest(document, image);
    ImageConfig config =
        ImageConfig.parse(document(manifest.config()), blob.digest(), wanted.node(), image);
    if (config.diffIds().size() != manifest.layers().size()) {
      throw ImageProblems.badConfig(
          image,
          "its config names "
              + config.diffIds().size()
              + " layers, its manifest "
              + manifest.layers().size());
    }
    if (config.diffIds().isEmpty()) {
      throw ImageProblems.badConfig(image, "it has no layers");
    }
    return new PlatformImage(above, blob, manifest, config);
  }
}
