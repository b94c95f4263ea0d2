package org.lfedge.eve.tasks.core.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageSignature;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.Registries;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches images from registries. What an image is made of is known, and the node's trust policy
 * has agreed, before the first layer is fetched; it has its name only when all its layers have been
 * checked and unpacked. A pull that breaks off leaves what it has for the next one of that name.
 */
final class ImagePull {

  private static final Logger log = LoggerFactory.getLogger(ImagePull.class);

  private final ContentStore content;
  private final Registries registries;
  private final TrustPolicy trust;
  private final LayerLimits limits;
  private final Unpacking unpacking;
  private final KeyedTurns names = new KeyedTurns();
  private final KeyedTurns blobs = new KeyedTurns();

  ImagePull(
      ContentStore content,
      Registries registries,
      TrustPolicy trust,
      LayerLimits limits,
      Unpacking unpacking) {
    this.content = content;
    this.registries = registries;
    this.trust = trust;
    this.limits = limits;
    this.unpacking = unpacking;
  }

  /** The names that are being pulled. */
  SortedSet<String> underWay() {
    return names.keys();
  }

  StoredImage pull(ImageName name, Wanted wanted, ImagePurpose purpose, PullProgress progress) {
    return names.take(name.toString(), () -> pullNow(name, wanted, purpose, progress));
  }

  private StoredImage pullNow(
      ImageName name, Wanted wanted, ImagePurpose purpose, PullProgress progress) {
    Registries.Repository repository = registries.repository(name.repository());
    Registries.Document top = top(repository, name);
    RemoteBlobs remote = new RemoteBlobs(repository, content, name.toString());
    remote.add(top);
    PlatformImage image =
        new PlatformSearch(remote, wanted, name.toString()).find(top.descriptor());
    refuseIfTooLarge(name, image);
    progress.resolved(name.toString(), image.target().digest());
    List<Signatures.Found> signatures = signatures(repository, remote, name, image);
    judge(name, image, purpose, Signatures.all(signatures));
    return fetch(new Fetch(name, image, repository, remote, signatures, progress));
  }

  /** What is to be fetched, and from where. */
  private record Fetch(
      ImageName name,
      PlatformImage image,
      Registries.Repository repository,
      RemoteBlobs blobs,
      List<Signatures.Found> signatures,
      PullProgress progress) {}

  /** What a name stands for in its registry. */
  static Registries.Document top(Registries.Repository repository, ImageName name) {
    Optional<String> digest = name.digest();
    String reference = name.tag().or(name::digest).orElseThrow();
    Registries.Document document =
        repository
            .document(reference)
            .orElseThrow(
                () ->
                    ImageProblems.refused(
                        "IMAGE_NOT_IN_REGISTRY",
                        name.toString(),
                        "its registry has no " + reference + " in " + name.repository(),
                        "check name and tag, and whether the credentials for it may see it"));
    String found = document.descriptor().digest();
    if (digest.isPresent() && !digest.get().equals(found)) {
      throw ImageProblems.refused(
          "TAG_MOVED",
          name.toString(),
          "its tag stands for " + found + " now",
          "leave out the tag to get that digest, or the digest to get what the tag stands for");
    }
    return document;
  }

  private void refuseIfTooLarge(ImageName name, PlatformImage image) {
    if (image.sizeBytes() > limits.bytes()) {
      throw ImageProblems.tooLarge(
          name.toString(), "its layers have " + image.sizeBytes() + " bytes in its registry");
    }
  }

  private List<Signatures.Found> signatures(
      Registries.Repository repository, RemoteBlobs remote, ImageName name, PlatformImage image) {
    if (!trust.wantsSignature(name.repository())) {
      return List.of();
    }
    List<Descriptor> documents = new ArrayList<>(image.indexes());
    documents.add(image.manifestBlob());
    return Signatures.fetch(repository, remote, documents, name.toString());
  }

  private void judge(
      ImageName name, PlatformImage image, ImagePurpose purpose, List<ImageSignature> signatures) {
    trust.judge(
        purpose,
        name.repository(),
        name.digest(),
        image.target().digest(),
        image.documentDigests(),
        signatures);
  }

  private StoredImage fetch(Fetch fetch) {
    String name = fetch.name().toString();
    ContentStore.Lease lease = content.resumableLease(name, "pull " + name);
    boolean resumable = false;
    try {
      ImageWriter writer = new ImageWriter(lease, name);
      Optional<AccountFiles> checked;
      try (ContentFetch arriving =
          new ContentFetch(
              writer, fetch.image(), fetch.repository(), content, blobs, fetch.progress())) {
        // Each layer as soon as it is here, while others are on their way.
        checked = unpacking.unpackArriving(lease, name, fetch.image(), arriving);
        arriving.awaitAll();
      }
      writer.writeDocuments(fetch.blobs(), fetch.image());
      Signatures.keep(writer, fetch.blobs(), fetch.signatures());
      fetch.progress().unpacking(name);
      unpacking.finish(lease, name, fetch.image(), checked);
      Descriptor target = fetch.image().target();
      lease.putImage(new ContentStore.Image(name, target), new TreeMap<>());
      log.info("image {}: pulled, it is {}", name, target.digest());
      return fetch.image().stored(name);
    } catch (TaskException e) {
      // A fault of the image stays one; one of the registry, the network or the disk may pass.
      resumable = e.first().kind() == Problem.Kind.HOST || e.first().code().startsWith("REGISTRY_");
      throw e;
    } finally {
      if (!resumable) {
        lease.close();
      }
    }
  }
}
