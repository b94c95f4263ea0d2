package org.lfedge.eve.tasks.core.port;

import java.util.List;

/**
 * The root file systems of images to be mounted elsewhere than as the root of a container, each
 * kept under a key until it is removed. The layers of an image stay for as long.
 */
public interface ImageMounts {

  /**
   * Makes a file system over the layers of an image, unless there is one with this key.
   *
   * @param key any text without {@code "}
   * @param chainId the chain ID of the uppermost layer, which must be unpacked
   * @param readOnly the layers alone; otherwise what is written is kept under the key
   * @return how to mount it
   */
  @Effect
  ImageMount prepare(String key, String chainId, boolean readOnly);

  /** Removes a file system that is not mounted, and what was written to it; also if it is gone. */
  @Effect
  void remove(String key);

  /**
   * How to mount a file system.
   *
   * @param type such as {@code overlay} or {@code bind}
   * @param source such as a directory
   * @param options as mount(8) has them
   */
  record ImageMount(String type, String source, List<String> options) {

    /** Keeps a copy. */
    public ImageMount {
      options = List.copyOf(options);
    }
  }
}
