package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/**
 * Writes the blobs of an image under a lease. What is referred to is written before what refers to
 * it, with labels by which containerd keeps the one for as long as the other.
 *
 * @param name of the image, for what may be wrong
 */
record ImageWriter(ContentStore.Lease lease, String name) {

  /**
   * Labels by which containerd keeps what a document refers to. Of a manifest, which has all of its
   * children at once, their numbers follow; of an index the start of the digest of one of them.
   */
  static final String REFERENCE = "containerd.io/gc.ref.content.";

  /** Writes all of it, one blob after the other. */
  void write(Blobs blobs, PlatformImage image) {
    content(image).forEach(blob -> write(blob, offset -> open(blobs, blob), List.of()));
    writeDocuments(blobs, image);
  }

  /** The blobs that refer to nothing: the config first, then the layers, each once. */
  static List<Descriptor> content(PlatformImage image) {
    List<Descriptor> content = new ArrayList<>(List.of(image.manifest().config()));
    content.addAll(image.manifest().layers());
    return content.stream().distinct().toList();
  }

  /** Writes the manifest, whose config and layers are there, and the indexes above it. */
  void writeDocuments(Blobs blobs, PlatformImage image) {
    List<Descriptor> children = new ArrayList<>(List.of(image.manifest().config()));
    children.addAll(image.manifest().layers());
    Descriptor below = image.manifestBlob();
    writeDocument(blobs, below, children);
    for (int i = image.indexes().size() - 1; i >= 0; i--) {
      Descriptor index = image.indexes().get(i);
      // Its other labels stay: those of platforms that came before, and of signatures.
      String label = REFERENCE + "m." + Digests.hex(below.digest()).substring(0, 16);
      lease.writeBlob(
          index, offset -> open(blobs, index), new TreeMap<>(Map.of(label, below.digest())));
      below = index;
    }
  }

  /** Writes a document whose children are there. */
  void writeDocument(Blobs blobs, Descriptor document, List<Descriptor> children) {
    write(document, offset -> open(blobs, document), children);
  }

  /** Writes a blob whose children are there. */
  void write(Descriptor blob, ContentStore.BlobSource source, List<Descriptor> children) {
    SortedMap<String, String> labels = new TreeMap<>();
    for (int i = 0; i < children.size(); i++) {
      labels.put(REFERENCE + i, children.get(i).digest());
    }
    lease.writeBlob(blob, source, labels);
  }

  private InputStream open(Blobs blobs, Descriptor blob) {
    try {
      return VerifiedStream.open(blobs, blob, name);
    } catch (IOException e) {
      throw ImageProblems.unreadable(name, e);
    }
  }
}
