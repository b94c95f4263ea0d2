package org.lfedge.eve.tasks.core.port;

import java.util.Optional;

/**
 * Why an image was let in: what the node's trust policy asked for and what was found.
 *
 * @param requirement {@code accept}, {@code digest} or {@code signature}
 * @param rule the pattern of the rule that decided; empty if none matched and the default held
 * @param digest of the manifest or index that the verdict is about
 * @param key which pinned key made the signature: its name and fingerprint; empty if none was asked
 *     for
 */
public record TrustVerdict(
    String requirement, Optional<String> rule, String digest, Optional<String> key) {}
