package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.StoredImage;

/**
 * An image for one platform, with everything that leads to it.
 *
 * @param indexes from the one that the image's name points to, down to the one that has the
 *     manifest; often none
 * @param manifestBlob the manifest as a blob
 */
record PlatformImage(
    List<Descriptor> indexes,
    Descriptor manifestBlob,
    Manifests.Manifest manifest,
    ImageConfig config) {

  /** How deep indexes may lie in one another; what tools make has two at most. */
  private static final int MAX_DEPTH = 4;

  /** How many documents may be read until the right one is found. */
  private static final int MAX_DOCUMENTS = 512;

  PlatformImage {
    indexes = List.copyOf(indexes);
  }

  /** The size of all blobs together, each counted once. */
  long sizeBytes() {
    Set<Descriptor> all = documents();
    all.addAll(manifest.layers());
    return all.stream().mapToLong(Descriptor::size).sum();
  }

  /** The size of all that is read to know this. */
  long documentBytes() {
    return documents().stream().mapToLong(Descriptor::size).sum();
  }

  private Set<Descriptor> documents() {
    Set<Descriptor> documents = new LinkedHashSet<>(indexes);
    documents.add(manifestBlob);
    documents.add(manifest.config());
    return documents;
  }

  /** The digests of the manifest and of the indexes that lead to it: each stands for the image. */
  SortedSet<String> documentDigests() {
    SortedSet<String> digests = new TreeSet<>();
    indexes.forEach(index -> digests.add(index.digest()));
    digests.add(manifestBlob.digest());
    return digests;
  }

  /** The image as it is listed under a name. */
  StoredImage stored(String name) {
    return new StoredImage(name, target().digest(), manifestBlob.digest(), sizeBytes());
  }

  /** What the image's name points to. */
  Descriptor target() {
    return indexes.isEmpty() ? manifestBlob : indexes.get(0);
  }

  /**
   * Reads documents from the target on, and chooses where an index gives a choice. An image that is
   * no choice of an index is taken whatever it is made for: its config tells.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException {@code NO_MATCHING_PLATFORM} if an index
   *     has nothing for the node; {@code BAD_LAYOUT}, {@code DIGEST_MISMATCH}, {@code
   *     UNSUPPORTED_MEDIA_TYPE}, {@code BAD_IMAGE_CONFIG}
   */
  static PlatformImage find(Blobs blobs, Descriptor target, Platform node, String image) {
    return new Search(blobs, node, image)
        .find(List.of(), target)
        .map(Choice::image)
        .orElseThrow(() -> noMatch(node, image));
  }

  /** The same where a name stands for several images: the best match is what it points to. */
  static PlatformImage choose(
      Blobs blobs, List<Manifests.Entry> candidates, Platform node, String image) {
    return candidates.size() == 1
        ? find(blobs, candidates.get(0).descriptor(), node, image)
        : new Search(blobs, node, image)
            .choose(List.of(), candidates)
            .map(Choice::image)
            .orElseThrow(() -> noMatch(node, image));
  }

  private static TaskException noMatch(Platform node, String image) {
    return ImageProblems.refused(
        "NO_MATCHING_PLATFORM",
        image,
        "it has no manifest for " + node,
        "use an image that is built for this node's platform");
  }

  /** An image and how well it suits the node. */
  private record Choice(PlatformImage image, OptionalInt rank) {}

  private static final class Search {

    private final Blobs blobs;
    private final Platform node;
    private final String image;
    private int documents;
    private long bytes;

    Search(Blobs blobs, Platform node, String image) {
      this.blobs = blobs;
      this.node = node;
      this.image = image;
    }

    Optional<Choice> find(List<Descriptor> above, Descriptor blob) {
      if (above.size() > MAX_DEPTH || ++documents > MAX_DOCUMENTS) {
        throw ImageProblems.badLayout(image, "its indexes are nested too deep");
      }
      ObjectNode document = document(blob);
      if (!Manifests.isIndex(document, blob.mediaType(), image)) {
        PlatformImage found = read(above, blob, document);
        return Optional.of(new Choice(found, node.rank(found.config().platform())));
      }
      List<Descriptor> path = new ArrayList<>(above);
      path.add(blob);
      return choose(path, Manifests.entries(document, image));
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

    /** The best match; of equally good ones the first. What an index says needs no reading. */
    Optional<Choice> choose(List<Descriptor> path, List<Manifests.Entry> entries) {
      Optional<Choice> best = Optional.empty();
      Optional<Descriptor> bestUnread = Optional.empty();
      int bestRank = -1;
      for (Manifests.Entry entry : entries) {
        String mediaType = entry.descriptor().mediaType();
        if (!MediaTypes.isIndex(mediaType) && !MediaTypes.isManifest(mediaType)) {
          continue;
        }
        Optional<Choice> read =
            entry.platform().isPresent() ? Optional.empty() : find(path, entry.descriptor());
        OptionalInt rank =
            entry
                .platform()
                .map(node::rank)
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
          ImageConfig.parse(document(manifest.config()), blob.digest(), node, image);
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
}
