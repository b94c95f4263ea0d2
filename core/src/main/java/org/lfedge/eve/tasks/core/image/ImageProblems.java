package org.lfedge.eve.tasks.core.image;

import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** How this package says what is wrong: the code, the image, what was found, what to do next. */
final class ImageProblems {

  private static final String MAKE_AGAIN = "export the image again, or fetch it again from source";

  private ImageProblems() {}

  /** An image that whoever gave it must mend. */
  static TaskException refused(String code, String image, String what, String next) {
    return TaskException.failed(Problem.user(code, message(image, what, next)));
  }

  /** A layout whose files do not fit together. */
  static TaskException badLayout(String image, String what) {
    return refused("BAD_LAYOUT", image, what, MAKE_AGAIN);
  }

  /** A name that no image may bear. */
  static TaskException badName(String layout, String name) {
    return refused(
        "BAD_IMAGE_NAME",
        layout,
        "it names an image '" + name + "'",
        "use a name such as registry.example/team/web:1.0");
  }

  /** What names no image of a registry. */
  static TaskException notPullable(String reference) {
    return refused(
        "BAD_IMAGE_NAME",
        reference,
        "it names no image of a registry",
        "use a name such as registry.example/team/web:1.0, or one with a digest after @");
  }

  /** Content that is not what its digest promises. */
  static TaskException digestMismatch(String image, String what) {
    return refused("DIGEST_MISMATCH", image, what, "the data is damaged: " + MAKE_AGAIN);
  }

  /** A layer that is not a tar archive as the image specification has it. */
  static TaskException badLayer(String image, String what) {
    return refused("BAD_LAYER", image, what, "build the image again with another tool");
  }

  /** Layers beyond the limits of this node. */
  static TaskException tooLarge(String image, String what) {
    return refused("LAYER_TOO_LARGE", image, what, "use a smaller image");
  }

  /** A layer that would write outside of the root. */
  static TaskException escapesRoot(String image, String what) {
    return refused("LAYER_ESCAPES_ROOT", image, what, "do not trust this image, or build it again");
  }

  /** A config that does not follow the image specification. */
  static TaskException badConfig(String image, String what) {
    return refused("BAD_IMAGE_CONFIG", image, what, "build the image again with another tool");
  }

  /** A file or a store that cannot be read or written. */
  static TaskException unreadable(String image, Exception cause) {
    return TaskException.failed(
        Problem.host(
            "IMAGE_READ_FAILED",
            message(
                image,
                "reading failed: " + cause,
                "check the file, the disk and the free space, then try again")),
        cause);
  }

  private static String message(String image, String what, String next) {
    return "image " + image + ": " + what + "; " + next;
  }
}
