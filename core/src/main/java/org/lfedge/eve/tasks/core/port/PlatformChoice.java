package org.lfedge.eve.tasks.core.port;

import java.util.List;
import org.lfedge.eve.tasks.core.config.Platform;

/**
 * For which platform an image is wanted.
 *
 * @param inOrder the first of them that the image has is taken; empty stands for the node's
 * @param orOther whether an image that is for one platform alone is taken whatever that is
 */
public record PlatformChoice(List<Platform> inOrder, boolean orOther) {

  /** Keeps a copy. */
  public PlatformChoice {
    inOrder = List.copyOf(inOrder);
  }

  /** The node's; an image that is for one platform alone is left to whoever uses it. */
  public static PlatformChoice usual() {
    return new PlatformChoice(List.of(), true);
  }

  /** This one and no other. */
  public static PlatformChoice only(Platform platform) {
    return new PlatformChoice(List.of(platform), false);
  }

  /** One of these, of which there is at least one, the earlier the better. */
  public static PlatformChoice firstOf(List<Platform> platforms) {
    return new PlatformChoice(platforms, false);
  }
}
