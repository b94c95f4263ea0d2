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

  /** The root of the node with all that is mounted below it. */
  record Host() implements RootFilesystem {}
}
