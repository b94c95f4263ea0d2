package org.lfedge.eve.tasks.core.port;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;

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
  @Effect
  Lease lease(String purpose);

  /**
   * Starts a lease that goes on where an earlier one with the same key ended without being closed:
   * all that was written through that, unfinished blobs included, is held by this one. If nobody
   * goes on, containerd collects it after a day.
   *
   * @param key what is done, such as the name of an image that is fetched; not for several at once
   */
  @Effect
  Lease resumableLease(String key, String purpose);

  /** Gives up what was written under resumable leases that were not closed, but for some keys. */
  @Effect
  void dropUnfinished(SortedSet<String> keysInUse);

  /** The size of a blob, if it is there whole. */
  Optional<Long> blobSize(String digest);

  /** Opens a blob; the caller closes it. */
  InputStream openBlob(String digest);

  /** The labels of a blob; empty if it is not there. */
  SortedMap<String, String> blobLabels(String digest);

  /** Whether the layers up to a chain ID are unpacked. */
  boolean hasLayers(String chainId);

  /** How many bytes unpacked layers take on disk together; empty if one of them is not there. */
  OptionalLong layersBytes(List<String> chainIds);

  /** All image names. */
  List<Image> images();

  /** The image names that have a label, {@link Lease#putImage} gives them. */
  List<String> imagesLabelled(String key, String value);

  /** Removes a name; what is behind it is collected if nothing else refers to it. */
  @Effect
  void deleteImage(String name);

  /** Where the bytes of a blob come from. */
  @FunctionalInterface
  interface BlobSource {

    /**
     * Opens it; the caller closes the stream.
     *
     * @param offset how many bytes are there already, and not to be given again; 0 unless an
     *     earlier resumable lease has left an unfinished blob
     */
    InputStream open(long offset) throws IOException;
  }

  /** A hold on what is written through it. Several threads may write different blobs at once. */
  interface Lease extends AutoCloseable {

    /**
     * Writes a blob; nothing is kept unless its size and digest are right. If it is there, it is
     * added to the lease and the source is not opened. What a resumable lease has of a blob when
     * the source fails stays, and a later one goes on from there; bytes that turn out to be wrong
     * go.
     *
     * @param labels references to other blobs, {@code containerd.io/gc.ref.content.*}, by which
     *     containerd keeps them for as long as this one; added to those that it has
     */
    @Effect
    void writeBlob(Descriptor blob, BlobSource source, SortedMap<String, String> labels);

    /** Adds labels to a blob that is there. */
    @Effect
    void labelBlob(String digest, SortedMap<String, String> labels);

    /**
     * Applies a layer on top of others. Succeeds if it was applied before.
     *
     * @param parentChainId the layers below; empty for the lowest
     * @param chainId the name of the result
     * @param layer the blob
     * @param diffId what the digest of the uncompressed layer must be
     * @return whether it was applied now, and so unpacks to that digest; otherwise there was a
     *     result of that name, which is held
     */
    @Effect
    boolean applyLayer(
        Optional<String> parentChainId, String chainId, Descriptor layer, String diffId);

    /**
     * Keeps unpacked layers for as long as a blob, by a label of the kind {@code
     * containerd.io/gc.ref.snapshot.*}.
     *
     * @param digest of a blob that is there, as a rule the image's config
     * @param chainId of layers that are unpacked
     */
    @Effect
    void keepLayers(String digest, String chainId);

    /** Points a name to a manifest or index; replaces what it pointed to. */
    @Effect
    void putImage(Image image, SortedMap<String, String> labels);

    /** Ends the hold; never throws. */
    @Override
    @Effect
    void close();
  }

  /** A blob as manifests refer to it. */
  record Descriptor(String mediaType, String digest, long size) {}

  /** A name and what it points to. */
  record Image(String name, Descriptor target) {}
}
