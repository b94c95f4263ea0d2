package org.lfedge.eve.tasks.core.port;

import java.util.List;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;

/**
 * What an image is made of, for people.
 *
 * @param platform such as {@code linux/arm64/v8}
 * @param config what its config says
 * @param user the config's {@code User}; empty for root
 * @param layers the lowest first, as its manifest lists them
 * @param unpackedBytes what its layers take unpacked, shared with other images or not; empty while
 *     they are not
 * @param signatures how many are kept with it, whether they count or not
 */
public record ImageContents(
    StoredImage image,
    String platform,
    ResolvedImage config,
    String user,
    List<Layer> layers,
    OptionalLong unpackedBytes,
    int signatures) {

  /** Keeps a copy. */
  public ImageContents {
    layers = List.copyOf(layers);
  }

  /** A layer as it came. */
  public record Layer(String digest, String mediaType, long sizeBytes) {}
}
