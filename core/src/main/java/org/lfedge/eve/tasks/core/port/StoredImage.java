package org.lfedge.eve.tasks.core.port;

/**
 * An image on this node.
 *
 * @param name normalised, with registry and tag or digest
 * @param digest of the manifest or index that the name points to
 * @param manifestDigest of the manifest for this node's platform: the same, or one below the index
 * @param sizeBytes of all its blobs for this node's platform
 */
public record StoredImage(String name, String digest, String manifestDigest, long sizeBytes) {}
