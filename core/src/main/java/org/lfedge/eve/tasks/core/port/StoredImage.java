package org.lfedge.eve.tasks.core.port;

import java.util.Optional;
import org.lfedge.eve.tasks.core.config.Platform;

/**
 * An image on this node, for one platform.
 *
 * @param name normalised, with registry and tag or digest
 * @param digest of the manifest or index that the name points to
 * @param manifestDigest of the manifest for the platform: the same, or one below the index
 * @param platform what its config says that it is for; empty if it cannot be read
 * @param sizeBytes of all its blobs for this platform
 */
public record StoredImage(
    String name,
    String digest,
    String manifestDigest,
    Optional<Platform> platform,
    long sizeBytes) {}
