package org.lfedge.eve.tasks.core.port;

import java.util.Optional;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;

/**
 * What a task needs to know of an image for one platform.
 *
 * @param chainId the chain ID of its uppermost layer
 * @param config what its config says
 * @param user the config's {@code User}, such as {@code nginx} or {@code 1000:1000}
 * @param accounts its passwd and group files
 */
public record ImageDetails(
    String chainId, ResolvedImage config, Optional<String> user, AccountFiles accounts) {}
