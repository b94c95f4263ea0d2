package org.lfedge.eve.tasks.core.port;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Blobs by digest, image names that point to blobs, and unpacked layers by chain ID: the parts of
 * containerd that an image client works with. containerd collects what nothing refers to, so
 * everything is written through a {@link Lease}.
 */
public interface ContentStore {

  /**
   * Starts a lease, which holds all that is written through it until it is closed, or for a day if
   * this program dies.
   *
   * @param purpose shows in containerd's list of leases
   */
  Lease lease(String purpose);

  /** The size of a blob, if it is there whole. */
  Optional<Long> blobSize(String digest);

  /** Opens a blob; the caller closes it. */
  InputStream openBlob(String digest);

  /** The labels of a blob; empty if it is not there. */
  SortedMap<String, String> blobLabels(String digest);

  /** Whether the layers up to a chain ID are unpacked. */
  boolean hasLayers(String chainId);

  /** All image names. */
  List<Image> images();

  /** Removes a name; what is behind it is collected if nothing else refers to it. */
  void deleteImage(String name);

  /** A hold on what is written through it. Not for use by several threads at once. */
  interface Lease extends AutoCloseable {

    /**
     * Writes a blob; nothing is kept unless its size and digest are right. If it is there, it is
     * added to the lease and the stream is not read.
     *
     * @param labels references to other blobs, {@code containerd.io/gc.ref.content.*}, by which
     *     containerd keeps them for as long as this one; added to those that it has
     */
    void writeBlob(Descriptor blob, InputStream bytes, SortedMap<String, String> labels);

    /** Adds labels to a blob that is there. */
    void labelBlob(String digest, SortedMap<String, String> labels);

    /**
     * Applies a layer on top of others. Succeeds if it was applied before.
     *
     * @param parentChainId the layers below; empty for the lowest
     * @param chainId the name of the result
     * @param layer the blob
     * @param diffId what the digest of the uncompressed layer must be
     */
    void applyLayer(
        Optional<String> parentChainId, String chainId, Descriptor layer, String diffId);

    /**
     * Keeps unpacked layers for as long as a blob, by a label of the kind {@code
     * containerd.io/gc.ref.snapshot.*}.
     *
     * @param digest of a blob that is there, as a rule the image's config
     * @param chainId of layers that are unpacked
     */
    void keepLayers(String digest, String chainId);

    /** Points a name to a manifest or index; replaces what it pointed to. */
    void putImage(Image image, SortedMap<String, String> labels);

    /** Ends the hold; never throws. */
    @Override
    void close();
  }

  /** A blob as manifests refer to it. */
  record Descriptor(String mediaType, String digest, long size) {}

  /** A name and what it points to. */
  record Image(String name, Descriptor target) {}
}
