package org.lfedge.eve.tasks.core.image;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
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
    return new StoredImage(
        name,
        target().digest(),
        manifestBlob.digest(),
        Optional.of(config.platform().plain()),
        sizeBytes());
  }

  /** What the image's name points to. */
  Descriptor target() {
    return indexes.isEmpty() ? manifestBlob : indexes.get(0);
  }
}
