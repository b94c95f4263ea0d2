package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImageSignature;
import org.lfedge.eve.tasks.core.port.Registries;

/**
 * The signatures of images: where they are found, and how they are kept. {@code cosign} stores the
 * signatures of a manifest as another one in the same repository, whose layers are the payloads; it
 * has a tag made of the digest, {@code sha256-<hex>.sig}, or refers to the signed one. Here it lies
 * beside the image, kept by a label of the signed document, so that it lives and goes with that and
 * can be checked without a network. Whether a signature counts is not decided here.
 */
final class Signatures {

  private static final Pattern TAG = Pattern.compile("sha256-([0-9a-f]{64})\\.sig");

  /** By its prefix containerd knows that the image refers to them; the digest follows. */
  static final String LABEL = "containerd.io/gc.ref.content.signature.";

  /** Manifests with signatures for one image; each can hold several. */
  private static final int MAX_MANIFESTS = 16;

  private static final int MAX_SIGNATURES = 32;

  private Signatures() {}

  /**
   * A manifest with signatures.
   *
   * @param signed digest of what it is about
   * @param children what it refers to
   */
  record Found(
      String signed,
      Descriptor manifest,
      List<Descriptor> children,
      List<ImageSignature> signatures) {

    Found {
      children = List.copyOf(children);
      signatures = List.copyOf(signatures);
    }
  }

  /** The digest that a tag is about, if it is one of signatures. */
  static Optional<String> signedDigest(String tag) {
    Matcher matcher = TAG.matcher(tag);
    return matcher.matches() ? Optional.of(Digests.PREFIX + matcher.group(1)) : Optional.empty();
  }

  /** The tag of the signatures of a digest. */
  static String tag(String digest) {
    return "sha256-" + Digests.hex(digest) + ".sig";
  }

  /** Looks in a registry for signatures of any of some documents. */
  static List<Found> fetch(
      Registries.Repository repository, RemoteBlobs blobs, List<Descriptor> signed, String image) {
    List<Found> found = new ArrayList<>();
    for (Descriptor document : signed) {
      Optional<Registries.Document> tagged = repository.document(tag(document.digest()));
      tagged.ifPresent(blobs::add);
      List<Descriptor> candidates =
          tagged
              .map(manifest -> List.of(manifest.descriptor()))
              .orElseGet(() -> repository.referrers(document.digest()));
      for (Descriptor candidate : candidates) {
        if (MediaTypes.isManifest(candidate.mediaType()) && found.size() < MAX_MANIFESTS) {
          read(blobs, candidate, document.digest(), image).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  /** The signatures in a manifest; empty if it has none. */
  static Optional<Found> read(Blobs blobs, Descriptor manifest, String signed, String image) {
    ObjectNode document = Manifests.document(blobs, manifest, image);
    List<Descriptor> children = new ArrayList<>();
    List<ImageSignature> signatures = new ArrayList<>();
    if (document.has("config")) {
      children.add(small(Manifests.descriptor(document.path("config"), image), image));
    }
    for (JsonNode item : Manifests.list(document, "layers", MAX_SIGNATURES, image)) {
      Descriptor layer = Manifests.descriptor(item, image);
      String signature = Manifests.annotations(item).getOrDefault(ImageSignature.ANNOTATION, "");
      if (layer.mediaType().equals(ImageSignature.MEDIA_TYPE)) {
        signatures.add(new ImageSignature(bytes(blobs, small(layer, image), image), signature));
        children.add(layer);
      }
    }
    return signatures.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Found(signed, manifest, children.stream().distinct().toList(), signatures));
  }

  private static Descriptor small(Descriptor blob, String image) {
    if (blob.size() > ImageSignature.MAX_PAYLOAD) {
      throw ImageProblems.refused(
          "SIGNATURE_INVALID",
          image,
          "a signature of it has a part of " + blob.size() + " bytes",
          "sign it again with a current tool");
    }
    return blob;
  }

  private static byte[] bytes(Blobs blobs, Descriptor blob, String image) {
    try (VerifiedStream in = VerifiedStream.open(blobs, blob, image)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw ImageProblems.unreadable(image, e);
    }
  }

  /** Keeps signatures with what they are about, which is there. */
  static void keep(ImageWriter writer, Blobs blobs, List<Found> found) {
    for (Found manifest : found) {
      manifest.children().forEach(child -> writer.writeDocument(blobs, child, List.of()));
      writer.writeDocument(blobs, manifest.manifest(), manifest.children());
      String label = LABEL + Digests.hex(manifest.manifest().digest()).substring(0, 16);
      writer
          .lease()
          .labelBlob(manifest.signed(), new TreeMap<>(Map.of(label, manifest.manifest().digest())));
    }
  }

  /** What is kept with any of some documents. */
  static List<Found> kept(ContentStore content, SortedSet<String> signed, String image) {
    List<Found> found = new ArrayList<>();
    for (String digest : signed) {
      SortedMap<String, String> labels = content.blobLabels(digest);
      labels.forEach(
          (key, value) -> {
            if (key.startsWith(LABEL) && Digests.isDigest(value)) {
              content
                  .blobSize(value)
                  .map(size -> new Descriptor(MediaTypes.OCI_MANIFEST, value, size))
                  .flatMap(manifest -> read(new StoredBlobs(content), manifest, digest, image))
                  .ifPresent(found::add);
            }
          });
    }
    return found;
  }

  static List<ImageSignature> all(List<Found> found) {
    return found.stream().flatMap(manifest -> manifest.signatures().stream()).toList();
  }
}
