package org.lfedge.eve.tasks.core.port;

/** What the runtime mounts as the root of a container. */
public sealed interface RootFilesystem {

  /**
   * The unpacked layers of an image, with a writable layer of the container's own on top.
   *
   * @param chainId the chain ID of the uppermost layer, {@code sha256:...}
   */
  record Layers(String chainId) implements RootFilesystem {}

  /** A directory of the node; what the container writes stays in it. */
  record Directory(String path) implements RootFilesystem {}

  /**
   * A directory of the node under a writable layer of the container's own: the runtime can make
   * mount targets without touching the directory.
   */
  record LayeredDirectory(String path) implements RootFilesystem {}

  /**
   * Another root whose writable layer lies elsewhere than the runtime keeps it, where there is a
   * limit to it.
   *
   * @param below a root with a writable layer
   * @param writable the directory of the directories {@code fs} and {@code work} of an overlay, see
   *     {@link Volumes#prepareWritable}
   */
  record Limited(RootFilesystem below, String writable) implements RootFilesystem {

    /** Refuses a root without a writable layer, and one that is limited already. */
    public Limited {
      if (!(below instanceof Layers || below instanceof LayeredDirectory)) {
        throw new IllegalArgumentException("there is no writable layer to limit: " + below);
      }
    }
  }

  /** The root of the node with all that is mounted below it. */
  record Host() implements RootFilesystem {}
}
