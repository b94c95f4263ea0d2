package org.lfedge.eve.tasks.core.image;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.port.PlatformChoice;

/**
 * Which platform of an image is looked for.
 *
 * @param inOrder at least one, the earlier the better
 * @param orOther whether an image that is no choice of an index may be for any other
 * @param node what an image is for that does not say so
 */
record Wanted(List<Platform> inOrder, boolean orOther, Platform node) {

  /** More than any level of an architecture. */
  private static final int STEP = 1000;

  Wanted {
    inOrder = List.copyOf(inOrder);
  }

  static Wanted of(PlatformChoice choice, Platform node) {
    return new Wanted(
        choice.inOrder().isEmpty() ? List.of(node) : choice.inOrder(), choice.orOther(), node);
  }

  /** How well an image for a platform suits: empty if it does not, else the higher the better. */
  OptionalInt rank(Platform image) {
    for (int i = 0; i < inOrder.size(); i++) {
      OptionalInt level = inOrder.get(i).rank(image);
      if (level.isPresent()) {
        return OptionalInt.of((inOrder.size() - i) * STEP + level.getAsInt());
      }
    }
    return OptionalInt.empty();
  }

  /**
   * Whether an image that is for one platform alone is taken. Its variant does not count, as often
   * it says nothing, or what the image was built on.
   */
  boolean takes(Platform single) {
    return orOther
        || inOrder.stream()
            .anyMatch(
                one ->
                    one.os().equals(single.os())
                        && one.architecture().equals(single.architecture()));
  }

  /** The same, for people. */
  String words() {
    return inOrder.stream().map(Platform::toString).collect(Collectors.joining(", "));
  }

  /** Tells this from others in a cache. */
  String key() {
    return words() + (orOther ? " or other" : "");
  }

  /** The platforms that an index names, without those of attestations, which are for none. */
  static boolean isReal(Platform platform) {
    return !platform.os().equals("unknown") && !platform.architecture().equals("unknown");
  }
}
